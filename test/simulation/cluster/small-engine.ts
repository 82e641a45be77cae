// A small engine, as a cluster sees one: actors that keep a list of adds in the store that all share. It keeps what the port
// Tenant asks of an engine, in as few lines as it can be kept, so that what goes wrong is the mesh's doing.

import { SpawnError } from '../../../src/base/index.ts'
import type {
  Cluster,
  HandedEnvelope,
  HostedDefinition,
  RemoteAnswer,
  RemoteCall,
  Tenant,
} from '../../../src/ports/index.ts'
import { Packed } from '../../../src/protocol/index.ts'
import type { Machine } from './machine.ts'
import { SYSTEM } from '../worlds/world.ts'
import type { Ask, Engine } from './member.ts'
import type { Judged, Truth } from './truth.ts'

export const DEFINITION = 'list'

const HOSTED: HostedDefinition = {
  name: DEFINITION,
  kind: 'unnamed',
  stateful: true,
  placement: { by: 'hash' },
  channels: [],
}

/** An actor in memory. */
interface Life {
  readonly name: string
  adds: readonly string[]
  /** Turns run one after the other. */
  last: Promise<unknown>
  isLeaving: Promise<void> | null
  isDropped: boolean
}

export interface EngineBugs {
  /** It does not look at the lease. */
  readonly ignoresLease?: boolean
  /** It says that it has let go of what it still has. */
  readonly keepsReleased?: boolean
  /** It says so of all, before it has. */
  readonly releasesLater?: boolean
  /** It does not look into the store when it is told to. */
  readonly looksAtNothing?: boolean
}

export class SmallEngine implements Engine, Tenant, Judged {
  readonly system = SYSTEM
  readonly name: string
  readonly #cluster: Cluster
  readonly #machine: Machine
  readonly #truth: Truth
  readonly #storeMs: number
  readonly #bugs: EngineBugs
  readonly #lives = new Map<string, Life>()
  /** By the member that handed them and their actor: the highest number. */
  readonly #handed = new Map<string, number>()
  /** When it last looked into the store. */
  lookedMs = -1
  /** By member and envelope: what was handed to it. */
  readonly got = new Set<string>()

  constructor(
    cluster: Cluster,
    machine: Machine,
    truth: Truth,
    options: { storeMs: number; bugs: EngineBugs },
  ) {
    this.name = cluster.self
    this.#cluster = cluster
    this.#machine = machine
    this.#truth = truth
    this.#storeMs = options.storeMs
    this.#bugs = options.bugs
  }

  get released(): number {
    return 0
  }

  get tenant(): Tenant {
    return this
  }

  get judged(): Judged {
    return this
  }

  start(): Promise<void> {
    return this.#cluster.hosting([HOSTED])
  }

  async stop(): Promise<void> {}

  async ask({ actor, id, isKeyed, kind, timeoutMs }: Ask): Promise<number> {
    const call: RemoteCall = {
      operation: 'call',
      definition: DEFINITION,
      name: actor,
      action: kind,
      payload: new Packed('text', Buffer.from(id)),
      metadata: {},
      caller: null,
      chain: [],
      idempotencyKey: kind === 'add' && isKeyed ? id : null,
      async: false,
      repeatable: kind === 'read',
      timeoutMs,
      revision: null,
      follows: null,
    }
    const { response } = await this.#cluster.call(call, undefined)
    return Number(textOf(response))
  }

  inMemory(): Iterable<string> {
    return this.#lives.keys()
  }

  holds(actor: string): boolean {
    const life = this.#lives.get(actor)
    return life !== undefined && !life.isDropped && !this.#machine.isDead && this.#holdsLease()
  }

  receive(call: RemoteCall, signal: AbortSignal): Promise<RemoteAnswer> {
    const known = this.#lives.get(call.name)
    const life = known ?? this.#begin(call.name)
    if (life === null || life.isLeaving !== null) return Promise.reject(notOwner(call.name))
    const endMs = this.#machine.clock.elapsedMs() + call.timeoutMs
    const turn = life.last.then(() => this.#turn(life, call, signal, endMs))
    life.last = turn.catch(() => {})
    return turn
  }

  /** An envelope is known by its actor and its number among those that one member sent to that. */
  handed(member: string, envelopes: readonly HandedEnvelope[]): void {
    for (const { envelope } of envelopes) {
      const [actor = '', text = ''] = envelope.id.split(' ')
      const key = `${member} ${actor}`
      const last = this.#handed.get(key) ?? 0
      const number = Number(text)
      const missed = number > last ? numbersBetween(last, number) : [number]
      // What had been committed when it looked into the store was found there.
      const isFound = missed.every((each) => this.#truth.handedAtMs.get(`${key} ${each}`)! <= this.lookedMs)
      if (!isFound)
        this.#truth.violations.push(
          `order: ${this.name} got ${envelope.id} of ${member} after ${last}, and was not told to look`,
        )
      this.#handed.set(key, Math.max(last, number))
      this.got.add(`${member} ${envelope.id}`)
    }
  }

  poked(): void {
    if (this.#bugs.looksAtNothing === true) return
    this.lookedMs = this.#machine.clock.elapsedMs()
  }

  /** What was committed is in the store, where it is found. */
  placed(): void {
    this.poked()
  }

  told(): void {}

  announced(): void {}

  release(_definition: string, name: string): Promise<void> {
    const life = this.#lives.get(name)
    if (life === undefined || this.#bugs.keepsReleased === true) return Promise.resolve()
    life.isLeaving ??= this.#leave(life)
    return life.isLeaving
  }

  async releaseAll(): Promise<void> {
    if (this.#bugs.releasesLater === true) void this.#sleep(500).then(() => this.#releaseAll())
    else await this.#releaseAll()
  }

  passOn(): Promise<void> {
    return Promise.resolve()
  }

  async #releaseAll(): Promise<void> {
    for (const { name } of this.#lives.values()) {
      // Not all in one go, as with many actors.
      await this.#sleep(1)
      const life = this.#lives.get(name)
      if (life !== undefined && !this.#cluster.isMine(DEFINITION, name)) void this.release(DEFINITION, name)
    }
    for (const { isLeaving } of this.#lives.values()) if (isLeaving !== null) await isLeaving
  }

  expelled(): void {
    if (this.#bugs.ignoresLease === true) return
    for (const life of this.#lives.values()) life.isDropped = true
    this.#lives.clear()
  }

  #holdsLease(): boolean {
    return this.#bugs.ignoresLease === true || this.#cluster.holdsLease
  }

  #begin(name: string): Life | null {
    if (!this.#cluster.isHere(DEFINITION, name)) return null
    const life: Life = {
      name,
      adds: [],
      last: Promise.resolve(),
      isLeaving: null,
      isDropped: false,
    }
    this.#lives.set(name, life)
    life.last = this.#store().then(() => {
      life.adds = this.#truth.load(name).adds
      return this.#store()
    })
    return life
  }

  async #turn(life: Life, call: RemoteCall, signal: AbortSignal, endMs: number): Promise<RemoteAnswer> {
    if (signal.aborted) throw new SpawnError('CANCELLED', `the call of ${life.name} has not run`)
    if (this.#machine.clock.elapsedMs() >= endMs)
      throw new SpawnError('DEADLINE_EXCEEDED', `the call of ${life.name} has not run`)
    if (life.isDropped || !this.#holdsLease()) throw notOwner(life.name)
    this.#truth.serve(this, life.name, life.adds.length)
    const id = textOf(call.payload)
    // A call that is made again is answered, and does nothing.
    const isRepeated = call.idempotencyKey !== null && life.adds.includes(id)
    if (call.action === 'add' && !isRepeated) await this.#add(life, id)
    return {
      response: new Packed('text', Buffer.from(String(life.adds.length))),
      actor: { system: SYSTEM, parent: DEFINITION, name: life.name },
      action: call.action,
      revision: life.adds.length,
      durability: 'turn',
      json: null,
    }
  }

  async #add(life: Life, id: string): Promise<void> {
    const lost = new SpawnError('LEASE_LOST', `the add of ${life.name} may have happened: the lease was lost`)
    const follows = life.adds.length
    await this.#store()
    const isDone = this.#truth.commit(life.name, follows, id)
    await this.#store()
    if (isDone) life.adds = [...life.adds, id]
    if (life.isDropped || !this.#holdsLease()) throw lost
    if (isDone) {
      this.#truth.acknowledge(life.name, life.adds.length)
      return
    }
    life.isDropped = true
    if (this.#lives.get(life.name) === life) this.#lives.delete(life.name)
    throw new SpawnError('STATE_CONFLICT', `another owner has written ${life.name}`)
  }

  async #leave(life: Life): Promise<void> {
    await life.last
    if (this.#lives.get(life.name) === life) this.#lives.delete(life.name)
  }

  /** The way to the store, or back. */
  #store(): Promise<void> {
    return this.#sleep(this.#storeMs)
  }

  #sleep(ms: number): Promise<void> {
    return new Promise((resolve) => void this.#machine.clock.after(ms, resolve))
  }
}

function numbersBetween(first: number, last: number): number[] {
  return Array.from({ length: last - first - 1 }, (_, at) => first + 1 + at)
}

function notOwner(name: string): SpawnError {
  return new SpawnError('NOT_OWNER', `${name} is not here`)
}

function textOf(packed: Packed | null): string {
  return packed === null ? '' : Buffer.from(packed.value).toString()
}
