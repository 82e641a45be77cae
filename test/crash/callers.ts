// Callers over HTTP keep-alive that never rest, and the book of what they know: how many adds each actor was sent, and
// which were acknowledged with which total. Half of the callers carry an idempotency key and repeat a call until it is
// acknowledged; the other half never repeat.

import { Agent, request } from 'node:http'
import { below, type Random } from '../../src/base/index.ts'
import { RETRY_MS, SYSTEM } from './server.ts'

/** What is known of one actor from outside. */
export interface Account {
  /** Adds that were acknowledged, and those of which nobody knows. */
  acknowledged: number
  unknown: number
  /** The totals of the acknowledgements: no two adds may share one. */
  readonly totals: Set<number>
  twice: number
}

export interface CallersOptions {
  readonly port: number
  readonly random: Random
  readonly callers: number
  readonly actors: number
  /** How those without a key call. Default: as the others do. */
  readonly addOnce?: ((actor: number) => Promise<Known>) | undefined
  /** Whether the actors are gone for a while after the server has begun: a call then was not made. */
  readonly comeLate?: boolean | undefined
}

/** What is known of a call: its total, that it was not made, or nothing. */
export type Known = number | 'unknown' | 'not sent'

export class Callers {
  readonly accounts: Account[]
  readonly #options: CallersOptions
  readonly #agent: Agent
  #running = true
  #keys = 0

  constructor(options: CallersOptions) {
    this.#options = options
    this.#agent = new Agent({ keepAlive: true, maxSockets: options.callers })
    this.accounts = Array.from({ length: options.actors }, () => {
      return { acknowledged: 0, unknown: 0, totals: new Set<number>(), twice: 0 }
    })
  }

  get acknowledged(): number {
    return this.accounts.reduce((sum, account) => sum + account.acknowledged, 0)
  }

  get unknown(): number {
    return this.accounts.reduce((sum, account) => sum + account.unknown, 0)
  }

  /** Calls until `stop`; resolves when the last answer is in. */
  async run(): Promise<void> {
    const { callers } = this.#options
    await Promise.all(Array.from({ length: callers }, (_, index) => this.#caller(index % 2 === 0)))
    this.#agent.destroy()
  }

  stop(): void {
    this.#running = false
  }

  async total(actor: number): Promise<number> {
    const path = `/api/v1/system/${SYSTEM}/actors/a${actor}/actions/get?ref=counter`
    const { status, body } = await this.#post(path, '{}', {})
    // It has no state: it was never added to.
    if (status === 204) return 0
    if (status !== 200) throw new Error(`reading a${actor} was answered with ${status}: ${body}`)
    return totalOf(body)
  }

  async #caller(keyed: boolean): Promise<void> {
    const { actors, random } = this.#options
    while (this.#running) {
      const actor = below(random, actors)
      if (keyed) await this.#addUntilAcknowledged(actor)
      else await this.#addOnce(actor)
    }
  }

  async #addOnce(actor: number): Promise<void> {
    const total = await (this.#options.addOnce?.(actor) ?? this.#add(actor, {}))
    if (total === 'unknown') this.#account(actor).unknown += 1
    else if (total !== 'not sent') this.#note(actor, total)
  }

  async #addUntilAcknowledged(actor: number): Promise<void> {
    this.#keys += 1
    const headers = { 'idempotency-key': `key-${this.#keys}` }
    // Goes on after the end of the run: what was begun is finished, so the count is exact.
    for (;;) {
      const total = await this.#add(actor, headers)
      if (typeof total === 'number') return this.#note(actor, total)
    }
  }

  #note(actor: number, total: number): void {
    const account = this.#account(actor)
    account.acknowledged += 1
    if (account.totals.has(total)) account.twice += 1
    account.totals.add(total)
  }

  #account(actor: number): Account {
    const account = this.accounts[actor]
    if (account === undefined) throw new Error(`there is no actor ${actor}`)
    return account
  }

  /** The total that was acknowledged, or what else is known of the call. */
  async #add(actor: number, headers: Record<string, string>): Promise<Known> {
    const path = `/api/v1/system/${SYSTEM}/actors/a${actor}/actions/add?ref=counter`
    let known: Known = 'unknown'
    try {
      const { status, body } = await this.#post(path, '{"value":1}', headers)
      if (status === 200) return totalOf(body)
      if (status === 404 && this.#options.comeLate === true) known = 'not sent'
      else if (status < 500) throw new RangeError(`an add was refused with ${status}: ${body}`)
    } catch (thrown) {
      if (thrown instanceof RangeError) throw thrown
      if (thrown instanceof Error && 'code' in thrown && thrown.code === 'ECONNREFUSED') known = 'not sent'
    }
    // The server is gone, or on its way.
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS))
    return known
  }

  #post(
    path: string,
    body: string,
    headers: Record<string, string>,
  ): Promise<{ readonly status: number; readonly body: string }> {
    return new Promise((resolve, reject) => {
      const options = {
        host: '127.0.0.1',
        port: this.#options.port,
        path,
        method: 'POST',
        agent: this.#agent,
        headers: { 'content-type': 'application/json', 'content-length': body.length, ...headers },
      }
      const call = request(options, (response) => {
        let text = ''
        response.setEncoding('utf8')
        response.on('data', (chunk: string) => (text += chunk))
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body: text }))
        response.on('error', reject)
        response.on('aborted', () => reject(new Error('the server hung up')))
      })
      call.on('error', reject)
      call.end(body)
    })
  }
}

function totalOf(body: string): number {
  const value: unknown = JSON.parse(body)
  if (typeof value === 'object' && value !== null && 'total' in value && typeof value.total === 'number') {
    return value.total
  }
  throw new RangeError(`an answer without a total: ${body}`)
}
