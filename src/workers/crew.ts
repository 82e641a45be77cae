// The workers of a program, in its first process: begins them, begins those anew that ended, deals out connections, and ends
// them all. Decides what the end of one means; what a worker does is its own.
//
// Invariants: a connection belongs to one process at a time. After `stop` has resolved none of its processes is there. A member
// whose process has ended is told before another one is begun in its place.

import type { Socket } from 'node:net'
import { type Clock, ERROR_CODES, type ErrorCode, SpawnError, type Timer } from '../base/index.ts'
import type { Logger } from '../ports/index.ts'
import { type Program, thisProgram } from './config.ts'
import type { Measures } from './messages.ts'
import type { Orders } from './orders.ts'
import { Patience, QUICK_ENDS } from './patience.ts'
import { Rota, type Taker } from './rota.ts'
import { type WorkerEnd, WorkerProcess } from './worker-process.ts'

export interface CrewOptions {
  readonly system: string
  /** Processes in all, this one included: at least 2. */
  readonly processes: number
  readonly clock: Clock
  readonly logger: Logger
  /** Where workers find what they need of this process; as in Orders. */
  readonly folder: string
  readonly hub: string | null
  readonly store: string | null
  /** A member's process has ended. */
  readonly buried: (member: string) => void
  /** What this process counts. */
  readonly measure: () => string
  /** It makes no sense to go on: told once, and nothing is begun anew. */
  readonly failed: (error: SpawnError) => void
}

/** What this process has of the shared port. */
export interface OwnDoor {
  readonly connections: number
  take(socket: Socket): void
}

/** How long workers may take to serve: it is said who is missing, and then given up; in milliseconds. */
const SAID_AFTER_MS = 10_000
const GIVEN_UP_AFTER_MS = 60_000
/** How much longer than its drain a worker may take to end, in milliseconds. */
const ENDS_WITHIN_MS = 5_000
/** How long a worker may take to say what it counts, in milliseconds; one that stands still is left out. */
const MEASURED_WITHIN_MS = 1_000
const DRAIN_MS = 30_000

type Stage = 'new' | 'starting' | 'up' | 'stopping'

export class Crew {
  readonly #options: CrewOptions
  readonly #program: Program
  /** Without those that are to be begun anew. */
  readonly #workers = new Map<number, WorkerProcess>()
  readonly #patience = new Patience()
  readonly #rota = new Rota()
  readonly #rests = new Set<Timer>()
  #stage: Stage = 'new'
  /** What is waited for: looked at whenever a worker has changed. */
  readonly #waits = new Set<() => void>()
  #firstFailure: SpawnError | null = null
  #door: OwnDoor | null = null
  #measuring: Promise<Measures> | null = null

  /** @throws SpawnError INVALID_ARGUMENT when this program cannot be begun once more. */
  constructor(options: CrewOptions) {
    this.#options = options
    const program = thisProgram()
    if (program === null) {
      const fault = 'workers run the file of the program again, and this one has none'
      throw new SpawnError('INVALID_ARGUMENT', `system "${options.system}" cannot have workers: ${fault}`)
    }
    this.#program = program
  }

  /**
   * Begins the workers; resolves when all of them serve.
   *
   * @throws SpawnError what the first one says that does not start; MEMBER_UNAVAILABLE that names those that are missing.
   */
  async start(): Promise<void> {
    const { clock, logger, processes, system } = this.#options
    this.#stage = 'starting'
    for (let number = 2; number <= processes; number += 1) this.#begin(number)
    const said = clock.after(SAID_AFTER_MS, () => {
      logger.warn('workers do not serve yet', { workers: this.#missing.join(', ') })
    })
    const isOver = (): boolean =>
      this.#missing.length === 0 || this.#firstFailure !== null || this.#stage === 'stopping'
    const isInTime = await this.#until(isOver, GIVEN_UP_AFTER_MS)
    said.cancel()
    if (this.#firstFailure !== null) throw this.#firstFailure
    if (this.#missing.length === 0) {
      this.#stage = 'up'
      return
    }
    if (isInTime)
      throw new SpawnError('CANCELLED', `system "${system}" was stopped while its workers started`)
    const missing = this.#missing.join(', ')
    const fault = `worker ${missing} of system "${system}" did not serve within ${GIVEN_UP_AFTER_MS} ms`
    const why = 'a worker runs the same program again: does it get to this start there?'
    throw new SpawnError('MEMBER_UNAVAILABLE', `${fault}; ${why}`)
  }

  /** From now on `offer` deals out, to this process too. */
  share(door: OwnDoor): void {
    this.#door = door
  }

  /** @returns whether another process has this connection now. */
  offer(socket: Socket): boolean {
    const workers = [...this.#workers.values()]
    const own: Taker = { takes: true, load: this.#door?.connections ?? 0 }
    const at = this.#rota.next([own, ...workers])
    const worker = at === null || at === 0 ? undefined : workers[at - 1]
    worker?.give(socket)
    return worker !== undefined
  }

  /** What all processes count that say so in time. Who asks meanwhile is told the same. */
  measures(): Promise<Measures> {
    this.#measuring ??= this.#measure().finally(() => (this.#measuring = null))
    return this.#measuring
  }

  /** Lets all workers hand over what they have, and end; those that do not in time are killed. */
  async stop({ drainMs = DRAIN_MS }: { readonly drainMs?: number | undefined } = {}): Promise<void> {
    this.#stage = 'stopping'
    this.#changed()
    for (const rest of this.#rests) rest.cancel()
    for (const worker of this.#workers.values()) worker.stop(drainMs)
    const gone = (): boolean => this.#workers.size === 0
    if (await this.#until(gone, drainMs + ENDS_WITHIN_MS)) return
    const workers = [...this.#workers.keys()].join(', ')
    this.#options.logger.warn('workers did not end in time and are killed', { workers })
    for (const worker of this.#workers.values()) worker.kill()
    await this.#until(gone, ENDS_WITHIN_MS)
  }

  get #missing(): number[] {
    const { processes } = this.#options
    const numbers = Array.from({ length: processes - 1 }, (_, at) => at + 2)
    return numbers.filter((number) => this.#workers.get(number)?.serves !== true)
  }

  #begin(worker: number): void {
    const { clock, folder, hub, logger, store, system } = this.#options
    const orders: Orders = { worker, first: process.pid, system, folder, hub, store }
    const born = new WorkerProcess(this.#program, orders, clock, {
      serves: () => {
        logger.info('a worker serves', { worker, pid: born.pid })
        this.#changed()
      },
      asks: () => void this.measures().then((measures) => born.tell(measures)),
      ended: (end) => this.#ended(born, end),
    })
    this.#workers.set(worker, born)
  }

  async #measure(): Promise<Measures> {
    const workers = [...this.#workers.values()].filter(({ serves }) => serves)
    const others = workers.map(async (worker) => {
      const text = await worker.measure(MEASURED_WITHIN_MS)
      return text === null ? [] : [[worker.number, text] as const]
    })
    const all = [[1, this.#options.measure()] as const, ...(await Promise.all(others)).flat()]
    return all.toSorted(([one], [other]) => one - other)
  }

  #ended(worker: WorkerProcess, end: WorkerEnd): void {
    const { number } = worker
    this.#workers.delete(number)
    if (worker.member !== null) this.#options.buried(worker.member)
    for (const socket of end.returned) this.#return(socket)
    if (this.#stage === 'starting') this.#firstFailure ??= this.#notStarted(number, end)
    else if (this.#stage === 'up') this.#again(number, end)
    this.#changed()
  }

  #again(number: number, { failure, how, servedMs }: WorkerEnd): void {
    const { clock, failed, logger, system } = this.#options
    const restMs = this.#patience.ended(servedMs)
    const reason = failure?.message
    logger.warn('a worker has ended', { worker: number, how, ...(reason !== undefined && { reason }) })
    if (restMs === null) {
      this.#stage = 'stopping'
      const fault = `${QUICK_ENDS} workers of system "${system}" ended right after their start, one after the other`
      failed(new SpawnError('MEMBER_UNAVAILABLE', `${fault}; the last one: ${reason ?? endText(how)}`))
      return
    }
    const rest = clock.after(restMs, () => {
      this.#rests.delete(rest)
      logger.info('a worker is begun anew', { worker: number })
      this.#begin(number)
    })
    this.#rests.add(rest)
  }

  #notStarted(number: number, { failure, how }: WorkerEnd): SpawnError {
    const who = `worker ${number} of system "${this.#options.system}"`
    if (failure === null)
      return new SpawnError('MEMBER_UNAVAILABLE', `${who} did not start: ${endText(how)}`, {
        retryable: false,
      })
    const code = isCode(failure.code) ? failure.code : 'DEFECT'
    return new SpawnError(code, `${who} did not start: ${failure.message}`)
  }

  #return(socket: Socket): void {
    if (this.#door === null) socket.destroy()
    else this.#door.take(socket)
  }

  /** @returns whether it came to be in time. */
  #until(check: () => boolean, limitMs: number): Promise<boolean> {
    if (check()) return Promise.resolve(true)
    return new Promise((resolve) => {
      const end = (isSo: boolean): void => {
        limit.cancel()
        this.#waits.delete(look)
        resolve(isSo)
      }
      const look = (): void => {
        if (check()) end(true)
      }
      const limit = this.#options.clock.after(limitMs, () => end(false))
      this.#waits.add(look)
    })
  }

  #changed(): void {
    for (const look of this.#waits) look()
  }
}

function isCode(text: string): text is ErrorCode {
  return Object.hasOwn(ERROR_CODES, text)
}

function endText(how: number | string): string {
  const end = typeof how === 'number' ? `exit code ${how}` : how
  return `it ended with ${end}; what it wrote says why`
}
