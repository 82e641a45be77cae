// The parts of a Value that set something in motion, put together one by one. Pure: each function answers with another
// Workflow. What is wrong with a part is said here; what only a definition can tell (whether an action exists) the host
// says, and what only the runtime can tell (whether an actor does) the engine.

import type { Broadcast, Route, Workflow } from '../ports/index.ts'
import { isEffect, isName } from './effect.ts'
import { misuse } from './misuse.ts'
import { isTimerPeriod, MAX_TIMER_MS, MIN_TIMER_MS } from './timing.ts'

/** What a Value broadcasts: `{ channel: 'orders', payload: { id } }`. */
export interface BroadcastOptions {
  /** The topic; every actor that subscribes to it gets the payload. */
  readonly channel: string
  readonly payload?: unknown
}

const NOTHING: Workflow = Object.freeze({ effects: [], broadcasts: [], route: null, timers: null })

/** No effects at all set nothing in motion. */
export function withEffects(workflow: Workflow | null, effects: readonly unknown[]): Workflow | null {
  if (!Array.isArray(effects)) throw misuse('`effects` takes an array of what effect(...) answered')
  if (!effects.every(isEffect)) {
    const bad = effects.findIndex((effect) => !isEffect(effect))
    throw misuse(`effects[${bad}] is no Effect: make one with effect(...)`)
  }
  if (effects.length === 0) return workflow
  // Field by field, here and below: a spread of the rest costs more than the turn's own handler.
  const { broadcasts, effects: before, route, timers } = workflow ?? NOTHING
  return { effects: before.length === 0 ? [...effects] : [...before, ...effects], broadcasts, route, timers }
}

export function withBroadcast(workflow: Workflow | null, broadcast: BroadcastOptions): Workflow {
  if (typeof broadcast !== 'object' || broadcast === null || !isName(broadcast.channel)) {
    throw misuse('a broadcast needs a channel: { channel: "orders", payload }')
  }
  const unknown = Object.keys(broadcast).find((key) => key !== 'channel' && key !== 'payload')
  if (unknown !== undefined) {
    throw misuse(`the broadcast on "${broadcast.channel}" has an unknown option "${unknown}"`)
  }
  const { channel, payload } = broadcast
  const added: Broadcast = payload === undefined ? { channel } : { channel, payload }
  const { broadcasts, effects, route, timers } = workflow ?? NOTHING
  return { effects, broadcasts: [...broadcasts, added], route, timers }
}

export function withRoute(workflow: Workflow | null, route: Route): Workflow {
  const { action, kind, to } = route
  const there = workflow?.route ?? null
  if (there !== null) {
    const known = `it has a ${there.kind} to "${there.to}" action "${there.action}"`
    throw misuse(`a Value goes one way: ${known}, and got a ${kind} to "${to}" action "${action}"`)
  }
  const { broadcasts, effects, timers } = workflow ?? NOTHING
  return { effects, broadcasts, route, timers }
}

/** The last word on a timer counts. */
export function withTimer(workflow: Workflow | null, action: string, periodMs: number | null): Workflow {
  if (!isName(action)) throw misuse('a timer is named by its action')
  if (periodMs !== null && !isTimerPeriod(periodMs)) {
    const range = `a whole number of milliseconds from ${MIN_TIMER_MS} to ${MAX_TIMER_MS}`
    throw misuse(`the timer of action "${action}" must be ${range}, or null to stop it`)
  }
  const { broadcasts, effects, route, timers } = workflow ?? NOTHING
  return { effects, broadcasts, route, timers: { ...timers, [action]: periodMs } }
}
