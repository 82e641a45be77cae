// Two servers, each a process of its own, over one database and without a cluster: both own all actors, and neither knows of
// the other. A call goes to one of them, drawn by lot; now and then one of them is killed.

import { below, type ErrorCode, type Random, SpawnError } from '../../src/base/index.ts'
import { fromProblem } from '../../src/protocol/index.ts'
import { Server, SYSTEM } from '../crash/server.ts'
import { Book, type Place } from './book.ts'
import { factFaults } from './facts.ts'
import type { Callee, CallKey } from './load.ts'
import { type Standing, standingOf } from './standing.ts'
import { type FaultDatabase, type FaultSubject, urlOf } from './subject.ts'

/** Default of a call over HTTP, and what a busy machine may add. */
const LONGEST_MS = 65_000
const ALLOWS: readonly ErrorCode[] = [
  'STATE_CONFLICT',
  'STORE_UNAVAILABLE',
  'DEADLINE_EXCEEDED',
  'DRAINING',
  'MEMBER_UNAVAILABLE',
]

export class Rivals implements Callee {
  readonly book = new Book({ longestMs: LONGEST_MS, allows: new Set(ALLOWS) })
  readonly #subject: FaultSubject
  readonly #database: FaultDatabase
  readonly #random: Random
  readonly #servers: readonly Server[]

  private constructor(
    subject: FaultSubject,
    database: FaultDatabase,
    random: Random,
    servers: readonly Server[],
  ) {
    this.#subject = subject
    this.#database = database
    this.#random = random
    this.#servers = servers
  }

  /** Both at once, over a database that has no tables yet. */
  static async start(subject: FaultSubject, database: FaultDatabase, random: Random): Promise<Rivals> {
    const store = urlOf(subject, database.options)
    const module = new URL('actors.ts', import.meta.url)
    const servers = await Promise.all([Server.over(store, module), Server.over(store, module)])
    const rivals = new Rivals(subject, database, random, servers)
    try {
      await Promise.all(servers.map((server) => server.start()))
    } catch (thrown) {
      await rivals.end()
      throw thrown
    }
    return rivals
  }

  async call(
    { name, ref }: Place,
    action: string,
    payload: unknown,
    { idempotencyKey }: CallKey = {},
  ): Promise<unknown> {
    const { url } = this.#drawn()
    const path = `actors/${encodeURIComponent(name)}/actions/${action}?ref=${ref}`
    const headers = {
      'content-type': 'application/json',
      ...(idempotencyKey !== undefined && { 'idempotency-key': idempotencyKey }),
    }
    let answer: Response
    let body: string
    try {
      const request = { method: 'POST', headers, body: JSON.stringify(payload) }
      answer = await fetch(`${url}/api/v1/system/${SYSTEM}/${path}`, request)
      body = await answer.text()
    } catch (cause) {
      const refused =
        cause instanceof Error && String(Reflect.get(Object(cause.cause), 'code')) === 'ECONNREFUSED'
      const what = refused
        ? 'the server is down; the action did not run'
        : 'the server is gone; it may have happened'
      throw new SpawnError('MEMBER_UNAVAILABLE', what, { cause })
    }
    if (answer.ok) return body === '' ? {} : JSON.parse(body)
    throw fromProblem(answer.status, JSON.parse(body))
  }

  /** Ends one of them in the middle of whatever it does, and begins it again. */
  async kill(): Promise<void> {
    const server = this.#drawn()
    await server.kill()
    await server.start()
  }

  standing(): Promise<Standing> {
    return standingOf(this.#subject, this.#database.options, SYSTEM, this.book.places())
  }

  factFaults(standing: Standing): Promise<string[]> {
    return factFaults(this.#subject, this.#database.options, SYSTEM, standing)
  }

  async end(): Promise<void> {
    await Promise.all(this.#servers.map((server) => server.end()))
  }

  #drawn(): Server {
    const server = this.#servers[below(this.#random, this.#servers.length)]
    if (server === undefined) throw new Error('there are no servers')
    return server
  }
}
