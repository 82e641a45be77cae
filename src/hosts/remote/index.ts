// The host for code in other processes, reached by HTTP.

export type { HostAddress } from './host-address.ts'
export { RemoteHosts } from './remote-hosts.ts'
export type { RemoteSettings } from './settings.ts'
