// The HTTP interface of a running system, as the commands use it: what is asked of it, and what its answers mean. The paths are
// protocol/paths.ts's; what is no success, asked-server.ts's.

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
  factsPath,
  historyPath,
  restorePath,
  schedulePath,
  schedulesPath,
  SYSTEMS_PATH,
} from '../protocol/paths.ts'
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
  type UnreadableRow,
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
import { AskedServer } from './asked-server.ts'
import type { Answer } from './exchange.ts'
import { type FactRows, factRowsOf } from './fact-answer.ts'
import type { Rows } from './listing.ts'
import { headerText, type Metadata, metadataHeaders, queryOf, type QueryValues, urlOf } from './question.ts'
import type { Terminal } from './terminal.ts'

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
  readonly #server: AskedServer
  #system: string | undefined

  /** @param system undefined: the server is asked for it. */
  constructor(url: string, system: string | undefined) {
    this.#server = new AskedServer(urlOf(url))
    this.#system = system
  }

  close(): void {
    this.#server.close()
  }

  async invoke(actor: string, action: string, options: InvokeOptions): Promise<Invoked> {
    const { payload, ref, timing, timeoutMs, metadata, idempotencyKey } = options
    const headers = metadataHeaders(metadata)
    if (timeoutMs !== undefined) headers['spawn-timeout'] = String(timeoutMs)
    if (idempotencyKey !== undefined) headers['idempotency-key'] = headerText(idempotencyKey)
    const flags = { async: options.async ? 'true' : undefined, receipt: options.receipt ? 'true' : undefined }
    const answer = await this.#server.change({
      method: 'POST',
      target:
        actionPath({ system: await this.system(), name: actor }, action) +
        queryOf({ ref, ...flags, ...timing }),
      headers,
      ...(payload !== undefined && { body: payload }),
      timeoutMs,
    })
    if (timing === undefined) {
      const receipt = options.receipt
        ? this.#server.checked(receiptOf(answer.headers), 'sent no receipt')
        : null
      return { response: bodyOf(answer), receipt, schedule: null }
    }
    const schedule = this.#server.as(answer, scheduleOf, 'did not say the schedule of the call')
    return { response: null, receipt: null, schedule }
  }

  async get(actor: string, query: QueryValues): Promise<string> {
    const target = actorPath({ system: await this.system(), name: actor }) + queryOf(query)
    return bodyOf(await this.#server.read(target)) ?? 'null'
  }

  async delete(actor: string, ref: string | undefined): Promise<void> {
    const target = actorPath({ system: await this.system(), name: actor }) + queryOf({ ref })
    await this.#server.change({ method: 'DELETE', target })
  }

  /** The proof. */
  async erase(actor: string, ref: string | undefined): Promise<ErasureAnswer> {
    const target = erasePath({ system: await this.system(), name: actor }) + queryOf({ ref })
    return this.#server.changeAs({ method: 'POST', target }, erasureOf, 'did not prove the erasure')
  }

  /** One page of an actor's revisions. */
  async history(actor: string, query: QueryValues): Promise<HistoryRows> {
    const target = historyPath({ system: await this.system(), name: actor }) + queryOf(query)
    return this.#server.readAs(target, historyRowsOf, 'answered with something that is no history')
  }

  /** One page of facts. */
  async facts(query: QueryValues): Promise<FactRows> {
    const target = factsPath(await this.system()) + queryOf(query)
    return this.#server.readAs(target, factRowsOf, 'answered with something that is no list of facts')
  }

  /** What changed between two revisions of an actor. */
  async diff(actor: string, query: QueryValues): Promise<DiffAnswer> {
    const target = diffPath({ system: await this.system(), name: actor }) + queryOf(query)
    return this.#server.readAs(target, diffOf, 'answered with something that is no difference')
  }

  /** @param follows the revision that must stand; undefined: whichever does. */
  async restore(actor: string, query: QueryValues, follows: number | undefined): Promise<RestoredAnswer> {
    const target = restorePath({ system: await this.system(), name: actor }) + queryOf(query)
    const headers = follows === undefined ? {} : { 'if-match': `"${follows}"` }
    const change = { method: 'POST', target, headers } as const
    return this.#server.changeAs(change, restoredOf, 'did not say what it restored')
  }

  async systems(): Promise<readonly SystemRow[]> {
    return this.#server.readAs(
      SYSTEMS_PATH,
      systemRowsOf,
      'answered with something that is no list of systems',
    )
  }

  async definitions(): Promise<readonly DefinitionRow[]> {
    const target = definitionsPath(await this.system())
    return this.#server.readAs(
      target,
      definitionRowsOf,
      'answered with something that is no list of definitions',
    )
  }

  /** One page of actors. */
  async list(query: QueryValues): Promise<Rows<ActorRow>> {
    const target = actorsPath(await this.system()) + queryOf(query)
    return this.#server.readAs(target, actorRowsOf, 'answered with something that is no list of actors')
  }

  /** How many actors match. */
  async count(filter: QueryValues): Promise<number> {
    const target = actorsPath(await this.system()) + queryOf({ ...filter, count: 'true' })
    return this.#server.readAs(target, countOf, 'answered with something that is no count of actors')
  }

  /** Resolves when the broadcast is durable. */
  async publish(channel: string, payload: string | undefined, metadata: Metadata): Promise<void> {
    const target = channelPath(await this.system(), channel)
    await this.#server.change({
      method: 'POST',
      target,
      headers: metadataHeaders(metadata),
      ...(payload !== undefined && { body: payload }),
    })
  }

  /** One page of schedules. */
  async schedules(query: QueryValues): Promise<Rows<ScheduleRow | UnreadableRow>> {
    const target = schedulesPath(await this.system()) + queryOf(query)
    return this.#server.readAs(target, scheduleRowsOf, 'answered with something that is no list of schedules')
  }

  /** False: there is none of this id; so with all below. */
  async cancel(id: string): Promise<boolean> {
    return this.#changeOne('DELETE', schedulePath(await this.system(), id), id)
  }

  /** One page of dead letters. */
  async deadLetters(query: QueryValues): Promise<Rows<DeadLetterRow | UnreadableRow>> {
    const target = deadLettersPath(await this.system()) + queryOf(query)
    const otherwise = 'answered with something that is no list of dead letters'
    return this.#server.readAs(target, deadLetterRowsOf, otherwise)
  }

  /** As JSON text; null: there is none of this id. */
  async deadLetter(id: string): Promise<string | null> {
    const answer = await this.#server.readOne(deadLetterPath(await this.system(), id), id)
    return answer && bodyOf(answer)
  }

  async retry(id: string): Promise<boolean> {
    return this.#changeOne('POST', deadLetterRetryPath(await this.system(), id), id)
  }

  async discard(id: string): Promise<boolean> {
    return this.#changeOne('DELETE', deadLetterPath(await this.system(), id), id)
  }

  /** The cluster as the server sees it. */
  async cluster(): Promise<ClusterAnswer> {
    return this.#server.readAs(CLUSTER_PATH, clusterOf, 'answered with something that is no cluster')
  }

  /** Which member an actor lives on; without a system, in the one that the server takes. */
  async where(actor: string, ref: string | undefined): Promise<WhereAnswer> {
    const target = WHERE_PATH + queryOf({ system: this.#system, actor, ref })
    return this.#server.readAs(target, whereOf, 'did not say where an actor lives')
  }

  /** Resolves when the members agree. */
  async setPhase(member: string, phase: PhaseAnswer['phase']): Promise<PhaseAnswer> {
    const target = phase === 'up' ? undrainPath(member) : drainPath(member)
    return this.#server.changeAs({ method: 'POST', target }, phaseOf, 'did not say the phase of a member')
  }

  async system(): Promise<string> {
    if (this.#system !== undefined) return this.#system
    this.#system = await this.#server.readAs('/', systemOf, 'did not say its system')
    return this.#system
  }

  #changeOne(method: 'POST' | 'DELETE', target: string, id: string): Promise<boolean> {
    return this.#server.changeOne({ method, target }, id)
  }
}

function bodyOf({ body }: Answer): string | null {
  return body === '' ? null : body
}
