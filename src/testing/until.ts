// Waiting for something real (a process, a socket, a file) without guessing how long it takes. Decides how often to look
// and when to give up; the check is the test's. For code on a virtual clock use VirtualClock.runUntil instead.

import { messageOf, SpawnError } from '../base/index.ts'

export interface UntilOptions {
  /** When to give up, in milliseconds. Default: 10 seconds. */
  readonly timeoutMs?: number
  /** The pause between two looks, in milliseconds. Default: 5. */
  readonly pauseMs?: number
}

/**
 * Looks again and again until `check` answers something other than false, null or undefined, and answers that. A check
 * that throws or rejects counts as "not yet"; its last message stands in the error.
 *
 * @param reason what is waited for, as it reads after "waited for": `the server to answer`.
 * @throws SpawnError DEADLINE_EXCEEDED when it has not happened in time.
 */
export async function until<T>(
  reason: string,
  check: () => T | Promise<T>,
  options: UntilOptions = {},
): Promise<NonNullable<Awaited<T>>> {
  const timeoutMs = options.timeoutMs ?? 10_000
  const endMs = performance.now() + timeoutMs
  let last = ''
  for (;;) {
    try {
      const answer = await check()
      if (answer !== false && answer !== null && answer !== undefined) return answer
      last = ''
    } catch (thrown) {
      last = `; the last look failed with: ${messageOf(thrown)}`
    }
    if (performance.now() >= endMs) {
      throw new SpawnError('DEADLINE_EXCEEDED', `waited ${timeoutMs} ms for ${reason}${last}`)
    }
    await new Promise((resolve) => setTimeout(resolve, options.pauseMs ?? 5))
  }
}
