// The host for code in other processes, reached by HTTP.

export type { HostAddress } from './host-address.ts'
export { type HostView, type Registered, RemoteHosts, type RemoteHostsOptions } from './remote-hosts.ts'
export { REMOTE_DEFAULTS, type RemoteSettings } from './settings.ts'
