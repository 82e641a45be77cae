// Definitions whose code one member cannot reach, and another one can: a call that has not run goes there with its actor. Those
// that nobody hosts for a while. And what is for other systems, in a cluster: one member delivers it.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { SpawnError } from '../../../src/base/index.ts'
import type { Definition, Host, OtherSystems } from '../../../src/ports/index.ts'
import { codeOf, counter } from '../fixture.ts'
import { town, type Town } from './fixture.ts'

/** A host in another process, which comes and goes. */
class Faraway implements Host {
  isOutOfReach = false
  /** What befalls the next turn instead. */
  failure: SpawnError | null = null
  ran = 0
  private readonly inner: Host

  constructor(inner: Host) {
    this.inner = inner
  }

  async run(turn: Parameters<Host['run']>[0]): Promise<Awaited<ReturnType<Host['run']>>> {
    const { failure } = this
    this.failure = null
    if (failure !== null) {
      this.isOutOfReach = true
      throw failure
    }
    this.ran += 1
    return this.inner.run(turn)
  }
}

interface Apart extends Town {
  readonly hosts: readonly [Faraway, Faraway]
}

function faraway(): { readonly definition: Definition; readonly host: Faraway } {
  const definition = counter('counter')
  const host = new Faraway(definition.host)
  return { definition: { ...definition, host }, host }
}

/** `a` lives on the first member. */
async function apart(): Promise<Apart> {
  const [here, there] = [faraway(), faraway()]
  const at = await town({
    definitions: [[here.definition], [there.definition]],
    placed: (script, [first]) => {
      if (first !== undefined) script.place('counter', 'a', first)
    },
  })
  return { ...at, hosts: [here.host, there.host] }
}

const unsent = (): SpawnError =>
  new SpawnError('HOST_UNREACHABLE', 'no host is reachable; the action did not run')

test('a turn that found nobody to run it goes with its actor to where its code is, from any door', async () => {
  for (const door of ['first', 'second'] as const) {
    const at = await apart()
    const { clock, hosts, script, second } = at
    assert.equal(await at[door].call('a', 'counter', 'add'), 1, door)
    hosts[0].failure = unsent()
    const calls = [1, 2, 3].map(() => at[door].runtime.invoke('a', { ref: 'counter', action: 'add' }))
    await clock.advance(1_000)
    assert.equal(hosts[1].ran, 0, door)
    await clock.run(script.move(second.cluster, ['counter', 'a']))
    assert.deepEqual(
      (await clock.run(Promise.all(calls))).toSorted((one, other) => Number(one) - Number(other)),
      [2, 3, 4],
      door,
    )
    assert.deepEqual([hosts[0].ran, hosts[1].ran], [1, 3], door)
  }
})

test('one that may have run, or that nobody else can run, is told', async () => {
  const { first, hosts } = await apart()
  await first.call('a', 'counter', 'add')
  hosts[0].failure = new SpawnError('HOST_UNREACHABLE', 'it may have run', { retryable: false })
  assert.equal(await codeOf(first.call('a', 'counter', 'add')), 'HOST_UNREACHABLE')
  // The first member is the only one.
  const { definition, host } = faraway()
  const alone = await town({ definitions: [[definition], []] })
  await alone.first.call('a', 'counter', 'add')
  host.failure = unsent()
  assert.equal(await codeOf(alone.second.call('a', 'counter', 'add')), 'HOST_UNREACHABLE')
  assert.equal(await alone.first.call('a', 'counter', 'add'), 2)
})

test('what is for another system is delivered by one member, though an actor of this one has its name', async () => {
  const came: string[] = []
  const systems: OtherSystems = {
    call: async (system, name, { deliveryKey }) => {
      came.push(`${system}:${name}:${deliveryKey}`)
      return undefined
    },
  }
  const sender = counter('sender', {
    handlers: {
      send: () => ({
        workflow: {
          effects: ['x', 'y', 'z'].map((to) => ({ to, ref: 'counter', system: 'other', action: 'add' })),
          broadcasts: [],
          route: null,
          timers: null,
        },
      }),
    },
  })
  const definitions = [sender, counter('counter')]
  const at = await town({ definitions: [definitions, definitions], systems })
  // Ours of that name is to move, and is not let go of.
  at.script.holders.set('counter/x', at.first.cluster)
  at.script.place('counter', 'x', at.second.cluster)
  const names = Array.from({ length: 8 }, (_, number) => `s${number}`)
  for (const name of names) await at.first.call(name, 'sender', 'send')
  await at.clock.advance(5_000)
  assert.equal(came.length, 24)
  assert.equal(new Set(came).size, 24)
  assert.deepEqual((await at.store.due('test', Number.MAX_SAFE_INTEGER, 100)).envelopes, [])
  for (const { runtime } of at.members) {
    assert.deepEqual((await at.clock.run(runtime.deadLetters.list())).items, [])
    assert.deepEqual((await at.clock.run(runtime.list({ parent: 'counter' }))).actors, [])
  }
})

test('what nobody hosts for a while waits for the member that comes back', async () => {
  const sender = counter('sender', {
    handlers: {
      send: () => ({
        workflow: {
          effects: [{ to: 'x', ref: 'counter', action: 'add' }],
          broadcasts: [],
          route: null,
          timers: null,
        },
      }),
    },
  })
  const { clock, first, script, second } = await town({ definitions: [[sender], [counter('counter')]] })
  script.place('sender', 's', first.cluster)
  const [gone] = script.members.splice(1, 1)
  assert.ok(gone)
  first.cluster.tenant.placed()
  await first.call('s', 'sender', 'send')
  await clock.advance(60_000)
  assert.deepEqual((await clock.run(first.runtime.deadLetters.list())).items, [])
  script.members.push(gone)
  await clock.run(script.move(second.cluster, ['counter', 'x']))
  await clock.advance(10_000)
  assert.equal(await second.call('x', 'counter', 'read'), 1)
})
