// The proxy room: the listeners through which the world reaches a system. For now, HTTP for people.

export { HttpListener, type HttpListenerOptions } from './http-listener.ts'
export { HTTP_LIMITS } from './http-limits.ts'
