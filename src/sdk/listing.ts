// Which stored actors an application asks for: the options of `list` and `count`, checked and in the words of the store.

import type { ActorFilter, PageRequest } from '../ports/index.ts'
import { Settings } from './settings.ts'

/** Which stored actors. The last activity of an actor is its last commit: what only reads it leaves no trace. */
export interface CountOptions extends Pick<ActorFilter, 'parent' | 'name' | 'prefix' | 'tags'> {
  /** Those that committed at this time or later; a Date, or epoch milliseconds. */
  readonly activeSince?: Date | number | undefined
  /** Those that have committed nothing from this time on. */
  readonly idleSince?: Date | number | undefined
}

/** Which stored actors, and which page of them. */
export type ListOptions = CountOptions & Partial<PageRequest>

const COUNT_OPTIONS = ['parent', 'name', 'prefix', 'tags', 'activeSince', 'idleSince'] as const
const LIST_OPTIONS = [...COUNT_OPTIONS, 'limit', 'after'] as const

export interface Listing {
  readonly filter: Omit<ActorFilter, 'system'>
  readonly page: Partial<PageRequest>
}

/** @throws SpawnError INVALID_ARGUMENT for an option that does not exist, and for what is no time. */
export function listingOf(system: string, options: ListOptions): Listing {
  const settings = new Settings(`list of "${system}"`, options, LIST_OPTIONS)
  const { limit, after } = options
  const page = { ...(limit !== undefined && { limit }), ...(after !== undefined && { after }) }
  return { filter: filterOf(settings, options), page }
}

/** Likewise. */
export function countingOf(system: string, options: CountOptions): Listing['filter'] {
  return filterOf(new Settings(`count of "${system}"`, options, COUNT_OPTIONS), options)
}

function filterOf(
  settings: Settings,
  { parent, name, prefix, tags }: CountOptions,
): Omit<ActorFilter, 'system'> {
  const fromMs = settings.time('activeSince')
  const beforeMs = settings.time('idleSince')
  return {
    ...(parent !== undefined && { parent }),
    ...(name !== undefined && { name }),
    ...(prefix !== undefined && { prefix }),
    ...(tags !== undefined && { tags }),
    ...(fromMs !== undefined && { committedFromMs: fromMs }),
    ...(beforeMs !== undefined && { committedBeforeMs: beforeMs }),
  }
}
