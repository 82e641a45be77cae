// The smallest thing that is a Gateway: counters in a Map. It stands behind the listener in tests of HTTP alone; what the
// runtime does with a call is tested with the runtime.

import { SpawnError } from '../../src/base/index.ts'
import type {
  ActorPage,
  Call,
  DeadLetter,
  DeadLetters,
  DefinitionView,
  Fact,
  Facts,
  FactsRequest,
  Gateway,
  Inspection,
  JsonAnswer,
  LetterPage,
  PageRequest,
  Past,
  PublishOptions,
  Revision,
  Schedule,
  Schedules,
  SpawnOptions,
  Erasure,
  UnreadableLetter,
} from '../../src/ports/index.ts'
import { type ActorId, Json, jsonCodec, type Packed } from '../../src/protocol/index.ts'

export class MapGateway implements Gateway {
  readonly system = 'my-system'
  ready = true
  /** Tests say what is defined. */
  definitions: readonly DefinitionView[] = []
  /** Every call that came in. */
  readonly calls: { readonly name: string; readonly call: Call }[] = []
  readonly spawned: { readonly name: string; readonly options: SpawnOptions | undefined }[] = []
  readonly lists: unknown[] = []
  readonly published: { readonly channel: string; readonly payload: unknown; readonly options: unknown }[] =
    []
  readonly standingSchedules = new Map<string, Schedule>()
  readonly standingLetters = new Map<string, DeadLetter>()
  /** Ids of the letters that were retried. */
  readonly retried: string[] = []
  #schedulesMade = 0
  readonly #totals = new Map<string, { total: number; revision: number }>()
  /** Calls of `hold` wait for this. */
  #gate = Promise.withResolvers<void>()

  /** Lets the calls of `hold` go on. */
  release(): void {
    this.#gate.resolve()
    this.#gate = Promise.withResolvers<void>()
  }

  async invoke(name: string, call: Call): Promise<unknown> {
    return (await this.invokeJson(name, call)).json
  }

  async invokePacked(name: string, call: Call): Promise<Packed | undefined> {
    const { json } = await this.invokeJson(name, call)
    return json === undefined ? undefined : jsonCodec.pack(json)
  }

  async invokeJson(name: string, call: Call): Promise<JsonAnswer> {
    this.calls.push({ name, call })
    if (!this.ready) throw new SpawnError('DRAINING', `"${name}" cannot be called: this member is draining`)
    if (call.delayMs !== undefined || call.scheduledToMs !== undefined || call.cron !== undefined) {
      return { json: undefined, receipt: null, scheduleId: this.#schedule(name, call) }
    }
    const json = await this.#run(name, call)
    if (call.async === true) return { json: undefined, receipt: null, scheduleId: null }
    const actor = { system: this.system, parent: call.ref ?? '', name }
    const revision = this.#totals.get(name)?.revision ?? 0
    return { json, receipt: { response: json, actor, revision, durability: 'turn' }, scheduleId: null }
  }

  #schedule(name: string, call: Call): string {
    this.#schedulesMade += 1
    const id = `${name}/${call.action}/${this.#schedulesMade}`
    this.standingSchedules.set(id, {
      id,
      to: { system: this.system, parent: call.ref ?? '', name },
      action: call.action,
      dueAtMs: call.scheduledToMs ?? 1_700_000_000_000 + (call.delayMs ?? 0),
      cron: call.cron ?? null,
      timeZone: call.cron === undefined ? null : (call.timeZone ?? 'UTC'),
      from: null,
      metadata: call.metadata ?? {},
      attempts: 0,
      createdAtMs: 1_700_000_000_000,
    })
    return id
  }

  #run(name: string, call: Call): unknown {
    const payload = call.payload instanceof Json ? call.payload.value : call.payload
    if (call.action === 'echo') return payload
    if (call.action === 'nothing') return undefined
    if (call.action === 'big') return 'x'.repeat(Number(payload))
    if (call.action === 'fail') throw new SpawnError('ACTION_FAILED', `"${name}" action "fail" failed`)
    if (call.action === 'full') throw new SpawnError('MAILBOX_FULL', `the mailbox of "${name}" is full`)
    if (call.action === 'odd') throw new SpawnError('ACTION_FAILED', 'odd', { details: { big: 1n } })
    if (call.action === 'defect') throw new Error('secret of the inside')
    if (call.action === 'bigint') return 1n
    if (call.action === 'hold') return this.#hold(call.signal)
    if (call.action !== 'add') {
      throw new SpawnError('ACTION_NOT_FOUND', `"${name}" has no action "${call.action}"`)
    }
    const actor = this.#totals.get(name) ?? { total: 0, revision: 0 }
    actor.total +=
      typeof payload === 'object' && payload !== null && 'value' in payload ? Number(payload.value) : 1
    actor.revision += 1
    this.#totals.set(name, actor)
    return { total: actor.total }
  }

  async #hold(signal: AbortSignal | undefined): Promise<unknown> {
    const { promise, reject } = Promise.withResolvers<never>()
    const abort = (): void => reject(new SpawnError('CANCELLED', 'the caller gave up'))
    signal?.addEventListener('abort', abort, { once: true })
    await Promise.race([this.#gate.promise, promise])
    signal?.removeEventListener('abort', abort)
    return 'held'
  }

  async spawn(name: string, options?: SpawnOptions): Promise<void> {
    this.spawned.push({ name, options })
  }

  async inspect(name: string, ref?: string): Promise<Inspection> {
    const actor = this.#totals.get(name)
    if (actor === undefined) throw new SpawnError('ACTOR_NOT_FOUND', `there is no actor "${name}"`)
    const { total, revision } = actor
    const id = { system: this.system, parent: ref ?? '', name }
    return { id, kind: 'named', revision, tags: { team: 'blue' }, state: { total }, stateJson: { total } }
  }

  /** Actors that are listed beside those that were called. */
  stored: readonly Pick<ActorId, 'parent' | 'name'>[] = []

  async list(filter: { readonly name?: string }, page?: Partial<PageRequest>): Promise<ActorPage> {
    this.lists.push({ filter, page })
    const called = [...this.#totals].map(([name, { revision }]) => ({ parent: '', name, revision }))
    const all = [...called, ...this.stored.map((id) => ({ ...id, revision: 1 }))]
    const matching = all.filter(({ name }) => filter.name === undefined || filter.name === name)
    const actors = matching.map(({ name, parent, revision }) => ({
      id: { system: this.system, parent, name },
      revision,
      birth: 1,
      epoch: 1,
      tags: {},
      state: null,
      committedAtMs: 1_700_000_000_000,
    }))
    return { actors, next: null }
  }

  async count(filter: object): Promise<number> {
    this.lists.push({ filter })
    return this.#totals.size
  }

  async erase(name: string, ref = ''): Promise<Erasure> {
    const id = { system: this.system, parent: ref, name }
    if (!this.#totals.delete(name)) throw new SpawnError('ACTOR_NOT_FOUND', `"${name}" was never stored`)
    return { id, keyId: '0123456789abcdef', begunAtMs: 1, doneAtMs: 2, revision: 3, messages: 4 }
  }

  async delete(name: string): Promise<void> {
    if (!this.#totals.delete(name)) throw new SpawnError('ACTOR_NOT_FOUND', `there is no actor "${name}"`)
  }

  async publish(channel: string, payload: unknown, options?: PublishOptions): Promise<void> {
    if (channel === 'closed') throw new SpawnError('STORE_UNAVAILABLE', 'the store is away')
    this.published.push({ channel, payload, options })
  }

  subscribe(): () => void {
    throw new SpawnError('DEFECT', 'no test of HTTP listens to a channel')
  }

  /** Every question about the past, and every restore. */
  readonly pasts: unknown[] = []
  /** Three revisions of anything that is asked for; of `joe` there is none. */
  readonly past: Past = {
    history: async (name, ref, page) => {
      this.pasts.push({ name, ref, page })
      const revisions = [3, 2, 1].map(revisionOf)
      return { id: this.#past(name, ref), policy: { revisions: 10, durationMs: 0 }, revisions, next: null }
    },
    inspect: async (name, query, ref) => {
      this.pasts.push({ name, query, ref })
      const id = this.#past(name, ref)
      const { committedAtMs, revision, tags } = revisionOf('revision' in query ? query.revision : 2)
      const state = { total: revision }
      return { id, kind: 'named', revision, tags, state, stateJson: state, committedAtMs }
    },
    diff: async (name, options = {}) => {
      this.pasts.push({ name, options })
      const state = [{ path: ['total'], kind: 'changed' as const, before: 2, after: 3 }]
      return { id: this.#past(name, options.ref), from: revisionOf(2), to: revisionOf(3), state, tags: [] }
    },
    restore: async (name, query, options = {}) => {
      this.pasts.push({ name, query, options })
      const id = this.#past(name, options.ref)
      return { id, from: 'revision' in query ? query.revision : 2, revision: 4 }
    },
  }

  #past(name: string, ref = ''): ActorId {
    if (name === 'joe') throw new SpawnError('ACTOR_NOT_FOUND', `"${name}" is not stored`)
    return { system: this.system, parent: ref, name }
  }

  /** Every question for facts. */
  readonly factsAsked: FactsRequest[] = []
  /** Tests say which stand. None come: who waits for some does so until its signal ends it. */
  standingFacts: readonly Fact[] = []
  factWaitsEnded = 0
  readonly facts: Facts = {
    read: async (request = {}) => {
      this.factsAsked.push(request)
      const { after = 0, limit = 100, signal, waitMs = 0 } = request
      if (waitMs > 0 && signal !== undefined) {
        await new Promise((resolve) => signal.addEventListener('abort', resolve))
        this.factWaitsEnded += 1
      }
      const rest = this.standingFacts.filter(({ position }) => position > after)
      const facts = rest.slice(0, limit)
      return { facts, next: facts.at(-1)?.position ?? after, isLast: rest.length === facts.length }
    },
    each: () => {
      throw new SpawnError('DEFECT', 'no test of HTTP reads facts one by one')
    },
  }

  /** Tests say which stand: on every page. */
  readonly unreadable: UnreadableLetter[] = []

  private letters<Item extends { readonly id: string }>(
    standing: ReadonlyMap<string, Item>,
    box: UnreadableLetter['box'],
    page: Partial<PageRequest> | undefined,
  ): LetterPage<Item> {
    const unreadable = this.unreadable.filter((letter) => letter.box === box)
    return { ...pageOf([...standing.values()], page), unreadable }
  }

  readonly schedules: Schedules = {
    list: async (page) => this.letters(this.standingSchedules, 'schedule', page),
    cancel: async (id) => this.standingSchedules.delete(id),
  }

  /** Tests put one of their own here. */
  deadLetters: DeadLetters = {
    list: async (page) => this.letters(this.standingLetters, 'dead', page),
    get: async (id) => this.standingLetters.get(id) ?? null,
    retry: async (id) => {
      this.retried.push(id)
      return this.standingLetters.delete(id)
    },
    discard: async (id) => this.standingLetters.delete(id),
  }
}

function revisionOf(revision: number): Revision {
  return { revision, committedAtMs: 1_700_000_000_000 + revision, tags: { team: 'blue' } }
}

/** The cursor is the id of the last item of the page before, or of one that was behind it in the beginning. */
function pageOf<Item extends { readonly id: string }>(
  items: readonly Item[],
  { limit = 100, after }: Partial<PageRequest> = {},
): { items: readonly Item[]; next: string | null } {
  const rest = items.filter(({ id }) => after === undefined || id > after)
  const page = rest.slice(0, limit)
  return { items: page, next: rest.length > limit ? (page.at(-1)?.id ?? null) : null }
}
