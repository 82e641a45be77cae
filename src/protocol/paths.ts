// The paths of the HTTP interface for people, built and parsed in one place, so that client and server agree on every name.
// It decides how a name is written in a path; methods, queries and which names are allowed are decided elsewhere.
//
// Invariant: parsePath gives back exactly the names that a path was built from, whatever is in them ('/', '%', '..', any
// script), also after a client or proxy has normalised the URL.

import { checkName, type ActorId } from './address.ts'
import { messageOf, SpawnError } from '../base/index.ts'

const PREFIX = '/api/v1/system/'

/** Most names: nothing to decode. */
const PLAIN_NAME = /^[\w.~-]+$/

export type ApiPath =
  | { readonly kind: 'actors'; readonly system: string }
  | { readonly kind: 'actor'; readonly system: string; readonly actor: string }
  | { readonly kind: 'action'; readonly system: string; readonly actor: string; readonly action: string }

/** `/api/v1/system/{system}/actors` @throws SpawnError INVALID_ARGUMENT when a name is none; so do the two below. */
export function actorsPath(system: string): string {
  return `${PREFIX}${segment('system', system)}/actors`
}

/** `/api/v1/system/{system}/actors/{actor}`; the parent of an instance goes into the query, as `ref`. */
export function actorPath({ system, name }: Pick<ActorId, 'system' | 'name'>): string {
  return `${actorsPath(system)}/${segment('actor', name)}`
}

/** `/api/v1/system/{system}/actors/{actor}/actions/{action}` */
export function actionPath(id: Pick<ActorId, 'system' | 'name'>, action: string): string {
  return `${actorPath(id)}/actions/${segment('action', action)}`
}

/**
 * @param target a request's target as node:http gives it, with or without a query.
 * @returns null when it is no path of this interface.
 * @throws SpawnError INVALID_ARGUMENT when a name in it is empty or its percent-encoding is broken.
 */
export function parsePath(target: string): ApiPath | null {
  if (!target.startsWith(PREFIX)) return null
  const query = target.indexOf('?')
  const path = query < 0 ? target.slice(PREFIX.length) : target.slice(PREFIX.length, query)
  const [system = '', actors, actor, actions, action, ...rest] = path.split('/')
  if (actors !== 'actors' || rest.length > 0) return null
  if (actor === undefined) return { kind: 'actors', system: nameOf('system', system) }
  const names = { system: nameOf('system', system), actor: nameOf('actor', actor) }
  if (actions === undefined) return { kind: 'actor', ...names }
  if (actions !== 'actions' || action === undefined) return null
  return { kind: 'action', ...names, action: nameOf('action', action) }
}

/**
 * URL libraries take `.` and `..` for steps, even percent-encoded, and drop them. They get a `=` in front, which
 * encodeURIComponent never leaves bare.
 */
function segment(what: string, name: string): string {
  checkName(what, name)
  return name === '.' || name === '..' ? `=${name}` : encodeURIComponent(name)
}

function nameOf(what: string, written: string): string {
  if (written === '') throw new SpawnError('INVALID_ARGUMENT', `the path has no ${what} name`)
  if (PLAIN_NAME.test(written)) return written
  if (written === '=.' || written === '=..') return written.slice(1)
  try {
    return decodeURIComponent(written.replace(/[\u0080-\u00ff]/g, rawByte))
  } catch (cause) {
    throw new SpawnError(
      'INVALID_ARGUMENT',
      `the ${what} name in the path is not valid percent-encoded UTF-8 (${messageOf(cause)})`,
      { cause },
    )
  }
}

/** A client that sends UTF-8 in a path as it is: node:http hands each byte over as one character. */
function rawByte(byte: string): string {
  return `%${byte.charCodeAt(0).toString(16)}`
}
