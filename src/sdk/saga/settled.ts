// Waiting for a saga from outside: a turn cannot wait for a later turn of the same actor, an application can. What a saga
// broadcasts when it comes to rest wakes the wait; as a broadcast reaches a process at most once, the status is also read
// again every second. The status that was read is what is answered, never the news.

import { type Clock, LIMITS, SpawnError, systemClock } from '../../base/index.ts'
import { Settings } from '../settings.ts'
import type { System } from '../system.ts'
import type { SagaStatus } from './progress.ts'
import { sagaChannel } from './saga-turn.ts'
import type { SagaDefinition } from './saga-types.ts'

export interface SettledOptions {
  /** How long to wait, in milliseconds. Default 60,000. */
  readonly timeout?: number | undefined
  /** Default: the machine's. For tests. */
  readonly clock?: Clock | undefined
}

const REREAD_MS = 1_000

/**
 * Waits until a run of a saga is done, compensated or stuck: until it does nothing more by itself.
 *
 * @throws SpawnError DEADLINE_EXCEEDED when it is still under way, or was never started; it goes on, and may be waited for
 * again. What its `status` throws.
 */
export async function sagaSettled<Input, Results>(
  system: Pick<System, 'ref' | 'subscribe'>,
  saga: SagaDefinition<Input, Results>,
  name: string,
  options: SettledOptions = {},
): Promise<SagaStatus<Results>> {
  const settings = new Settings(`the wait for saga "${saga.name}"`, options, ['timeout', 'clock'])
  const timeoutMs = settings.milliseconds('timeout', LIMITS.callTimeoutMs)
  const { clock = systemClock } = options
  const untilMs = clock.elapsedMs() + timeoutMs
  const run = system.ref(saga, name)
  let wake = (): void => undefined
  const unsubscribe = system.subscribe(sagaChannel(saga.name), (news) => {
    if (nameIn(news) === name) wake()
  })
  try {
    for (;;) {
      // Before the status is read: news that comes in between is not missed.
      const heard = new Promise<void>((resolve) => {
        wake = resolve
      })
      const status = await run.status(undefined, {
        timeout: Math.max(untilMs - clock.elapsedMs(), REREAD_MS),
      })
      if (hasSettled(status)) return status
      const leftMs = untilMs - clock.elapsedMs()
      if (leftMs <= 0) throw tooLate(saga.name, name, status, timeoutMs)
      await first(heard, clock, Math.min(leftMs, REREAD_MS))
    }
  } finally {
    unsubscribe()
  }
}

function hasSettled({ status }: Standing): boolean {
  return status === 'done' || status === 'compensated' || status === 'stuck'
}

function nameIn(news: unknown): unknown {
  return typeof news === 'object' && news !== null && 'name' in news ? news.name : undefined
}

/** Resolves when it is heard, or after a while. */
async function first(heard: Promise<void>, clock: Clock, delayMs: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const timer = clock.after(delayMs, resolve)
  await Promise.race([heard, promise])
  timer.cancel()
}

/** Of a status, whatever its results are. */
type Standing = Pick<SagaStatus, 'status' | 'step'>

function tooLate(saga: string, name: string, { status, step }: Standing, timeoutMs: number): SpawnError {
  const where = step === null ? status : `${status}, at step "${step}"`
  return new SpawnError(
    'DEADLINE_EXCEEDED',
    `the saga "${saga}" of the name "${name}" has not come to rest within ${timeoutMs} ms: it is ${where}`,
  )
}
