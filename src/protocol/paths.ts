// The paths of the HTTP interface for people, built and parsed in one place, so that client and server agree on every name.
// It decides how a name is written in a path; methods, queries and which names are allowed are decided elsewhere.
//
// Invariant: parsePath gives back exactly the names that a path was built from, whatever is in them ('/', '%', '..', any
// script), also after a client or proxy has normalised the URL.

import { checkName, type ActorId } from './address.ts'
import { LIMITS, messageOf, SpawnError } from '../base/index.ts'

const PREFIX = '/api/v1/system/'

/** Most names: nothing to decode. */
const PLAIN_NAME = /^[\w.~-]+$/

export type ApiPath =
  | { readonly kind: 'actors'; readonly system: string }
  | { readonly kind: 'actor'; readonly system: string; readonly actor: string }
  | { readonly kind: 'actor-erase'; readonly system: string; readonly actor: string }
  | {
      readonly kind: 'actor-history' | 'actor-diff' | 'actor-restore'
      readonly system: string
      readonly actor: string
    }
  | { readonly kind: 'action'; readonly system: string; readonly actor: string; readonly action: string }
  | { readonly kind: 'definitions'; readonly system: string }
  | { readonly kind: 'channel'; readonly system: string; readonly channel: string }
  | { readonly kind: 'facts'; readonly system: string }
  | { readonly kind: 'schedules'; readonly system: string }
  | { readonly kind: 'schedule'; readonly system: string; readonly id: string }
  | { readonly kind: 'dead-letters'; readonly system: string }
  | { readonly kind: 'dead-letter'; readonly system: string; readonly id: string }
  | { readonly kind: 'dead-letter-retry'; readonly system: string; readonly id: string }

/** The systems that are served. */
export const SYSTEMS_PATH = '/api/v1/system'

/** `/api/v1/system/{system}/actors` @throws SpawnError INVALID_ARGUMENT when a name is none; so do all below. */
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

/** `/api/v1/system/{system}/actors/{actor}/history` */
export function historyPath(id: Pick<ActorId, 'system' | 'name'>): string {
  return `${actorPath(id)}/history`
}

/** `/api/v1/system/{system}/actors/{actor}/diff` */
export function diffPath(id: Pick<ActorId, 'system' | 'name'>): string {
  return `${actorPath(id)}/diff`
}

/** `/api/v1/system/{system}/actors/{actor}/restore` */
export function restorePath(id: Pick<ActorId, 'system' | 'name'>): string {
  return `${actorPath(id)}/restore`
}

/** `/api/v1/system/{system}/actors/{actor}/erase` */
export function erasePath(id: Pick<ActorId, 'system' | 'name'>): string {
  return `${actorPath(id)}/erase`
}

/** `/api/v1/system/{system}/definitions` */
export function definitionsPath(system: string): string {
  return `${PREFIX}${segment('system', system)}/definitions`
}

/** `/api/v1/system/{system}/channels` */
export function channelsPath(system: string): string {
  return `${PREFIX}${segment('system', system)}/channels`
}

/** `/api/v1/system/{system}/channels/{channel}` */
export function channelPath(system: string, channel: string): string {
  return `${channelsPath(system)}/${segment('channel', channel)}`
}

/** `/api/v1/system/{system}/facts` */
export function factsPath(system: string): string {
  return `${PREFIX}${segment('system', system)}/facts`
}

/** `/api/v1/system/{system}/schedules` */
export function schedulesPath(system: string): string {
  return `${PREFIX}${segment('system', system)}/schedules`
}

/** `/api/v1/system/{system}/schedules/{id}` */
export function schedulePath(system: string, id: string): string {
  return `${schedulesPath(system)}/${idSegment('schedule', id)}`
}

/** `/api/v1/system/{system}/dead-letters` */
export function deadLettersPath(system: string): string {
  return `${PREFIX}${segment('system', system)}/dead-letters`
}

/** `/api/v1/system/{system}/dead-letters/{id}` */
export function deadLetterPath(system: string, id: string): string {
  return `${deadLettersPath(system)}/${idSegment('dead letter', id)}`
}

/** `/api/v1/system/{system}/dead-letters/{id}/retry` */
export function deadLetterRetryPath(system: string, id: string): string {
  return `${deadLetterPath(system, id)}/retry`
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
  const [system = '', room, ...steps] = path.split('/')
  const read = room !== undefined && Object.hasOwn(ROOMS, room) ? ROOMS[room] : undefined
  return read?.(system, steps) ?? null
}

type Steps = readonly (string | undefined)[]

/** What follows a system's name: how the steps after it are read; null: that leads nowhere. */
const ROOMS: Readonly<Record<string, (system: string, steps: Steps) => ApiPath | null>> = {
  actors: (system, [actor, room, action, ...rest]) => {
    if (rest.length > 0) return null
    if (actor === undefined) return { kind: 'actors', system: readStep('system', system) }
    const names = { system: readStep('system', system), actor: readStep('actor', actor) }
    if (room === undefined) return { kind: 'actor', ...names }
    if (action === undefined) {
      if (room === 'erase') return { kind: 'actor-erase', ...names }
      const isPast = room === 'history' || room === 'diff' || room === 'restore'
      return isPast ? { kind: `actor-${room}`, ...names } : null
    }
    return room === 'actions' ? { kind: 'action', ...names, action: readStep('action', action) } : null
  },
  definitions: (system, steps) =>
    steps.length > 0 ? null : { kind: 'definitions', system: readStep('system', system) },
  facts: (system, steps) => (steps.length > 0 ? null : { kind: 'facts', system: readStep('system', system) }),
  channels: (system, [channel, ...rest]) => {
    if (channel === undefined || rest.length > 0) return null
    return { kind: 'channel', system: readStep('system', system), channel: readStep('channel', channel) }
  },
  schedules: (system, [id, ...rest]) => {
    if (rest.length > 0) return null
    if (id === undefined) return { kind: 'schedules', system: readStep('system', system) }
    return { kind: 'schedule', system: readStep('system', system), id: readStep('schedule', id) }
  },
  'dead-letters': (system, [id, verb, ...rest]) => {
    if (rest.length > 0 || (verb !== undefined && verb !== 'retry')) return null
    if (id === undefined) return { kind: 'dead-letters', system: readStep('system', system) }
    const kind = verb === undefined ? 'dead-letter' : 'dead-letter-retry'
    return { kind, system: readStep('system', system), id: readStep('dead letter', id) }
  },
}

/**
 * URL libraries take `.` and `..` for steps, even percent-encoded, and drop them. They get a `=` in front, which
 * encodeURIComponent never leaves bare.
 */
function segment(what: string, name: string): string {
  checkName(what, name)
  return pathStep(name)
}

/** Ids are the engine's own, and longer than names may be. */
function idSegment(what: string, id: string): string {
  if (id === '' || !id.isWellFormed() || id.length > LIMITS.envelopeIdBytes) {
    throw new SpawnError('INVALID_ARGUMENT', `the ${what} has an id that there cannot be`)
  }
  return pathStep(id)
}

/** A text as one step of a path. */
export function pathStep(text: string): string {
  return text === '.' || text === '..' ? `=${text}` : encodeURIComponent(text)
}

/** @throws SpawnError INVALID_ARGUMENT when a step is empty or its percent-encoding is broken. */
export function readStep(what: string, written: string): string {
  if (written === '') throw new SpawnError('INVALID_ARGUMENT', `the path names no ${what}`)
  if (PLAIN_NAME.test(written)) return written
  if (written === '=.' || written === '=..') return written.slice(1)
  try {
    return decodeURIComponent(written.replace(/[\u0080-\u00ff]/g, rawByte))
  } catch (cause) {
    throw new SpawnError(
      'INVALID_ARGUMENT',
      `the ${what} in the path is not valid percent-encoded UTF-8 (${messageOf(cause)})`,
      { cause },
    )
  }
}

/** A part of a URL; null: its percent-encoding is broken. */
export function percentDecoded(text: string): string | null {
  try {
    return decodeURIComponent(text)
  } catch (thrown) {
    if (thrown instanceof URIError) return null
    throw thrown
  }
}

/** A client that sends UTF-8 in a path as it is: node:http hands each byte over as one character. */
function rawByte(byte: string): string {
  return `%${byte.charCodeAt(0).toString(16)}`
}
