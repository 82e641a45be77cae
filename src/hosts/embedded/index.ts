// The embedded host: handlers that run in this process.

export { EmbeddedHost } from './embedded-host.ts'
