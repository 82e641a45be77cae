// What a world is: actors, an outside that sets them in motion, and what must be true of the store at any time and of the
// end. The course that it takes, with all its crashes, is course.ts's.

import type { Clock, Limits, Random } from '../../../src/base/index.ts'
import type { Call, Definition, Gateway, Statestore, StoredActor } from '../../../src/ports/index.ts'
import { jsonCodec } from '../../../src/protocol/index.ts'
import type { Weather } from './weather.ts'

export const SYSTEM = 'world'

/** What the outside was told of a call. `unknown`: it may have happened. */
export type Told =
  | { readonly kind: 'ok'; readonly response: unknown }
  | { readonly kind: 'refused' | 'unknown'; readonly code: string; readonly message: string }

/** The outside's way in, whichever process is up. */
export interface Outside {
  readonly clock: Clock & { sleep(delayMs: number): Promise<void> }
  readonly random: Random
  /** One call to a process that is up, now or as soon as there is one. */
  call(name: string, call: Call): Promise<Told>
  /** Anything else that a gateway can be asked. */
  ask(question: (gateway: Gateway) => Promise<unknown>): Promise<Told>
  /** Repeats a call that may be repeated until it is acknowledged. */
  insist(name: string, call: Call): Promise<unknown>
  insistOn(question: (gateway: Gateway) => Promise<unknown>): Promise<unknown>
}

export interface ProcessKit {
  readonly clock: Clock
  /** What befalls the turns of this process. */
  readonly random: Random
  /** Facts that are wrong whatever else happens. */
  readonly alarm: (text: string) => void
  /** Whether the weather is fine: nothing goes wrong by chance any more. */
  readonly fine: () => boolean
  /** False once the process has crashed: its turns go on until they wait, and count no more. */
  readonly alive: () => boolean
}

export interface World {
  /** Beside those of the weather. */
  readonly limits?: Partial<Limits>
  definitions(kit: ProcessKit): readonly Definition[]
  /** All that the outside does while the weather lasts. */
  outside(outside: Outside): Promise<void>
  /** Whether all has happened, once the weather is fine; looked at again and again. */
  isOver(store: Statestore): Promise<boolean>
  /** What an operator does while it is not. */
  tend?(outside: Outside): Promise<void>
  /** What else happens then. */
  afterwards?(outside: Outside, store: Statestore): Promise<void>
  /** What is wrong in the store, at any time. Must read it in the step in which it is called. */
  watch?(store: Statestore): Promise<Iterable<string>>
  /** What is wrong in the end. */
  judge(store: Statestore): Promise<Iterable<string>>
  /** How much happened: a world where nothing does proves nothing. */
  happened(): number
}

export interface WorldKind {
  readonly name: string
  /** Whether it holds with two processes at once on one store. */
  readonly twins: boolean
  /** Whether it holds when a commit is applied after it has failed, or after the process that made it is gone. */
  readonly lateWrites: boolean
  of(weather: Weather): World
}

/** All stored actors. */
export async function storedActors(store: Statestore): Promise<readonly StoredActor[]> {
  return (await store.list({ system: SYSTEM }, { limit: 1_000 })).actors
}

/** A state as its world stored it; null: there is none. */
export function stateOf(actor: StoredActor | null): unknown {
  return actor === null || actor.state === null ? null : jsonCodec.accept(actor.state)
}

/** Whether nothing stands in these boxes. */
export async function isEmpty(
  store: Statestore,
  ...boxes: ('delivery' | 'schedule' | 'dead')[]
): Promise<boolean> {
  for (const box of boxes) {
    if ((await store.listEnvelopes(SYSTEM, box, { limit: 1 })).envelopes.length > 0) return false
  }
  return true
}
