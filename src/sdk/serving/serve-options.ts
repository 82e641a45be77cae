// The options of `serve(options)`: what there is to choose, what is checked at once, and what it means when it is left out.

import { Settings, shown } from '../settings.ts'

export interface ServeOptions {
  /** Where the Spawn proxy listens: `http://127.0.0.1:9001`, or `unix:/run/spawn.sock`. */
  readonly proxy: string
  /** The port for the proxy's requests. Default 8090, where proxies look when nothing says otherwise. */
  readonly port?: number | undefined
  /** An address of this machine; default 127.0.0.1, which a proxy on another machine cannot reach. */
  readonly host?: string | undefined
  /** Gives the first registration up when it aborts: CANCELLED. */
  readonly signal?: AbortSignal | undefined
}

export interface ServePlan {
  readonly proxy: ProxyAddress
  readonly port: number
  readonly host: string
  readonly signal: AbortSignal | undefined
}

/** How the proxy is reached. */
export interface ProxyAddress {
  readonly origin: string
  /** The path of a Unix socket; null: none. */
  readonly socket: string | null
  /** As messages name it. */
  readonly text: string
}

const OPTIONS = ['proxy', 'port', 'host', 'signal'] as const
const DEFAULT_PORT = 8090
const MAX_PORT = 65_535

/** @throws SpawnError INVALID_ARGUMENT that names the system, the option, what is wrong and what is accepted. */
export function servePlanOf(system: string, options: ServeOptions): ServePlan {
  const settings = new Settings(`serve of system "${system}"`, options, OPTIONS)
  const { signal } = options
  if (signal !== undefined && !(signal instanceof AbortSignal)) {
    throw settings.fault('signal', `must be an AbortSignal, not ${shown(signal)}`)
  }
  return {
    proxy: proxyOf(settings),
    port: portOf(settings),
    host: hostOf(settings),
    signal,
  }
}

function proxyOf(settings: Settings): ProxyAddress {
  const given = settings.raw('proxy')
  const accepted =
    "must be the address of a Spawn proxy, such as 'http://127.0.0.1:9001' or 'unix:/run/spawn.sock'"
  if (typeof given !== 'string') throw settings.fault('proxy', `${accepted}, not ${shown(given)}`)
  if (/^unix:\/./.test(given)) {
    return { origin: 'http://localhost', socket: given.slice('unix:'.length), text: given }
  }
  const url = URL.parse(given)
  // Never quoted whole: it may have a password.
  if (
    url === null ||
    url.protocol !== 'http:' ||
    url.pathname !== '/' ||
    url.search !== '' ||
    url.username !== ''
  ) {
    throw settings.fault('proxy', `${accepted}: plain HTTP, without a path or a password`)
  }
  return { origin: url.origin, socket: null, text: url.origin }
}

function portOf(settings: Settings): number {
  const port = settings.raw('port') ?? DEFAULT_PORT
  if (typeof port === 'number' && Number.isInteger(port) && port >= 0 && port <= MAX_PORT) return port
  throw settings.fault('port', `must be a port from 0 (any that is free) to ${MAX_PORT}, not ${shown(port)}`)
}

function hostOf(settings: Settings): string {
  const host = settings.raw('host') ?? '127.0.0.1'
  if (typeof host === 'string' && host !== '') return host
  throw settings.fault('host', `must be an address of this machine, not ${shown(host)}`)
}
