// The HTTP interface of a running system, as `invoke` and `actors` use it. Decides how an answer becomes a value or a
// failure; the paths are protocol/paths.ts's, the connection is exchange.ts's.

import { type ErrorCode, LIMITS } from '../base/index.ts'
import { actionPath, actorPath, actorsPath, fromProblem, PROBLEM_CONTENT_TYPE } from '../protocol/index.ts'
import { type ActorRows, actorRowsOf, systemOf } from './answer.ts'
import { DEFAULT_URL } from './connection-options.ts'
import { type Answer, type Exchange, openExchange } from './exchange.ts'
import { EXIT, type ExitCode } from './exit-codes.ts'
import { Failure, usageFailure } from './failure.ts'
import type { Terminal } from './terminal.ts'

/** The server gives up at the deadline; the answer that says so still has to arrive. */
const GRACE_MS = 5_000

/** As the command line gives it; what is missing comes from the environment. */
export interface Target {
  readonly url: string | undefined
  readonly system: string | undefined
}

/** Runs `work` with a client, and closes its connections. */
export async function withClient<T>(
  target: Target,
  env: Terminal['env'],
  work: (client: Client) => Promise<T>,
): Promise<T> {
  const client = new Client(
    target.url ?? (env['SPAWN_URL'] || DEFAULT_URL),
    target.system ?? (env['SPAWN_SYSTEM'] || undefined),
  )
  try {
    return await work(client)
  } finally {
    client.close()
  }
}

export interface InvokeOptions {
  readonly payload: string | undefined
  readonly ref: string | undefined
  readonly async: boolean
  readonly timeoutMs: number | undefined
  readonly metadata: Readonly<Record<string, string>>
  readonly idempotencyKey: string | undefined
}

class Client {
  readonly #exchange: Exchange
  #system: string | undefined

  /** @param system undefined: the server is asked for it. */
  constructor(url: string, system: string | undefined) {
    this.#exchange = openExchange(urlOf(url))
    this.#system = system
  }

  close(): void {
    this.#exchange.close()
  }

  /** The response as JSON text, as the server wrote it; null when there is none. */
  async invoke(actor: string, action: string, options: InvokeOptions): Promise<string | null> {
    const { payload, ref, timeoutMs, metadata, idempotencyKey } = options
    const headers: Record<string, string> = {}
    if (timeoutMs !== undefined) headers['spawn-timeout'] = String(timeoutMs)
    if (idempotencyKey !== undefined) headers['idempotency-key'] = headerText(idempotencyKey)
    for (const [key, value] of Object.entries(metadata)) headers[`spawn-metadata-${key}`] = headerText(value)
    const query = queryOf({ ref, async: options.async ? 'true' : undefined })
    const system = await this.system()
    const answer = await this.#exchange.ask({
      method: 'POST',
      target: actionPath({ system, name: actor }, action) + query,
      headers,
      ...(payload !== undefined && { body: payload }),
      timeoutMs: (timeoutMs ?? LIMITS.callTimeoutMs) + GRACE_MS,
    })
    return this.#bodyOf(answer)
  }

  async get(actor: string, ref: string | undefined): Promise<string> {
    const target = actorPath({ system: await this.system(), name: actor }) + queryOf({ ref })
    return (await this.#read(target)) ?? 'null'
  }

  async delete(actor: string, ref: string | undefined): Promise<void> {
    const target = actorPath({ system: await this.system(), name: actor }) + queryOf({ ref })
    const timeoutMs = LIMITS.callTimeoutMs + GRACE_MS
    this.#bodyOf(await this.#exchange.ask({ method: 'DELETE', target, timeoutMs }))
  }

  /** One page. */
  async list(query: Readonly<Record<string, string | undefined>>): Promise<ActorRows> {
    const body = await this.#read(actorsPath(await this.system()) + queryOf(query))
    const rows = actorRowsOf(this.#json(body))
    if (rows === null) throw this.#stranger('answered with something that is no list of actors')
    return rows
  }

  async system(): Promise<string> {
    if (this.#system !== undefined) return this.#system
    const system = systemOf(this.#json(await this.#read('/')))
    if (system === null) throw this.#stranger('did not say its system')
    return (this.#system = system)
  }

  async #read(target: string): Promise<string | null> {
    return this.#bodyOf(await this.#exchange.ask({ method: 'GET', target, timeoutMs: LIMITS.callTimeoutMs }))
  }

  #bodyOf(answer: Answer): string | null {
    if (answer.status < 200 || answer.status > 299) throw this.#failureOf(answer)
    return answer.body === '' ? null : answer.body
  }

  #json(body: string | null): unknown {
    try {
      return JSON.parse(body ?? '')
    } catch {
      throw this.#stranger('answered with something that is not JSON')
    }
  }

  #failureOf({ status, type, body }: Answer): Failure {
    const isProblem = type.startsWith(PROBLEM_CONTENT_TYPE)
    // A gateway on the way answers with these and a page of its own.
    if (!isProblem && ![502, 503, 504].includes(status)) return this.#stranger(`answered with HTTP ${status}`)
    const { code, message, retryable, details } = fromProblem(status, isProblem ? this.#json(body) : null)
    return new Failure(`${code}: ${message}`, {
      exit: exitOf(code, retryable),
      code,
      hint: HINTS[code] ?? (retryable ? 'it may work later' : undefined),
      details: { retryable, ...details },
    })
  }

  /** Something answers there, but not a spawn server. */
  #stranger(what: string): Failure {
    return new Failure(`${this.#exchange.url.origin} ${what}`, {
      exit: EXIT.unreachable,
      code: 'UNREACHABLE',
      hint: 'is another program listening there? say where spawn listens with --url or SPAWN_URL',
    })
  }
}

const HINTS: Partial<Record<ErrorCode, string>> = {
  ACTOR_NOT_FOUND: 'see what is stored with `spawn actors list`; an instance needs --ref <definition>',
  DEADLINE_EXCEEDED: 'give it longer with --timeout; `spawn actors get` shows what stands',
  DEFECT: 'the log of the server says more',
}

function exitOf(code: ErrorCode, retryable: boolean): ExitCode {
  if (code === 'DEADLINE_EXCEEDED') return EXIT.unknownOutcome
  return retryable ? EXIT.busy : EXIT.failed
}

function urlOf(text: string): URL {
  const url = URL.parse(/^[a-z]+:\/\//i.test(text) ? text : `http://${text}`)
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    throw usageFailure(
      `the server's url is an address such as http://127.0.0.1:9001, not ${JSON.stringify(text)}`,
    )
  }
  return url
}

function queryOf(values: Readonly<Record<string, string | undefined>>): string {
  const given = Object.entries(values).filter((entry): entry is [string, string] => entry[1] !== undefined)
  return given.length === 0 ? '' : `?${new URLSearchParams(given).toString()}`
}

/** Headers carry bytes, which node:http takes as Latin-1; the server reads them as UTF-8. */
function headerText(value: string): string {
  return Buffer.from(value, 'utf8').toString('latin1')
}
