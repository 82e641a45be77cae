// A clock that begins at a given time and runs faster than the world: for what must happen over real sockets, where time
// cannot be driven by hand, and need not take as long as it did.

import { type Clock, systemClock } from '../../src/base/index.ts'

/** @param speed virtual milliseconds in a real one. */
export function fastClock(startMs: number, speed: number): Clock {
  const beganMs = performance.now()
  return {
    now: () => startMs + Math.floor((performance.now() - beganMs) * speed),
    elapsedMs: () => (performance.now() - beganMs) * speed,
    after: (delayMs, task, options) => systemClock.after(delayMs / speed, task, options),
    defer: (task) => systemClock.defer(task),
  }
}
