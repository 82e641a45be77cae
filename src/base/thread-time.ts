// What has become of a thread's time: asleep, running, or waiting for a processor.

import { monotonicMs } from './clock.ts'

/** Since some moment of its own, in milliseconds; what matters is the difference of two. */
export interface ThreadTime {
  /** Monotonic. */
  readonly nowMs: number
  /** In which its event loop slept. */
  readonly asleepMs: number
  /** In which it had a processor. The kernel's figure may be a tick old, about four milliseconds. */
  readonly runningMs: number
}

/** Of the thread that asks. */
export function threadTime(): ThreadTime {
  const { system, user } = process.threadCpuUsage()
  return { nowMs: monotonicMs(), asleepMs: asleepMs(), runningMs: (system + user) / 1_000 }
}

/** The one of them that costs next to nothing to ask for. */
export function asleepMs(): number {
  return performance.eventLoopUtilization().idle
}
