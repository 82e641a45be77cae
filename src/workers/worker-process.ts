// One life of a worker, as the first process sees it: how far it is, how it ended, and the connections that it was given. What
// follows from its end is crew.ts's.
//
// Invariant: a connection that it has not taken when it ends is given back, as it was. So each stays open here until it says that
// it has taken it, which it does before it reads anything.

import { type ChildProcess, fork } from 'node:child_process'
import type { Socket } from 'node:net'
import type { Clock } from '../base/index.ts'
import type { Program } from './config.ts'
import { type FromWorker, isFromWorker, type Measures, type ToWorker } from './messages.ts'
import { type Orders, ORDERS_VARIABLE, ordersText } from './orders.ts'

/** One that has not taken a connection for so long gets no more of them, in milliseconds: it may stand still. */
const TAKES_WITHIN_MS = 250

export interface WorkerEnd {
  /** The exit code, or the signal. */
  readonly how: number | string
  /** Why it could not start, in its own words; null: it did not say. */
  readonly failure: Extract<FromWorker, { spawn: 'failed' }> | null
  /** For how long it served, in milliseconds; 0: it did not come so far. */
  readonly servedMs: number
  /** Connections that it has not taken, in the order in which they came. */
  readonly returned: readonly Socket[]
}

export interface WorkerEvents {
  serves(): void
  /** It wants to know what all count. */
  asks(): void
  /** Once. */
  ended(end: WorkerEnd): void
}

export class WorkerProcess {
  readonly number: number
  readonly #child: ChildProcess
  readonly #clock: Clock
  /** What it was given and has not taken, in that order. */
  readonly #untaken: Socket[] = []
  /** Null: it is no member yet. */
  member: string | null = null
  #serves = false
  /** Since when; null: it never did. */
  #servesSinceMs: number | null = null
  #measured: (text: string | null) => void = () => {}
  #isStopping = false
  #failure: WorkerEnd['failure'] = null
  #taken = 0
  #open = 0
  /** Since when it has taken nothing, of what it was given. */
  #waitingSinceMs = 0

  constructor(program: Program, orders: Orders, clock: Clock, events: WorkerEvents) {
    this.number = orders.worker
    this.#clock = clock
    this.#child = fork(program.file, program.args, {
      cwd: program.cwd,
      env: { ...program.env, [ORDERS_VARIABLE]: ordersText(orders) },
      execArgv: [...program.execArgv],
      // It asks for nothing; what it says comes out where the first process speaks.
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    })
    this.#child.on('message', (message) => {
      if (isFromWorker(message)) this.#heard(message, events)
    })
    // A process that could not be made: its end is told all the same, by one event or both.
    let hasEnded = false
    const ended = (how: number | string): void => {
      if (hasEnded) return
      hasEnded = true
      this.#serves = false
      const nowMs = clock.elapsedMs()
      const servedMs = nowMs - (this.#servesSinceMs ?? nowMs)
      events.ended({ how, failure: this.#failure, servedMs, returned: this.#untaken })
    }
    this.#child.on('error', (error) => {
      if (this.#child.pid === undefined) ended(error.message)
    })
    this.#child.once('exit', (code, signal) => ended(signal ?? code ?? 'unknown'))
  }

  get serves(): boolean {
    return this.#serves
  }

  get pid(): number | undefined {
    return this.#child.pid
  }

  /** Connections that it has, those on their way included. */
  get load(): number {
    return this.#open + this.#untaken.length
  }

  /** Whether it may be given a connection. */
  get takes(): boolean {
    if (!this.#serves || this.#isStopping || !this.#child.connected) return false
    return this.#untaken.length === 0 || this.#clock.elapsedMs() - this.#waitingSinceMs < TAKES_WITHIN_MS
  }

  give(socket: Socket): void {
    if (this.#untaken.length === 0) this.#waitingSinceMs = this.#clock.elapsedMs()
    this.#untaken.push(socket)
    this.#send({ spawn: 'take' }, socket)
  }

  /** Asks for an orderly end. */
  stop(drainMs: number | undefined): void {
    this.#isStopping = true
    this.#send({ spawn: 'stop', drainMs: drainMs ?? null })
  }

  /** What it counts; null: it does not say within a time. */
  measure(limitMs: number): Promise<string | null> {
    return new Promise((resolve) => {
      const limit = this.#clock.after(limitMs, () => this.#measured(null))
      this.#measured = (text) => {
        limit.cancel()
        resolve(text)
      }
      this.#send({ spawn: 'measure' })
    })
  }

  tell(measures: Measures): void {
    this.#send({ spawn: 'measures', measures })
  }

  kill(): void {
    this.#child.kill('SIGKILL')
  }

  #send(message: ToWorker, socket?: Socket): void {
    // What it does not get, because it is gone, is found by its end.
    if (!this.#child.connected) return
    this.#child.send(message, socket, { keepOpen: true }, () => {})
  }

  #heard(message: FromWorker, events: WorkerEvents): void {
    if (message.spawn === 'joins') this.member = message.member
    else if (message.spawn === 'failed') this.#failure = message
    else if (message.spawn === 'measured') this.#measured(message.text)
    else if (message.spawn === 'asks') events.asks()
    else if (message.spawn === 'serves') {
      this.#serves = true
      this.#servesSinceMs = this.#clock.elapsedMs()
      events.serves()
    } else {
      if (message.taken > this.#taken) this.#waitingSinceMs = this.#clock.elapsedMs()
      for (const socket of this.#untaken.splice(0, message.taken - this.#taken)) socket.destroy()
      this.#taken = message.taken
      this.#open = message.open
    }
  }
}
