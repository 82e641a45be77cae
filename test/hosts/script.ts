// The actors of the host suite, as data: what each action does follows from its name and its payload, so that the same
// actor can be run by any host. Decides what an action does; how a host says so is the host's.

export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json }

/** A definition. What every action does is said at `perform`. */
export interface Part {
  readonly name: string
  /** Default: named. */
  readonly kind?: 'named' | 'unnamed' | 'pooled'
  /** Default: true. */
  readonly stateful?: boolean
  /** How often it is written, where durability is by snapshot. */
  readonly snapshotMs?: number
  readonly idleMs?: number
  readonly actions: readonly string[]
  /** Periods in milliseconds, by action. */
  readonly timers?: Readonly<Record<string, number>>
  /** Actions by topic; an empty one is left for the default. */
  readonly channels?: Readonly<Record<string, string>>
  readonly pool?: number
}

export interface Target {
  readonly to: string
  readonly ref?: string
  readonly action: string
}

export interface ScriptEffect extends Target {
  readonly payload?: Json
  readonly metadata?: Readonly<Record<string, string>>
  readonly delayMs?: number
}

export interface ScriptCall extends Target {
  readonly payload?: Json
  readonly caught?: boolean
}

/** What one action does. Whatever it leaves out stays as it was. */
export interface Script {
  readonly set?: Partial<State>
  readonly tags?: Readonly<Record<string, string>>
  readonly reply?: Json
  readonly effects?: readonly ScriptEffect[]
  readonly broadcast?: { readonly channel: string; readonly payload: Json }
  readonly pipe?: Target
  readonly forward?: Target
  readonly checkpoint?: boolean
  /** Made in the middle of the action; what it answers is the reply, and if it is caught, the code of its failure. */
  readonly call?: ScriptCall
  /** The action fails with this message, after the call. */
  readonly fail?: string
  readonly pauseMs?: number
}

export interface State {
  readonly total: number
  readonly log: readonly Json[]
}

/** What an action was called with. */
export interface Seen {
  readonly action: string
  readonly self: string
  readonly parent: string
  /** Null: the outside. */
  readonly caller: string | null
  /** Null: none. */
  readonly payload: Json
  readonly metadata: Readonly<Record<string, string>>
  readonly tags: Readonly<Record<string, string>>
  readonly state: State
}

export const FIRST_STATE: State = { total: 0, log: [] }

/**
 * `do` runs the Script that is its payload, `add` counts, `see` answers with what it was called with, and every other action
 * notes that in the state's log.
 */
export function perform(seen: Seen): Script {
  const { action, payload, state } = seen
  if (action === 'do') {
    // The payload of `do` is a Script: decoded JSON of the suite's own.
    return payload as Script
  }
  if (action === 'add') {
    const total = state.total + Number(payload)
    return { set: { total }, reply: total }
  }
  if (action === 'see') return { reply: showOf(seen) }
  return { set: { log: [...state.log, showOf(seen)] }, reply: payload }
}

/** The new state, or undefined when the script brings none. */
export function nextState({ set }: Script, state: State): State | undefined {
  return set === undefined ? undefined : { ...state, ...set }
}

function showOf({ action, caller, metadata, parent, payload, self, tags }: Seen): Json {
  return { action, self, parent, caller, payload, metadata, tags }
}
