// Work on a session that ends in time, or is given up. Decides nothing else: how much time it has, and how a session is given
// up, is said by who works.

import type { Clock } from '../../base/index.ts'
import { ConnectionLost } from './session.ts'

/**
 * @param giveUp ends the work; what comes of it then, nobody hears.
 * @throws ConnectionLost when the time is over, or what `work` throws.
 */
export async function within<Result>(
  clock: Clock,
  limitMs: number,
  work: () => Promise<Result>,
  giveUp: () => void,
): Promise<Result> {
  const late = Promise.withResolvers<never>()
  const timer = clock.after(limitMs, () => {
    late.reject(new ConnectionLost(`no answer within ${limitMs} ms`))
    giveUp()
  })
  try {
    return await Promise.race([work(), late.promise])
  } finally {
    timer.cancel()
  }
}
