// Work on a session that ends in time, or is given up. Decides nothing else: how much time it has, and how a session is given
// up, is said by who works.

import type { Clock } from '../../base/index.ts'
import { ConnectionLost } from './session.ts'

/** Ends a wait, before its time is over. */
export type Lose = (lost: ConnectionLost) => void

/**
 * @param giveUp ends the work; what comes of it then, nobody hears.
 * @param waiting has what ends this wait, as long as it lasts.
 * @throws ConnectionLost when the time is over, or what `work` throws.
 */
export async function within<Result>(
  clock: Clock,
  limitMs: number,
  work: () => Promise<Result>,
  giveUp: () => void,
  waiting?: Set<Lose>,
): Promise<Result> {
  const late = Promise.withResolvers<never>()
  const timer = clock.after(limitMs, () => {
    late.reject(new ConnectionLost(`no answer within ${limitMs} ms`))
    giveUp()
  })
  waiting?.add(late.reject)
  try {
    return await Promise.race([work(), late.promise])
  } finally {
    waiting?.delete(late.reject)
    timer.cancel()
  }
}
