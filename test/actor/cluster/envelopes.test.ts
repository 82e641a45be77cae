// What turns set in motion, when it is for actors of other members: delivered there, once, in order, over moves and losses.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { SpawnError } from '../../../src/base/index.ts'
import type { Definition, Effect, Route, Workflow } from '../../../src/ports/index.ts'
import { codeOf, counter, type CounterOptions, setTotal, totalOf } from '../fixture.ts'
import { town, type Town } from './fixture.ts'

const NOTHING: Workflow = { effects: [], broadcasts: [], route: null, timers: null }

const sending = (...effects: readonly Effect[]): { workflow: Workflow } => ({
  workflow: { ...NOTHING, effects },
})

interface Journal {
  readonly heard: string[]
  readonly definitions: readonly Definition[]
}

/** `sender`s send what they are called with to the `receiver` r, which notes it. */
function journal(more: CounterOptions = {}): Journal {
  const heard: string[] = []
  const sender = counter('sender', {
    handlers: {
      send: (turn) => ({
        ...setTotal(totalOf(turn) + 1),
        ...sending({ to: 'r', ref: 'receiver', action: 'note', payload: turn.payload }),
      }),
    },
  })
  const receiver = counter('receiver', {
    ...more,
    handlers: {
      note: (turn) => {
        heard.push(String(turn.payload))
        return setTotal(totalOf(turn) + 1)
      },
      ...more.handlers,
    },
  })
  return { heard, definitions: [sender, receiver] }
}

/** The sender s lives on the first member, the receiver on the second. */
async function apart({ definitions }: Journal): Promise<Town> {
  return town({
    definitions: [definitions, definitions, definitions],
    placed: (script, [first, second]) => {
      if (first !== undefined) script.place('sender', 's', first)
      if (second !== undefined) script.place('receiver', 'r', second)
    },
  })
}

async function standing({ store }: Town): Promise<number> {
  return (await store.due('test', Number.MAX_SAFE_INTEGER, 100)).envelopes.length
}

test('an effect is delivered by the member where its receiver lives, at once and once', async () => {
  const { definitions, heard } = journal()
  const all = await apart({ definitions, heard })
  const { clock, first, second } = all
  await first.call('s', 'sender', 'send', { payload: 'one' })
  await clock.advance(20)
  assert.deepEqual(heard, ['one'])
  assert.equal(await second.call('r', 'receiver', 'read'), 1)
  await clock.advance(120_000)
  assert.deepEqual(heard, ['one'])
  assert.equal(await standing(all), 0)
})

test('what is lost on its way is found in the store', async () => {
  const { definitions, heard } = journal()
  const { clock, first, second } = await apart({ definitions, heard })
  second.cluster.isCutOff = true
  await first.call('s', 'sender', 'send', { payload: 'one' })
  await clock.advance(20)
  assert.deepEqual(heard, [])
  second.cluster.isCutOff = false
  second.cluster.tenant.poked()
  await clock.advance(20)
  assert.deepEqual(heard, ['one'])
})

test('effects of one sender to one receiver come in order and once while both move', async () => {
  const { definitions, heard } = journal()
  const all = await apart({ definitions, heard })
  const { clock, first, members, script } = all
  const sent = Array.from({ length: 120 }, (_, at) => String(at))
  const sends = (async () => {
    for (const payload of sent) {
      await first.runtime.invoke('s', { ref: 'sender', action: 'send', payload })
      await clock.sleep(1)
    }
  })()
  const moves = (async () => {
    for (let round = 0; round < 20; round += 1) {
      await clock.sleep(11)
      const to = members[(round * 2 + 1) % 3]
      if (to === undefined) return
      const actor = round % 3 === 0 ? (['sender', 's'] as const) : (['receiver', 'r'] as const)
      await script.move(to.cluster, actor)
    }
  })()
  await clock.run(Promise.all([sends, moves]))
  await clock.advance(70_000)
  const first_ = heard.filter((payload, at) => heard.indexOf(payload) === at)
  assert.deepEqual(first_, sent)
  const total = await first.call('r', 'receiver', 'read')
  assert.equal(total, sent.length)
  assert.equal(await standing(all), 0)
})

test('a queued message of an expelled member is not run there, and is delivered by who has its actor then', async () => {
  const gate = Promise.withResolvers<undefined>()
  const { definitions, heard } = journal({ handlers: { slow: () => gate.promise } })
  const all = await apart({ definitions, heard })
  const { clock, first, script, second } = all
  const slow = codeOf(second.runtime.invoke('r', { ref: 'receiver', action: 'slow' }))
  await first.call('s', 'sender', 'send', { payload: 'one' })
  await clock.advance(20)
  second.cluster.lapse()
  script.place('receiver', 'r', first.cluster)
  second.cluster.tenant.expelled()
  gate.resolve(undefined)
  assert.equal(await clock.run(slow), 'LEASE_LOST')
  await clock.advance(20)
  assert.deepEqual(heard, [])
  first.cluster.tenant.placed()
  await clock.advance(200)
  assert.deepEqual(heard, ['one'])
  assert.equal(await first.call('r', 'receiver', 'read'), 1)
  assert.equal(await standing(all), 0)
})

test('effects of a commit that was accepted after the lease was lost are delivered all the same', async () => {
  const { definitions, heard } = journal()
  const { clock, first, second, store } = await apart({ definitions, heard })
  await first.call('s', 'sender', 'read')
  store.hold()
  const unsure = codeOf(first.runtime.invoke('s', { ref: 'sender', action: 'send', payload: 'one' }))
  await clock.advance(10)
  first.cluster.lapse()
  store.release()
  assert.equal(await clock.run(unsure), 'LEASE_LOST')
  await clock.advance(300)
  assert.deepEqual(heard, ['one'])
  assert.equal(await second.call('r', 'receiver', 'read'), 1)
})

test('a delivery that fails is tried again, and dies, where its receiver lives', async () => {
  let failures = 0
  const { definitions } = journal({
    handlers: {
      note: () => {
        failures += 1
        throw new SpawnError('ACTION_FAILED', 'no')
      },
    },
  })
  const { clock, first, second } = await apart({ definitions, heard: [] })
  await first.call('s', 'sender', 'send', { payload: 'one' })
  await clock.advance(600_000)
  assert.equal(failures, 10)
  const dead = await clock.run(second.runtime.deadLetters.list())
  assert.equal(dead.items.length, 1)
  const [letter] = dead.items
  // Retried on another member, it is delivered where its receiver lives.
  assert.equal(await clock.run(first.runtime.deadLetters.retry(letter?.id ?? '')), true)
  await clock.advance(10)
  assert.ok(failures > 10)
})

const passing = (route: Partial<Route> & Pick<Route, 'to'>): { workflow: Workflow } => ({
  workflow: { ...NOTHING, route: { kind: 'pipe', action: 'take', ...route } },
})

/** A pipe from `first` over `second` to `third`, each on a member of its own; `third` may fail. */
async function pipe(take: NonNullable<CounterOptions['handlers']>[string]): Promise<Town> {
  const station = (name: string, to: string): Definition =>
    counter(name, {
      kind: 'named',
      handlers: {
        go: (turn) => ({
          ...setTotal(totalOf(turn) + 1),
          response: `${name} saw ${String(turn.payload)}`,
          ...passing({ to, action: to === 'third' ? 'take' : 'go' }),
        }),
        take,
      },
    })
  const definitions = [station('first', 'second'), station('second', 'third'), station('third', 'third')]
  return town({
    definitions: [definitions, definitions, definitions],
    placed: (script, clusters) => {
      for (const [at, name] of ['first', 'second', 'third'].entries()) {
        const cluster = clusters[at]
        if (cluster !== undefined) script.place(name, name, cluster)
      }
    },
  })
}

test('a call that is passed on over members is answered by the last of them', async () => {
  const all = await pipe((turn) => ({ response: `took ${String(turn.payload)}` }))
  const { first, members } = all
  assert.equal(await first.call('first', '', 'go', { payload: 1 }), 'took second saw first saw 1')
  assert.equal(await members[2]?.call('first', '', 'go', { payload: 2 }), 'took second saw first saw 2')
  assert.equal(await standing(all), 0)
})

test('an error on the way says at which hop, and leaves no envelope', async () => {
  const all = await pipe(() => {
    throw new TypeError('no')
  })
  const { clock, first } = all
  await assert.rejects(first.call('first', '', 'go'), {
    code: 'DEFECT',
    message: /^hop 3 of first\.go → second\.go → third\.take: /,
  })
  await clock.advance(1_000)
  assert.equal(await standing(all), 0)
})

test('a call that was passed on to an actor which moves is answered', async () => {
  const gate = Promise.withResolvers<undefined>()
  const all = await pipe((turn) => gate.promise.then(() => ({ response: `took ${String(turn.payload)}` })))
  const { clock, first, script, second } = all
  const asked = first.runtime.invoke('first', { action: 'go', payload: 1 })
  await clock.advance(20)
  const moved = script.move(second.cluster, ['third', 'third'])
  await clock.advance(20)
  gate.resolve(undefined)
  assert.equal(await clock.run(asked), 'took second saw first saw 1')
  await clock.run(moved)
})

test('a call for later runs once, on the member where its actor lives then', async () => {
  const { definitions, heard } = journal()
  const all = await apart({ definitions, heard })
  const { clock, first, members, script } = all
  const later = { ref: 'receiver', action: 'note', delayMs: 30_000 }
  await clock.run(first.runtime.invoke('r', { ...later, payload: 'kept' }))
  const cancelled = await clock.run(first.runtime.invoke('r', { ...later, payload: 'cancelled' }))
  assert.equal(await clock.run(first.runtime.schedules.cancel(String(cancelled))), true)
  await clock.advance(10_000)
  const third = members[2]
  if (third !== undefined) await clock.run(script.move(third.cluster, ['receiver', 'r']))
  await clock.advance(60_000)
  assert.deepEqual(heard, ['kept'])
  assert.equal(third?.runtime.residentActors, 1)
  assert.equal(await standing(all), 0)
})

test('a message to an instance that is named without its definition finds it', async () => {
  const { definitions, heard } = journal()
  const caller = counter('caller', {
    handlers: { send: () => ({ ...sending({ to: 'r', action: 'note', payload: 'bare' }) }) },
  })
  const all = await apart({ definitions: [...definitions, caller], heard })
  const { clock, first } = all
  await first.call('r', 'receiver', 'add')
  await first.call('c', 'caller', 'send')
  await clock.advance(1_000)
  assert.deepEqual(heard, ['bare'])
  assert.equal(await standing(all), 0)
})

test('what is let go of while its failure is dealt with is delivered again, and goes on to come again', async (context) => {
  const { definitions, heard } = journal()
  const { clock, second, store } = await apart({ definitions, heard })
  await second.call('r', 'receiver', 'note', { payload: 'beat', cron: '* * * * * *' })
  await clock.advance(2_500)
  assert.equal(heard.length, 2)
  store.hold()
  store.failCommit = 'before'
  await clock.advance(1_000)
  // The turn is lost; that it is to be delivered again is on its way to the store when the lease is lost.
  store.release()
  store.hold()
  await clock.advance(50)
  // What has come due is not found in the store before that is done.
  const { due } = store
  const found = context.mock.method(store, 'due', (...[system, untilMs, ...more]: Parameters<typeof due>) =>
    untilMs > 0
      ? Promise.reject(new SpawnError('STORE_UNAVAILABLE', 'told to fail'))
      : due.call(store, system, untilMs, ...more),
  )
  second.cluster.lapse()
  second.cluster.tenant.expelled()
  second.cluster.holdsLease = true
  second.cluster.tenant.placed()
  await clock.advance(50)
  store.release()
  await clock.advance(50)
  found.mock.restore()
  heard.length = 0
  await clock.advance(10_000)
  assert.ok(heard.length >= 9, `heard ${heard.length} times in ten seconds`)
})
