// A cluster of a few engines in one process, whose placement is what a test says. It keeps what ports/cluster.ts promises:
// one holder of an actor at a time, calls that run at most once, envelopes in order. All between members is copied, as on a
// wire, and takes a virtual millisecond; what a test cuts off does not arrive.

import assert from 'node:assert/strict'

import { letterFrom } from '../../../src/actor/index.ts'
import { hashOf, SpawnError } from '../../../src/base/index.ts'
import type {
  Cluster,
  HandedEnvelope,
  HostedDefinition,
  RemoteAnnouncement,
  RemoteAnswer,
  RemoteCall,
  Tenant,
} from '../../../src/ports/index.ts'
import { Packed } from '../../../src/protocol/index.ts'
import type { VirtualClock } from '../../../src/testing/index.ts'

const LATENCY_MS = 1

type Part = Omit<Tenant, 'system'>

export class Script {
  readonly clock: VirtualClock
  readonly members: ScriptedCluster[] = []
  epoch = 1
  /** Who is to have an actor, by `definition/name`; all others go by their names. */
  readonly homes = new Map<string, ScriptedCluster>()
  /** Who has it, until that member has released it. */
  readonly holders = new Map<string, ScriptedCluster>()
  /** All that went from member to member, in order. */
  readonly sent: { readonly from: string; readonly to: string; readonly what: string }[] = []

  constructor(clock: VirtualClock) {
    this.clock = clock
  }

  ownerOf(definition: string, name: string): ScriptedCluster {
    const home = this.homes.get(`${definition}/${name}`)
    if (home !== undefined) return home
    const hosts = this.members.filter((member) => member.hosted.has(definition))
    const able = hosts.length === 0 ? this.members : hosts
    const owner = able[hashOf(name) % able.length]
    assert.ok(owner !== undefined)
    return owner
  }

  /** Puts an actor on a member, before anybody has it. */
  place(definition: string, name: string, member: ScriptedCluster): void {
    this.homes.set(`${definition}/${name}`, member)
  }

  /** Changes where actors are to live, and lets go of those that move. Resolves when they are released. */
  async move(
    to: ScriptedCluster,
    ...actors: readonly (readonly [definition: string, name: string])[]
  ): Promise<void> {
    this.epoch += 1
    for (const [definition, name] of actors) this.homes.set(`${definition}/${name}`, to)
    for (const member of this.members) member.tenant.placed()
    await Promise.all(
      this.members.map(async (member) => {
        await member.tenant.releaseAll()
        this.forget(member)
      }),
    )
  }

  /** A member has released all that is not its own. */
  private forget(member: ScriptedCluster): void {
    for (const [actor, holder] of this.holders) {
      const [definition = '', name = ''] = actor.split('/')
      if (holder === member && this.ownerOf(definition, name) !== member) this.holders.delete(actor)
    }
    this.wake()
  }

  /** Those who wait for an actor look again. */
  wake(): void {
    for (const member of this.members) member.look()
  }
}

interface Waiting {
  readonly definition: string
  readonly name: string
  readonly resolve: () => void
  readonly reject: (error: SpawnError) => void
}

export class ScriptedCluster implements Cluster {
  readonly self: string
  readonly hosted = new Map<string, HostedDefinition>()
  holdsLease = true
  /** What is sent to it or by it is lost. */
  isCutOff = false
  /** Calls that it has brought somewhere, by their targets. */
  readonly calls: string[] = []
  private readonly script: Script
  private attached: Part | null = null
  private waiting: Waiting[] = []

  constructor(script: Script, self: string) {
    this.script = script
    this.self = self
    script.members.push(this)
  }

  attach(tenant: Part): void {
    this.attached = tenant
  }

  get tenant(): Part {
    assert.ok(this.attached !== null)
    return this.attached
  }

  get epoch(): number {
    return this.script.epoch
  }

  isHere(definition: string, name: string): boolean {
    if (!this.holdsLease) return false
    if (this.hosted.get(definition)?.placement.by === 'local') return true
    if (!this.isMine(definition, name)) return false
    const actor = `${definition}/${name}`
    const holder = this.script.holders.get(actor)
    if (holder !== undefined && holder !== this) return false
    this.script.holders.set(actor, this)
    return true
  }

  isMine(definition: string, name: string): boolean {
    return this.script.ownerOf(definition, name) === this
  }

  caresFor(definition: string, name: string): boolean {
    return this.isMine(definition, name)
  }

  whenHere(definition: string, name: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ definition, name, resolve, reject })
      this.look()
    })
  }

  look(): void {
    const { waiting } = this
    this.waiting = []
    for (const one of waiting) {
      const { definition, name, reject, resolve } = one
      if (this.isHere(definition, name)) resolve()
      else if (this.isMine(definition, name)) this.waiting.push(one)
      else reject(new SpawnError('NOT_OWNER', `"${name}" is not to live here`))
    }
  }

  definition(name: string): HostedDefinition | null {
    return (
      this.script.members.map(({ hosted }) => hosted.get(name)).find((found) => found !== undefined) ?? null
    )
  }

  listeners(channel: string): readonly HostedDefinition[] {
    const found = new Map<string, HostedDefinition>()
    for (const member of this.others()) {
      for (const hosted of member.hosted.values()) {
        if (hosted.channels.some(([name]) => name === channel)) found.set(hosted.name, hosted)
      }
    }
    return [...found.values()]
  }

  hosts(definition: string): readonly string[] {
    return this.others().flatMap(({ hosted, self }) => (hosted.has(definition) ? [self] : []))
  }

  isReachedElsewhere(definition: string): boolean {
    return this.others().some(
      ({ hosted }) => hosted.get(definition)?.outOfReach === undefined && hosted.has(definition),
    )
  }

  has(member: string): boolean {
    return this.script.members.some(({ self }) => self === member)
  }

  async call(call: RemoteCall, signal: AbortSignal | undefined): Promise<RemoteAnswer> {
    const { clock } = this.script
    const untilMs = clock.now() + call.timeoutMs
    this.calls.push(`${call.operation} ${call.definition}/${call.name} ${call.action}`.trim())
    const own = new AbortController()
    signal?.addEventListener('abort', () => own.abort(signal.reason), { once: true })
    const back = await this.back(call, own.signal)
    if (back !== null) return back
    while (clock.now() < untilMs) {
      const owner = this.script.ownerOf(call.definition, call.name)
      const timeoutMs = untilMs - clock.now()
      try {
        return await this.ask(owner, { ...call, timeoutMs }, own.signal)
      } catch (thrown) {
        if (!(thrown instanceof SpawnError) || thrown.code !== 'NOT_OWNER') throw thrown
      }
      await clock.sleep(LATENCY_MS)
    }
    throw new SpawnError('DEADLINE_EXCEEDED', `nobody took the call of "${call.name}" in time`)
  }

  hand(envelopes: readonly HandedEnvelope[]): void {
    for (const member of this.script.members) {
      const its = envelopes.filter((handed) => recipientOf(this.script, handed) === member)
      if (its.length > 0)
        this.post(member, `hand ${its.length}`, () => member.tenant.handed(this.self, its.map(copyOf)))
    }
  }

  tell(to: string, envelope: string, end: RemoteAnswer | SpawnError): void {
    const member = this.script.members.find(({ self }) => self === to)
    assert.ok(member !== undefined)
    const told = end instanceof SpawnError ? errorOf(end) : { ...end, response: packedOf(end.response) }
    this.post(member, `tell ${envelope}`, () => member.tenant.told(envelope, told))
  }

  poke(to: readonly { readonly definition: string; readonly name: string }[]): void {
    const owners = new Set(to.map(({ definition, name }) => this.script.ownerOf(definition, name)))
    for (const member of owners) this.post(member, 'poke', () => member.tenant.poked())
  }

  announce(announcement: RemoteAnnouncement): void {
    for (const member of this.others())
      this.post(member, 'announce', () => member.tenant.announced(announcement))
  }

  hosting(definitions: readonly HostedDefinition[]): Promise<void> {
    this.hosted.clear()
    for (const definition of definitions) this.hosted.set(definition.name, definition)
    return Promise.resolve()
  }

  /** Loses the lease, as the engine sees it at its next look; others may have all that it held. */
  lapse(): void {
    this.holdsLease = false
    for (const [actor, holder] of this.script.holders) if (holder === this) this.script.holders.delete(actor)
  }

  private others(): ScriptedCluster[] {
    return this.script.members.filter((member) => member !== this)
  }

  /** A call that comes back to a turn which waits for it goes there first; null: it does not come back, or is not let in. */
  private async back(call: RemoteCall, signal: AbortSignal): Promise<RemoteAnswer | null> {
    const { definition, name } = call
    const link = call.chain.find(
      ({ actor, aside }) => !aside && actor.parent === definition && actor.name === name,
    )
    const member = this.script.members.find(({ self }) => self === link?.member)
    if (member === undefined || member === this.script.ownerOf(definition, name)) return null
    await this.travel(member, 'back')
    try {
      const answer = await member.tenant.receive(sentOf(call), signal)
      return { ...answer, response: packedOf(answer.response) }
    } catch (thrown) {
      if (thrown instanceof SpawnError && thrown.code === 'NOT_OWNER') return null
      throw thrown instanceof SpawnError ? errorOf(thrown) : thrown
    } finally {
      await this.travel(this, 'answer')
    }
  }

  /** One request to a member, and its answer. */
  private async ask(owner: ScriptedCluster, call: RemoteCall, signal: AbortSignal): Promise<RemoteAnswer> {
    await this.travel(owner, call.operation)
    try {
      await new Promise<void>((resolve, reject) => {
        owner.whenHere(call.definition, call.name).then(resolve, reject)
        this.script.clock.after(call.timeoutMs, () => reject(new SpawnError('DEADLINE_EXCEEDED', 'too late')))
      })
      const answer = await owner.tenant.receive(sentOf(call), signal)
      return { ...answer, response: packedOf(answer.response) }
    } catch (thrown) {
      throw thrown instanceof SpawnError ? errorOf(thrown) : thrown
    } finally {
      await this.travel(this, 'answer')
    }
  }

  private async travel(to: ScriptedCluster, what: string): Promise<void> {
    this.script.sent.push({ from: this.self, to: to.self, what })
    await this.script.clock.sleep(LATENCY_MS)
  }

  private post(to: ScriptedCluster, what: string, arrive: () => void): void {
    this.script.sent.push({ from: this.self, to: to.self, what })
    if (this.isCutOff || to.isCutOff) return
    this.script.clock.after(LATENCY_MS, arrive)
  }
}

function recipientOf(script: Script, { envelope, member }: HandedEnvelope): ScriptedCluster | undefined {
  if (member !== null) return script.members.find(({ self }) => self === member)
  const [parent, name] = letterFrom(envelope.id, envelope.header).to
  return script.ownerOf(parent === '' ? name : parent, name)
}

function packedOf(packed: Packed | null): Packed | null {
  return packed === null ? null : new Packed(packed.typeUrl, packed.value.slice())
}

function errorOf({ code, details, message, retryable }: SpawnError): SpawnError {
  return new SpawnError(code, message, { details: structuredClone(details), retryable })
}

function sentOf(call: RemoteCall): RemoteCall {
  const { payload, ...rest } = call
  return { ...structuredClone(rest), payload: packedOf(payload) }
}

function copyOf(handed: HandedEnvelope): HandedEnvelope {
  const { envelope } = handed
  return {
    ...structuredClone({ ...handed, envelope: null }),
    envelope: { ...envelope, payload: packedOf(envelope.payload) },
  }
}
