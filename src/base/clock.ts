// Time, as a value that is handed in: the simulation replaces it, and nothing else in src reads ambient time.

/** A timer that was set; cancelling one that has fired or was cancelled does nothing. */
export interface Timer {
  cancel(): void
}

export interface Clock {
  /** Wall time in epoch milliseconds, whole. It may jump; durations that matter are guarded by the store's fence. */
  now(): number
  /** Milliseconds since some moment, with fractions: it never goes back, and does not jump. For leases, and for waits. */
  elapsedMs(): number
  /** Runs `task` once, `delayMs` from now. A pending timer keeps the process alive, a `background` one does not. */
  after(delayMs: number, task: () => void, options?: { readonly background: boolean }): Timer
  /** Runs `task` once, after the microtasks and I/O that are already due. This is where batches close. */
  defer(task: () => void): void
}

/** Node caps a timer at 2^31-1 ms and fires a longer one at once; a longer delay is cut to this. */
const MAX_TIMER_MS = 2_147_483_647

export const systemClock: Clock = {
  now: () => Date.now(),
  elapsedMs: monotonicMs,
  after(delayMs, task, options) {
    const handle = setTimeout(task, Math.min(Math.max(delayMs, 0), MAX_TIMER_MS))
    if (options?.background === true) handle.unref()
    return { cancel: () => clearTimeout(handle) }
  },
  defer(task) {
    setImmediate(task)
  },
}

/** Milliseconds since some moment, with fractions, and never back: to measure waits that are shorter than a tick of `now`. */
export function monotonicMs(): number {
  return performance.now()
}
