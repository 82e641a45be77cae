// Time that only moves when a test says so, and the scheduler that goes with it. Decides what runs next: of all that is
// due, one task in a seeded random order; when nothing is due, time jumps to the next timer. It does not decide what
// "done" means, which the test hands in.
//
// Invariants: one task at a time, and before the next one every microtask that it caused has run. The same seed, the same
// program and the same calls give the same run. Real time is never waited for.

import {
  assert,
  below,
  type Clock,
  type Random,
  seededRandom,
  SpawnError,
  type Timer,
} from '../base/index.ts'
import { TimerHeap, type VirtualTimer } from './timer-heap.ts'

export interface VirtualClockOptions {
  /** Decides the order of tasks that are due together. Default: a fixed seed. */
  readonly random?: Random
  /** The first moment, in epoch milliseconds. Default: 2030-01-01T00:00:00Z. */
  readonly startMs?: number
  /** Timers fire up to this many milliseconds late, at random, as on a busy machine. Default: 0. */
  readonly latenessMs?: number
}

export interface RunLimits {
  /** Virtual milliseconds that may pass. Default: one hour. */
  readonly maxMs?: number
  /** Tasks that may run. Default: a million. */
  readonly maxSteps?: number
  /** Says what is still waited for; it becomes part of the error when the limits are passed or nothing is left to do. */
  readonly waiting?: () => string
}

interface Run {
  readonly isDone: () => boolean
  readonly waiting: () => string
  /** Time does not go beyond this. */
  readonly endMs: number
  readonly endStep: number
  /** Whether running out of tasks, or out of time, is the aim and no error. */
  readonly mayRunDry: boolean
  readonly end: () => void
  readonly fail: (error: unknown) => void
  isOver: boolean
}

const DEFAULT_START_MS = Date.UTC(2030, 0, 1)
const DEFAULT_MAX_MS = 3_600_000
const DEFAULT_MAX_STEPS = 1_000_000
/** Node runs the microtasks of an immediate before the next one: several share a turn of the event loop, and what it costs. */
const STEPS_PER_TURN = 32

// Taken once: a test that replaces the global timers must not stop the scheduler.
const nextTurn = setImmediate

export class VirtualClock implements Clock {
  readonly #random: Random
  readonly #latenessMs: number
  readonly #timers = new TimerHeap()
  /** Deferred tasks and timers that are due: all may run now, in any order. */
  readonly #due: VirtualTimer[] = []
  #nowMs: number
  /** How far what `now` says is ahead of the time that has passed. */
  #aheadMs = 0
  #steps = 0
  #running = false

  constructor(options: VirtualClockOptions = {}) {
    this.#random = options.random ?? seededRandom(1)
    this.#latenessMs = options.latenessMs ?? 0
    this.#nowMs = options.startMs ?? DEFAULT_START_MS
  }

  now(): number {
    return this.#nowMs + this.#aheadMs
  }

  elapsedMs(): number {
    return this.#nowMs
  }

  /** What `now` says jumps so far, as when the machine's clock is set. Timers and `elapsedMs` do not. */
  jump(byMs: number): void {
    this.#aheadMs += byMs
  }

  /** Tasks run so far: with the seed, a point in a run. */
  get steps(): number {
    return this.#steps
  }

  after(delayMs: number, task: () => void, options?: { readonly background: boolean }): Timer {
    const lateMs = this.#latenessMs === 0 ? 0 : below(this.#random, this.#latenessMs + 1)
    const timer = this.#entry(Math.max(delayMs, 0) + lateMs, task, options?.background === true)
    this.#timers.add(timer)
    return { cancel: () => void (timer.over = true) }
  }

  defer(task: () => void): void {
    this.#due.push(this.#entry(0, task, false))
  }

  /** Resolves `delayMs` of virtual time from now. */
  sleep(delayMs: number): Promise<void> {
    return new Promise((resolve) => void this.after(delayMs, resolve))
  }

  /**
   * Runs tasks, and lets time pass, until `work` settles; answers as it does.
   *
   * @throws SpawnError DEFECT when nothing is left to do, or a limit is passed, and `work` has not settled.
   */
  async run<T>(work: PromiseLike<T>, limits: RunLimits = {}): Promise<T> {
    let settled = false
    const mark = (): void => void (settled = true)
    work.then(mark, mark)
    await this.#drive(() => settled, false, limits)
    return work
  }

  /** The same, until `check` holds; it is looked at after every task. */
  runUntil(check: () => boolean, limits: RunLimits = {}): Promise<void> {
    return this.#drive(check, false, limits)
  }

  /** Runs all that falls due within `durationMs`; time then stands exactly that much later. */
  async advance(durationMs: number, limits: Omit<RunLimits, 'maxMs'> = {}): Promise<void> {
    const endMs = this.#nowMs + durationMs
    await this.#drive(() => false, true, { ...limits, maxMs: durationMs })
    this.#nowMs = endMs
  }

  /** Runs all that is due now, and what that makes due at once; time stands still. */
  settle(): Promise<void> {
    return this.#drive(() => false, true, { maxMs: 0 })
  }

  /** What waits, for messages: `2 due, a timer in 30000 ms, a background timer in 600000 ms`. */
  describe(): string {
    const timers = this.#timers.waiting().sort((left, right) => left.dueMs - right.dueMs)
    const shown = timers.slice(0, 5).map((timer) => {
      return `a ${timer.background ? 'background ' : ''}timer in ${timer.dueMs - this.#nowMs} ms`
    })
    const due = this.#due.filter((entry) => !entry.over).length
    const more = timers.length - shown.length
    return [`${due} due`, ...shown, ...(more > 0 ? [`${more} more timers`] : [])].join(', ')
  }

  #entry(delayMs: number, task: () => void, background: boolean): VirtualTimer {
    return { dueMs: this.#nowMs + delayMs, rank: this.#random.next(), background, task, over: false }
  }

  async #drive(isDone: () => boolean, mayRunDry: boolean, limits: RunLimits): Promise<void> {
    assert(!this.#running, 'a virtual clock is driven by one run, advance or settle at a time')
    this.#running = true
    try {
      await new Promise<void>((resolve, reject) => {
        const run: Run = {
          isDone,
          mayRunDry,
          waiting: limits.waiting ?? (() => 'what the test waits for has not happened'),
          endMs: this.#nowMs + (limits.maxMs ?? DEFAULT_MAX_MS),
          endStep: this.#steps + (limits.maxSteps ?? DEFAULT_MAX_STEPS),
          end: resolve,
          fail: reject,
          isOver: false,
        }
        this.#turn(run)
      })
    } finally {
      this.#running = false
    }
  }

  readonly #turn = (run: Run): void => {
    if (run.isOver) return
    for (let step = 0; step < STEPS_PER_TURN; step += 1) nextTurn(this.#step, run)
    nextTurn(this.#turn, run)
  }

  /** One task. Its microtasks run before the next immediate calls this again. */
  readonly #step = (run: Run): void => {
    if (run.isOver) return
    try {
      run.isOver = !this.#goesOn(run)
    } catch (thrown) {
      run.isOver = true
      run.fail(thrown)
    }
  }

  /** Runs one task, if there is one to run. */
  #goesOn(run: Run): boolean {
    if (run.isDone()) {
      run.end()
      return false
    }
    const next = this.#takeNext(run.endMs)
    if (next === undefined && run.mayRunDry) {
      run.end()
      return false
    }
    if (next === undefined || this.#steps >= run.endStep) throw this.#stalled(run)
    this.#steps += 1
    next.over = true
    next.task()
    return true
  }

  /** Something that is due, else what is due next if that is not after `endMs`. */
  #takeNext(endMs: number): VirtualTimer | undefined {
    for (;;) {
      for (let timer = this.#timers.take(this.#nowMs); timer !== undefined;) {
        this.#due.push(timer)
        timer = this.#timers.take(this.#nowMs)
      }
      const chosen = this.#takeDue()
      if (chosen !== undefined) return chosen
      const next = this.#timers.next()
      if (next === undefined || next.dueMs > endMs) return undefined
      this.#nowMs = Math.max(this.#nowMs, next.dueMs)
    }
  }

  #takeDue(): VirtualTimer | undefined {
    const due = this.#due
    while (due.length > 0) {
      const at = below(this.#random, due.length)
      const chosen = due[at]
      const last = due.pop()
      if (last !== undefined && at < due.length) due[at] = last
      if (chosen?.over === false) return chosen
    }
    return undefined
  }

  #stalled(run: Run): SpawnError {
    const why = this.#steps >= run.endStep ? 'too many steps' : 'nothing more is due in time'
    return new SpawnError(
      'DEFECT',
      `stalled at ${this.#nowMs} after ${this.#steps} steps (${why}): ${run.waiting()}; on the clock: ${this.describe()}`,
    )
  }
}
