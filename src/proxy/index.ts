// The proxy room: the listeners through which the world reaches systems, HTTP for people and the wire for SDKs.

export { clusterText } from './cluster-metrics.ts'
export { HttpListener, type HttpListenerOptions } from './http-listener.ts'
export type { Sharing } from './http-door.ts'
export { HTTP_LIMITS } from './http-limits.ts'
export { oneSystem } from './systems.ts'
