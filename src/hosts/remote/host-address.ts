// Where a host process listens, as it is told, written and reached.

import { SpawnError } from '../../base/index.ts'

const MAX_PORT = 65_535

/** Where `POST /api/v1/actors/actions` goes. */
export interface HostAddress {
  readonly host: string
  readonly port: number
}

/** An address that a server listens on, but nobody connects to, means this machine. */
const ANY_ADDRESS: ReadonlyMap<string, string> = new Map([
  ['', '127.0.0.1'],
  ['0.0.0.0', '127.0.0.1'],
  ['::', '::1'],
])

/** The host to connect to. */
export function reachable({ host, port }: HostAddress): HostAddress {
  return { host: ANY_ADDRESS.get(host) ?? host, port }
}

/** `10.0.0.1:8090` or `[::1]:8090`. */
export function hostText({ host, port }: HostAddress): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

/** @throws SpawnError INVALID_ARGUMENT when nothing can be reached there. */
export function checkAddress(address: HostAddress): void {
  const { port } = address
  if (Number.isInteger(port) && port > 0 && port <= MAX_PORT && URL.canParse(originOf(address))) return
  const problem = 'a name or an address, and a port from 1 to 65535'
  throw new SpawnError(
    'INVALID_ARGUMENT',
    `"${hostText(address)}" is no address of a host: it must be ${problem}`,
  )
}

/** Where its requests go. */
export function originOf(address: HostAddress): string {
  return `http://${hostText(reachable(address))}`
}
