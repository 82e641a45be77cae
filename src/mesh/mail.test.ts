import assert from 'node:assert/strict'
import { test } from 'node:test'
import { seededRandom } from '../base/index.ts'
import { MemoryNetwork, MemoryRegister, SharedEntries } from '../cluster/memory/index.ts'
import { type HandedEnvelope, silentLogger, type Tenant } from '../ports/index.ts'
import { FaultyWire, VirtualClock } from '../testing/index.ts'
import { Mesh } from './mesh.ts'

const SYSTEM = 's'

/** A member of which all that its engine is told of envelopes is kept. */
class One {
  readonly mesh: Mesh
  readonly wire: FaultyWire
  readonly told: string[] = []

  constructor(id: string, clock: VirtualClock, shared: SharedEntries, network: MemoryNetwork) {
    const random = seededRandom(id.codePointAt(0) ?? 0)
    this.wire = new FaultyWire(network.wire(), { clock, random })
    this.mesh = new Mesh({
      register: new MemoryRegister(shared),
      wire: this.wire,
      clock,
      random,
      logger: silentLogger,
      id,
      node: id,
      version: '1',
    })
    this.mesh.of(SYSTEM).attach(this.#tenant())
  }

  get isCut(): boolean {
    return this.wire.faults.isCut('', '')
  }

  set isCut(isCut: boolean) {
    this.wire.faults = { ...this.wire.faults, isCut: () => isCut }
  }

  /** Gives an envelope for another member to the cluster. */
  hand(name: string, member: string): void {
    const header = JSON.stringify(['effect', null, ['list', name], 'take', 0])
    const envelope = { id: name, box: 'delivery', dueAtMs: 0, header, payload: null } as const
    const handed: HandedEnvelope = { envelope, asksForMs: null, chain: [], member }
    this.mesh.of(SYSTEM).hand([handed])
  }

  #tenant(): Tenant {
    return {
      system: SYSTEM,
      released: 0,
      receive: () => Promise.reject(new Error('nobody calls')),
      handed: (_member, envelopes) => void this.told.push(...envelopes.map(({ envelope }) => envelope.id)),
      told: () => {},
      poked: () => void this.told.push('look'),
      announced: () => {},
      release: () => Promise.resolve(),
      releaseAll: () => Promise.resolve(),
      passOn: () => Promise.resolve(),
      placed: () => {},
      expelled: () => {},
    }
  }
}

async function pair(): Promise<{ clock: VirtualClock; a: One; b: One }> {
  const clock = new VirtualClock()
  const shared = new SharedEntries()
  const network = new MemoryNetwork({ clock })
  const [a, b] = [new One('a', clock, shared, network), new One('b', clock, shared, network)]
  for (const { mesh } of [a, b]) await clock.run(mesh.start())
  await clock.run(a.mesh.of(SYSTEM).hosting([]))
  await clock.advance(1_000)
  b.told.length = 0
  return { clock, a, b }
}

test('envelopes come in their order, and nobody is told to look', async () => {
  const { a, b, clock } = await pair()
  for (const name of ['one', 'two', 'three']) a.hand(name, 'b')
  await clock.advance(100)
  a.hand('four', 'b')
  await clock.advance(100)
  assert.deepEqual(b.told, ['one', 'two', 'three', 'four'])
})

test('after envelopes that may not have come, the next say first that the store has to be looked into', async () => {
  const { a, b, clock } = await pair()
  a.isCut = true
  a.hand('one', 'b')
  await clock.advance(5_000)
  a.hand('two', 'b')
  // By then it is given up that the first has come.
  await clock.advance(8_000)
  a.isCut = false
  await clock.runUntil(() => b.told.includes('two'))
  assert.deepEqual(b.told, ['look', 'two'])
  a.hand('three', 'b')
  await clock.advance(100)
  assert.deepEqual(b.told, ['look', 'two', 'three'], 'once')
})

test('when the last of what was sent may not have come, that is said without anything more to send', async () => {
  const { a, b, clock } = await pair()
  a.isCut = true
  a.hand('one', 'b')
  await clock.advance(13_000)
  a.isCut = false
  await clock.advance(13_000)
  assert.deepEqual(b.told, ['look'])
})
