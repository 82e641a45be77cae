// Where a listener listens: opening an address or a Unix socket, why one cannot be had, and the URL of what was opened.

import { rmSync, statSync } from 'node:fs'
import { type AddressInfo, connect, type Server } from 'node:net'

import { messageOf, SpawnError } from '../base/index.ts'

interface Address {
  readonly host: string
  readonly port: number
}

/** Where a listener is to listen. */
export interface Place {
  /** An address of this machine; default 127.0.0.1, which other machines cannot reach. */
  readonly host?: string | undefined
  /** Default 9001; 0 takes any that is free. */
  readonly port?: number | undefined
  /** The path of a Unix socket to listen on, instead of host and port. */
  readonly socket?: string | undefined
}

const DEFAULT_HOST = '127.0.0.1'
const DEFAULT_PORT = 9001

export function placed({ host = DEFAULT_HOST, port = DEFAULT_PORT, socket }: Place): Address | string {
  return socket ?? { host, port }
}

/** So long a place of which nothing is heard is asked, in milliseconds. */
const ASK_MS = 500

/**
 * Says beforehand that somebody has a place, for who does what takes long before it listens there. It asks by connecting: to
 * try to listen would take in who connects in that moment, and let go of it.
 *
 * @throws SpawnError INVALID_ARGUMENT, as `listen`.
 */
export async function checkFree(place: Place): Promise<void> {
  const where = placed(place)
  if (typeof where !== 'string' && where.port === 0) return
  const answer = await answerOf(typeof where === 'string' ? { path: where } : reachable(where))
  if (answer !== 'connected') return
  const taken = Object.assign(new Error('somebody listens there'), { code: 'EADDRINUSE' })
  throw typeof where === 'string' ? noSocket(where, taken) : notListening(where, taken)
}

/** Where a program of this machine reaches an address. */
function reachable({ host, port }: Address): Address {
  if (host === '0.0.0.0') return { host: '127.0.0.1', port }
  return host === '::' ? { host: '::1', port } : { host, port }
}

/** @returns `connected`, or why not: the code of the error. */
function answerOf(where: Address | { readonly path: string }): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({ ...where })
    const end = (answer: string): void => {
      socket.destroy()
      resolve(answer)
    }
    socket.once('connect', () => {
      // Where nobody listens, the system may give a connection to a port the port itself.
      const isItself = socket.localPort !== undefined && socket.localPort === socket.remotePort
      end(isItself ? 'ECONNREFUSED' : 'connected')
    })
    socket.once('error', (error) => end(codeOf(error)))
    socket.setTimeout(ASK_MS, () => end('ETIMEDOUT'))
  })
}

/**
 * Opens it. A Unix socket that a process left behind when it was killed is taken over.
 *
 * @param where an address, or the path of a Unix socket.
 * @throws SpawnError INVALID_ARGUMENT that says why it cannot be had and what to do.
 */
export async function listen(server: Server, where: Address | string): Promise<void> {
  if (typeof where !== 'string') {
    try {
      await opened(server, where)
    } catch (error) {
      throw notListening(where, error)
    }
    return
  }
  try {
    if (await isLeftBehind(where)) rmSync(where)
    await opened(server, { path: where })
  } catch (error) {
    throw noSocket(where, error)
  }
}

function opened(server: Server, options: Address | { readonly path: string }): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(options, () => {
      server.removeListener('error', reject)
      resolve()
    })
  })
}

/** Whether there is a socket that nobody listens on any more. */
async function isLeftBehind(path: string): Promise<boolean> {
  if (statSync(path, { throwIfNoEntry: false })?.isSocket() !== true) return false
  return (await answerOf({ path })) === 'ECONNREFUSED'
}

/** The URL under which a program of the same machine reaches a listener, without a slash at the end. */
export function urlOf(where: AddressInfo | string | null): string {
  if (where === null || typeof where === 'string') return `unix:${where ?? ''}`
  const { address, family, port } = where
  if (address === '0.0.0.0') return `http://127.0.0.1:${port}`
  if (address === '::') return `http://[::1]:${port}`
  return family === 'IPv6' ? `http://[${address}]:${port}` : `http://${address}:${port}`
}

/** Why an address could not be listened on, and what to do. */
function notListening({ host, port }: Address, thrown: unknown): SpawnError {
  const where = `port ${port} of ${host}`
  const reasons: Readonly<Record<string, string>> = {
    EADDRINUSE: `${where} is in use: stop the process that has it, or listen on another port`,
    EACCES: `${where} needs privileges that this process has not: take a port from 1024 on`,
    EADDRNOTAVAIL: `${host} is no address of this machine: take one that it has, or 0.0.0.0 for all`,
    ENOTFOUND: `the host "${host}" is not known: take an address of this machine`,
  }
  const reason = reasons[codeOf(thrown)] ?? `${where} cannot be listened on: ${messageOf(thrown)}`
  return new SpawnError('INVALID_ARGUMENT', `HTTP: ${reason}`, { cause: thrown })
}

function noSocket(path: string, thrown: unknown): SpawnError {
  const where = `the Unix socket ${path}`
  const reasons: Readonly<Record<string, string>> = {
    EADDRINUSE: `${where} is in use: stop the process that has it, or take another path`,
    EACCES: `${where} may not be made by this user: take a path in a folder that it may write to`,
    ENOENT: `${where} has no folder to be in: make that first`,
  }
  const reason = reasons[codeOf(thrown)] ?? `${where} cannot be listened on: ${messageOf(thrown)}`
  return new SpawnError('INVALID_ARGUMENT', `HTTP: ${reason}`, { cause: thrown })
}

function codeOf(thrown: unknown): string {
  return thrown instanceof Error && 'code' in thrown ? String(thrown.code) : ''
}
