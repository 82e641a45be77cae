// The past of an actor in the words of an application: a revision is a number, a time a Date. Decides how these words are
// read; which revisions there are is the gateway's to say.

import type {
  DiffOptions,
  Inspection,
  PageRequest,
  PastInspection,
  RestoreOptions,
  RevisionQuery,
  SpawnOptions,
} from '../ports/index.ts'
import { type ActorGiven, type ActorSelection, nameOf, type Selected, selected } from './selection.ts'
import { Settings } from './settings.ts'

/** A revision of the past, by its number or by a time at which it stood. */
export interface RevisionSelection extends ActorSelection {
  readonly revision?: number | undefined
  /** A Date, or epoch milliseconds. */
  readonly at?: Date | number | undefined
}

/** A revision of the past that must be said. */
export type RevisionNamed =
  | { readonly revision: number; readonly at?: undefined }
  | { readonly at: Date | number; readonly revision?: undefined }

/** Which revisions are compared: each a revision's number, or a Date at which it stood. */
export interface DiffSettings extends ActorSelection {
  /** Default: the newest that is kept before `to`. */
  readonly from?: number | Date | undefined
  /** Default: the one that stands. */
  readonly to?: number | Date | undefined
}

export type RestoreSettings = ActorSelection &
  RevisionNamed & {
    /** The revision that must stand when it happens; STATE_CONFLICT otherwise. Default: whichever does. */
    readonly follows?: number | undefined
  }

/** An Inspection whose state has the type that the ref knows. */
export type InspectionOf<State> = Omit<Inspection, 'state'> & { readonly state: State }
export type PastInspectionOf<State> = Omit<PastInspection, 'state'> & { readonly state: State }

export interface InspectAsked extends Selected {
  /** Null: what stands now. */
  readonly query: RevisionQuery | null
}

export function inspectAsked(actor: ActorGiven, options: RevisionSelection): InspectAsked {
  const settings = settingsOf('inspect', actor, options, ['ref', 'revision', 'at'])
  return { ...selected(actor, options.ref, settings), query: queryOf(settings, options) }
}

export function diffAsked(
  actor: ActorGiven,
  options: DiffSettings,
): Selected & { readonly options: DiffOptions } {
  const settings = settingsOf('diff', actor, options, ['ref', 'from', 'to'])
  const { name, ref } = selected(actor, options.ref, settings)
  const moment = (key: 'from' | 'to'): RevisionQuery | undefined => {
    const given = options[key]
    if (given === undefined) return undefined
    return given instanceof Date ? { atMs: settings.time(key) ?? 0 } : { revision: settings.count(key, 1, 1) }
  }
  return { name, ref, options: { ref, from: moment('from'), to: moment('to') } }
}

export function restoreAsked(
  actor: ActorGiven,
  options: RestoreSettings,
): { readonly name: string; readonly query: RevisionQuery; readonly options: RestoreOptions } {
  const settings = settingsOf('restore', actor, options, ['ref', 'revision', 'at', 'follows'])
  const { name, ref } = selected(actor, options.ref, settings)
  const query = queryOf(settings, options)
  if (query === null) throw settings.error('needs to know which revision: one of revision and at')
  const { follows } = options
  return {
    name,
    query,
    options: { ref, follows: follows === undefined ? undefined : settings.count('follows', 1, 1) },
  }
}

export function spawnAsked(
  actor: ActorGiven,
  options: SpawnOptions,
): Selected & { readonly options: SpawnOptions } {
  const settings = settingsOf('spawn', actor, options, ['ref', 'revision'])
  const { name, ref } = selected(actor, options.ref, settings)
  return { name, ref, options: { ref, revision: options.revision } }
}

/** Of what takes nothing else. */
export function actorAsked(method: string, actor: ActorGiven, options: ActorSelection): Selected {
  return selected(actor, options.ref, settingsOf(method, actor, options, ['ref']))
}

/** Of a page. */
export function pageAsked(
  method: string,
  actor: ActorGiven,
  options: ActorSelection & Partial<PageRequest>,
): Selected {
  return selected(actor, options.ref, settingsOf(method, actor, options, ['ref', 'limit', 'after']))
}

function queryOf(settings: Settings, { at, revision }: RevisionSelection): RevisionQuery | null {
  if (at !== undefined && revision !== undefined) {
    throw settings.error('has both revision and at; only one can be meant')
  }
  if (revision !== undefined) return { revision: settings.count('revision', 1, 1) }
  const atMs = settings.time('at')
  return atMs === undefined ? null : { atMs }
}

function settingsOf(method: string, actor: ActorGiven, options: object, known: readonly string[]): Settings {
  return new Settings(`${method} of "${nameOf(actor)}"`, options, known)
}
