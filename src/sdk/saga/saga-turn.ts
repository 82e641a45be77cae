// One turn of a saga: what the machine decides, as the outcome of an action.
//
// Invariant: the progress, the effect whose end it waits for, its tag and the news that it has come to rest leave in one
// turn. A crash finds all of them or none, and the saga goes on from there.

import { type Context, effect, knowing, Value } from '../../hosts/index.ts'
import type { Effect } from '../../ports/index.ts'
import { advance, type SagaEvent, type SagaPlan } from './machine.ts'
import { type Progress, statusOf } from './progress.ts'

/** What a saga broadcasts when it is done, compensated or stuck. */
export interface SagaNews {
  /** Of the run. */
  readonly name: string
  readonly status: 'done' | 'compensated' | 'stuck'
}

/** The channel of a saga's news, by the saga's name. */
export function sagaChannel(saga: string): string {
  return `saga:${saga}`
}

/** Answers with the status; the runs of a saga can be listed by their tag `status`. */
export function sagaTurn(plan: SagaPlan, ctx: Context<Progress>, event: SagaEvent) {
  const { progress, effect: next } = advance(plan, ctx.state, event)
  const answer = statusOf(progress)
  if (progress === ctx.state) return Value.of().response(answer)
  const { status } = progress
  const value = Value.of(progress, answer)
    .tags({ status })
    .effects(next === null ? [] : [carried(next)])
  if (status !== 'done' && status !== 'compensated' && status !== 'stuck') return value
  if (status === 'stuck')
    ctx.logger.error('a saga is stuck: see its status, and resume it', { ...progress.obstacle })
  const news: SagaNews = { name: ctx.self.name, status }
  return value.broadcast({ channel: sagaChannel(plan.name), payload: news })
}

/** The effect of a step, as a Value takes it. */
function carried({ to, action, payload, contract, delayMs, scheduledToMs, metadata, ref, reply }: Effect) {
  const options = { delay: delayMs, scheduledTo: scheduledToMs, metadata, ref, reply }
  return knowing(effect(to, action, payload, options), contract)
}
