// The HTTP interface of a running system, as the commands use it. Decides how an answer becomes a value or a failure; the
// paths are protocol/paths.ts's, the connection is exchange.ts's.

import { LIMITS } from '../base/index.ts'
import { CLUSTER_PATH, drainPath, undrainPath, WHERE_PATH } from '../protocol/cluster-paths.ts'
import {
  actionPath,
  actorPath,
  actorsPath,
  channelPath,
  deadLetterPath,
  deadLetterRetryPath,
  deadLettersPath,
  definitionsPath,
  diffPath,
  erasePath,
  historyPath,
  restorePath,
  schedulePath,
  schedulesPath,
  SYSTEMS_PATH,
} from '../protocol/paths.ts'
import { failureOf, jsonOf, stranger } from './answer-failure.ts'
import {
  type ActorRow,
  actorRowsOf,
  type CallReceipt,
  countOf,
  type DeadLetterRow,
  deadLetterRowsOf,
  type DiffAnswer,
  diffOf,
  type HistoryRows,
  historyRowsOf,
  receiptOf,
  type RestoredAnswer,
  type ErasureAnswer,
  erasureOf,
  restoredOf,
  scheduleOf,
  type ScheduleRow,
  scheduleRowsOf,
  systemOf,
} from './answer.ts'
import {
  type ClusterAnswer,
  clusterOf,
  type PhaseAnswer,
  phaseOf,
  type WhereAnswer,
  whereOf,
} from './cluster-answer.ts'
import { type DefinitionRow, definitionRowsOf, type SystemRow, systemRowsOf } from './definition-answer.ts'
import { DEFAULT_URL } from './connection-options.ts'
import { type Answer, type Exchange, openExchange, type Question } from './exchange.ts'
import type { Rows } from './listing.ts'
import {
  headerText,
  type Metadata,
  metadataHeaders,
  queryOf,
  type QueryValues,
  reading,
  urlOf,
} from './question.ts'
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
  readonly receipt: boolean
  /** When it is to come, as query parameters; undefined: at once. */
  readonly timing: Readonly<Record<string, string | undefined>> | undefined
  readonly timeoutMs: number | undefined
  readonly metadata: Metadata
  readonly idempotencyKey: string | undefined
}

export interface Invoked {
  /** The response as JSON text, as the server wrote it; null when there is none. */
  readonly response: string | null
  /** Null unless it was asked for. */
  readonly receipt: CallReceipt | null
  /** The id of the schedule of a call that has a timing. */
  readonly schedule: string | null
}

export class Client {
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

  async invoke(actor: string, action: string, options: InvokeOptions): Promise<Invoked> {
    const { payload, ref, timing, timeoutMs, metadata, idempotencyKey } = options
    const headers = metadataHeaders(metadata)
    if (timeoutMs !== undefined) headers['spawn-timeout'] = String(timeoutMs)
    if (idempotencyKey !== undefined) headers['idempotency-key'] = headerText(idempotencyKey)
    const flags = { async: options.async ? 'true' : undefined, receipt: options.receipt ? 'true' : undefined }
    const answer = await this.#ask({
      method: 'POST',
      target:
        actionPath({ system: await this.system(), name: actor }, action) +
        queryOf({ ref, ...flags, ...timing }),
      headers,
      ...(payload !== undefined && { body: payload }),
      timeoutMs: (timeoutMs ?? LIMITS.callTimeoutMs) + GRACE_MS,
    })
    if (timing === undefined) {
      const receipt = options.receipt ? this.#checked(receiptOf(answer.headers), 'sent no receipt') : null
      return { response: bodyOf(answer), receipt, schedule: null }
    }
    const schedule = this.#checked(scheduleOf(this.#json(answer)), 'did not say the schedule of the call')
    return { response: null, receipt: null, schedule }
  }

  async get(actor: string, query: QueryValues): Promise<string> {
    const target = actorPath({ system: await this.system(), name: actor }) + queryOf(query)
    return bodyOf(await this.#read(target)) ?? 'null'
  }

  async delete(actor: string, ref: string | undefined): Promise<void> {
    await this.#change('DELETE', actorPath({ system: await this.system(), name: actor }) + queryOf({ ref }))
  }

  /** The proof. */
  async erase(actor: string, ref: string | undefined): Promise<ErasureAnswer> {
    const target = erasePath({ system: await this.system(), name: actor }) + queryOf({ ref })
    const erasure = erasureOf(this.#json(await this.#change('POST', target)))
    return this.#checked(erasure, 'did not prove the erasure')
  }

  /** One page of an actor's revisions. */
  async history(actor: string, query: QueryValues): Promise<HistoryRows> {
    const target = historyPath({ system: await this.system(), name: actor }) + queryOf(query)
    const rows = historyRowsOf(this.#json(await this.#read(target)))
    return this.#checked(rows, 'answered with something that is no history')
  }

  /** What changed between two revisions of an actor. */
  async diff(actor: string, query: QueryValues): Promise<DiffAnswer> {
    const target = diffPath({ system: await this.system(), name: actor }) + queryOf(query)
    const diff = diffOf(this.#json(await this.#read(target)))
    return this.#checked(diff, 'answered with something that is no difference')
  }

  /** @param follows the revision that must stand; undefined: whichever does. */
  async restore(actor: string, query: QueryValues, follows: number | undefined): Promise<RestoredAnswer> {
    const target = restorePath({ system: await this.system(), name: actor }) + queryOf(query)
    const headers = follows === undefined ? {} : { 'if-match': `"${follows}"` }
    const restored = restoredOf(this.#json(await this.#change('POST', target, { headers })))
    return this.#checked(restored, 'did not say what it restored')
  }

  async systems(): Promise<readonly SystemRow[]> {
    const rows = systemRowsOf(this.#json(await this.#read(SYSTEMS_PATH)))
    return this.#checked(rows, 'answered with something that is no list of systems')
  }

  async definitions(): Promise<readonly DefinitionRow[]> {
    const rows = definitionRowsOf(this.#json(await this.#read(definitionsPath(await this.system()))))
    return this.#checked(rows, 'answered with something that is no list of definitions')
  }

  /** One page of actors. */
  async list(query: QueryValues): Promise<Rows<ActorRow>> {
    const answer = await this.#read(actorsPath(await this.system()) + queryOf(query))
    return this.#checked(actorRowsOf(this.#json(answer)), 'answered with something that is no list of actors')
  }

  /** How many actors match. */
  async count(filter: QueryValues): Promise<number> {
    const answer = await this.#read(actorsPath(await this.system()) + queryOf({ ...filter, count: 'true' }))
    return this.#checked(countOf(this.#json(answer)), 'answered with something that is no count of actors')
  }

  /** Resolves when the broadcast is durable. */
  async publish(channel: string, payload: string | undefined, metadata: Metadata): Promise<void> {
    const target = channelPath(await this.system(), channel)
    await this.#change('POST', target, {
      headers: metadataHeaders(metadata),
      ...(payload !== undefined && { body: payload }),
    })
  }

  /** One page of schedules. */
  async schedules(query: QueryValues): Promise<Rows<ScheduleRow>> {
    const answer = await this.#read(schedulesPath(await this.system()) + queryOf(query))
    return this.#checked(
      scheduleRowsOf(this.#json(answer)),
      'answered with something that is no list of schedules',
    )
  }

  /** False: there is none of this id; so with all below. */
  async cancel(id: string): Promise<boolean> {
    return this.#changeOne('DELETE', schedulePath(await this.system(), id), id)
  }

  /** One page of dead letters. */
  async deadLetters(query: QueryValues): Promise<Rows<DeadLetterRow>> {
    const answer = await this.#read(deadLettersPath(await this.system()) + queryOf(query))
    return this.#checked(
      deadLetterRowsOf(this.#json(answer)),
      'answered with something that is no list of dead letters',
    )
  }

  /** As JSON text; null: there is none of this id. */
  async deadLetter(id: string): Promise<string | null> {
    const answer = await this.#exchange.ask(reading(deadLetterPath(await this.system(), id)))
    return this.#isMissing(answer, id) ? null : bodyOf(this.#good(answer))
  }

  async retry(id: string): Promise<boolean> {
    return this.#changeOne('POST', deadLetterRetryPath(await this.system(), id), id)
  }

  async discard(id: string): Promise<boolean> {
    return this.#changeOne('DELETE', deadLetterPath(await this.system(), id), id)
  }

  /** The cluster as the server sees it. */
  async cluster(): Promise<ClusterAnswer> {
    const answer = await this.#read(CLUSTER_PATH)
    return this.#checked(clusterOf(this.#json(answer)), 'answered with something that is no cluster')
  }

  /** Which member an actor lives on; without a system, in the one that the server takes. */
  async where(actor: string, ref: string | undefined): Promise<WhereAnswer> {
    const answer = await this.#read(WHERE_PATH + queryOf({ system: this.#system, actor, ref }))
    return this.#checked(whereOf(this.#json(answer)), 'did not say where an actor lives')
  }

  /** Resolves when the members agree. */
  async setPhase(member: string, phase: PhaseAnswer['phase']): Promise<PhaseAnswer> {
    const target = phase === 'up' ? undrainPath(member) : drainPath(member)
    const answer = await this.#change('POST', target)
    return this.#checked(phaseOf(this.#json(answer)), 'did not say the phase of a member')
  }

  async system(): Promise<string> {
    if (this.#system !== undefined) return this.#system
    const system = systemOf(this.#json(await this.#read('/')))
    return (this.#system = this.#checked(system, 'did not say its system'))
  }

  #read(target: string): Promise<Answer> {
    return this.#ask(reading(target))
  }

  #change(method: 'POST' | 'DELETE', target: string, more: Partial<Question> = {}): Promise<Answer> {
    return this.#ask({ method, target, timeoutMs: LIMITS.callTimeoutMs + GRACE_MS, ...more })
  }

  async #changeOne(method: 'POST' | 'DELETE', target: string, id: string): Promise<boolean> {
    const answer = await this.#exchange.ask({ method, target, timeoutMs: LIMITS.callTimeoutMs + GRACE_MS })
    if (this.#isMissing(answer, id)) return false
    this.#good(answer)
    return true
  }

  /** @throws Failure when the answer is no success. */
  async #ask(question: Question): Promise<Answer> {
    return this.#good(await this.#exchange.ask(question))
  }

  #good(answer: Answer): Answer {
    if (answer.status >= 200 && answer.status <= 299) return answer
    throw failureOf(answer, this.#exchange.url)
  }

  /** Whether the answer is that there is no such thing; any other 404 means that the whole path leads nowhere. */
  #isMissing(answer: Answer, id: string): boolean {
    return answer.status === 404 && failureOf(answer, this.#exchange.url).details?.['id'] === id
  }

  #json({ body }: Answer): unknown {
    return jsonOf(body, this.#exchange.url)
  }

  #checked<T>(value: T | null, otherwise: string): T {
    if (value === null) throw stranger(this.#exchange.url, otherwise)
    return value
  }
}

function bodyOf({ body }: Answer): string | null {
  return body === '' ? null : body
}
