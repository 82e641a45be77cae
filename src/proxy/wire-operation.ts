// Which requests belong to the wire, and to which of its three operations. SDKs write names into the path as they are,
// slashes and question marks included, so only the ends of a path count: the ids stand in the body.

import type { IncomingMessage } from 'node:http'

export type WireOperation = 'register' | 'spawn' | 'invoke'

const PREFIX = '/api/v1/system'
const INVOKE = '/invoke'
const SPAWN = '/actors/spawn'
const ACTIONS = '/actions/'
const ACTOR_INVOKE = '/actors/invoke'

const WIRE_TYPE = /^application\/(?:octet-stream|(?:x-)?protobuf)\s*(?:;|$)/i

/** Null: it is a request of people. */
export function wireOperation({ headers, method, url = '' }: IncomingMessage): WireOperation | null {
  if (!url.startsWith(PREFIX)) return null
  if (url.endsWith(INVOKE)) return isForPeople(url) && !isWireType(headers['content-type']) ? null : 'invoke'
  const query = url.lastIndexOf('?')
  const path = query === -1 ? url : url.slice(0, query)
  if (path === PREFIX) return method === 'GET' || method === 'HEAD' ? null : 'register'
  if (path.endsWith(SPAWN)) return method === 'POST' ? 'spawn' : null
  if (query === -1 || !path.endsWith(INVOKE)) return null
  return isForPeople(path) && !isWireType(headers['content-type']) ? null : 'invoke'
}

/** An action may be called `invoke`, and an actor. */
function isForPeople(path: string): boolean {
  return path.includes(ACTIONS) || path.endsWith(ACTOR_INVOKE)
}

/** Whether a body of this type is Protobuf, as far as its sender says. */
export function isWireType(type: string | undefined): boolean {
  return type !== undefined && WIRE_TYPE.test(type)
}

/** The system that a path names; empty: none that could be read. */
export function systemInPath(url: string): string {
  const rest = url.startsWith(`${PREFIX}/`) ? url.slice(PREFIX.length + 1) : ''
  const end = rest.indexOf('/')
  const written = end === -1 ? '' : rest.slice(0, end)
  try {
    return decodeURIComponent(written)
  } catch {
    // Written as it is, with a percent sign in it.
    return written
  }
}
