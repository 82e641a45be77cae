// The embedded host: handlers that run in this process.

export { EmbeddedHost, type EmbeddedHostOptions } from './embedded-host.ts'
