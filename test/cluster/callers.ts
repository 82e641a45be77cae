// The outside of a cluster: callers that add to lists and read them over HTTP, and the history of all that they were told. Each
// has a door of its own, and goes to another one while that is closed: so those who wait at one door leave the others busy. What must be true of it is judged in reckoning.ts.

import { Agent, request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { below, type Random } from '../../src/base/index.ts'
import { SYSTEM } from '../crash/server.ts'
import type { LedgerCall, Sight } from './ledger-model.ts'
import { Timetable } from './timetable.ts'

/** Where calls go in. */
export interface Door {
  /** Absent: this machine. */
  readonly host?: string
  readonly port: number
  /** False: nobody should be behind it now. */
  readonly isOpen: boolean
}

export interface CallersOptions {
  readonly doors: readonly Door[]
  readonly random: Random
  readonly callers: number
  readonly ledgers: number
  /**
   * From when a call of a caller is due to when its next is, in milliseconds, whether answers are slow or not: who is behind
   * goes on without a rest. Default 0: the next follows the answer.
   */
  readonly everyMs?: number | undefined
  /** How long a caller waits for an answer, in milliseconds. */
  readonly timeoutMs: number
}

/** A call that was not answered as it should be. */
export interface Failed {
  readonly atMs: number
  readonly tookMs: number
  readonly error: string
}

const RETRY_MS = 20

export class ClusterCallers {
  /** By ledger. */
  readonly calls: LedgerCall[][]
  readonly failures: Failed[] = []
  /** Of the calls that were answered, in milliseconds: with a pace from when each was due, without one from when it was sent. */
  readonly latenciesMs: number[] = []
  readonly #options: CallersOptions
  readonly #agent: Agent
  #running = true
  #count = 0
  #lateMs = 0

  constructor(options: CallersOptions) {
    this.#options = options
    this.#agent = new Agent({ keepAlive: true })
    this.calls = Array.from({ length: options.ledgers }, () => [])
  }

  /** Calls until `stop`; resolves when the last answer is in. */
  async run(): Promise<void> {
    const { callers } = this.#options
    await Promise.all(Array.from({ length: callers }, (_, at) => this.#caller(at)))
    this.#agent.destroy()
  }

  stop(): void {
    this.#running = false
  }

  /** How long after it was due the last call was sent, in milliseconds. */
  get lateMs(): number {
    return this.#lateMs
  }

  /** All entries of a ledger. */
  async entries(ledger: number, door: Pick<Door, 'host' | 'port'>): Promise<readonly string[]> {
    const { body, status } = await this.#post(door, pathOf(ledger, 'all'), '{}')
    if (status !== 200)
      throw new Error(`the entries of ledger ${ledger} were answered with ${status}: ${body}`)
    // An answer of ledger.ts.
    return (JSON.parse(body) as { entries: string[] }).entries
  }

  async #caller(at: number): Promise<void> {
    const { callers, everyMs = 0, ledgers, random } = this.#options
    const timetable = new Timetable(performance.now() + (everyMs * at) / callers, everyMs)
    while (this.#running) {
      const dueAt = timetable.next(performance.now())
      const restMs = dueAt - performance.now()
      if (restMs > 0) await sleep(restMs)
      const door = await this.#openDoor(at)
      if (door === null) return
      const ledger = below(random, ledgers)
      if (!(await this.#call(door, ledger, random.next() < 0.5, dueAt))) await sleep(RETRY_MS)
    }
  }

  /** What is due waits for it. @returns null: no call is to be made any more. */
  async #openDoor(caller: number): Promise<Door | null> {
    while (this.#running) {
      const door = this.#doorOf(caller)
      if (door !== null) return door
      await sleep(RETRY_MS)
    }
    return null
  }

  /** @returns whether it was answered. */
  async #call(door: Door, ledger: number, adds: boolean, dueAt: number): Promise<boolean> {
    this.#count += 1
    const input = adds ? `${this.#count}` : null
    const path = pathOf(ledger, adds ? 'add' : 'look')
    // What came before it is judged by when it was truly sent, how long it took by when it should have been.
    const sentAt = performance.now()
    this.#lateMs = sentAt - dueAt
    const { output, error } = await this.#sight(door, path, adds ? `{"id":"${input}"}` : '{}')
    const endedAt = performance.now()
    const answeredAt = output === null ? Number.POSITIVE_INFINITY : endedAt
    this.calls[ledger]?.push({ sentAt, answeredAt, input, output })
    if (output === null) this.failures.push({ atMs: endedAt, tookMs: endedAt - sentAt, error })
    else this.latenciesMs.push(endedAt - dueAt)
    return output !== null
  }

  #doorOf(caller: number): Door | null {
    const { doors, random } = this.#options
    const own = doors[caller % doors.length]
    if (own?.isOpen === true) return own
    const open = doors.filter(({ isOpen }) => isOpen)
    return open[below(random, open.length)] ?? null
  }

  async #sight(door: Door, path: string, payload: string): Promise<{ output: Sight | null; error: string }> {
    try {
      const { body, status } = await this.#post(door, path, payload)
      // An answer of ledger.ts.
      if (status === 200) return { output: JSON.parse(body) as Sight, error: '' }
      return { output: null, error: `${status} ${body}` }
    } catch (thrown) {
      return { output: null, error: thrown instanceof Error ? thrown.message : String(thrown) }
    }
  }

  #post(
    { host = '127.0.0.1', port }: Pick<Door, 'host' | 'port'>,
    path: string,
    body: string,
  ): Promise<{ readonly status: number; readonly body: string }> {
    const { timeoutMs } = this.#options
    return new Promise((resolve, reject) => {
      const headers = { 'content-type': 'application/json', 'content-length': body.length }
      const call = request(
        { host, port, path, method: 'POST', agent: this.#agent, headers, timeout: timeoutMs },
        (response) => {
          let text = ''
          response.setEncoding('utf8')
          response.on('data', (chunk: string) => (text += chunk))
          response.on('end', () => resolve({ status: response.statusCode ?? 0, body: text }))
          response.on('error', reject)
        },
      )
      call.on('timeout', () => call.destroy(new Error(`no answer within ${timeoutMs} ms`)))
      call.on('error', reject)
      call.end(body)
    })
  }
}

function pathOf(ledger: number, action: string): string {
  return `/api/v1/system/${SYSTEM}/actors/ledger-${ledger}/actions/${action}?ref=ledger`
}
