// Where a host process listens.

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
