// An actor's past through the gateway: what is shown of it, over passivation, restarts and other definitions.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bench, codeOf, counter, type CounterOptions } from './fixture.ts'
import { grow, HISTORY, id, kept, of } from './past-fixture.ts'

test('a history is shown newest first, page by page, with what is kept', async () => {
  const at = await kept()
  const { clock, runtime } = at
  const startMs = clock.now()
  await grow(at, 5)
  const { id: of, next, policy, revisions } = await clock.run(runtime.past.history('a', 'counter'))
  assert.deepEqual([of, policy, next], [id('a'), HISTORY, null])
  assert.deepEqual(
    revisions.map(({ committedAtMs, revision }) => [revision, committedAtMs - startMs]),
    [5, 4, 3, 2, 1].map((revision) => [revision, revision * 1_000]),
  )
  const first = await clock.run(runtime.past.history('a', 'counter', { limit: 2 }))
  assert.deepEqual(
    first.revisions.map(({ revision }) => revision),
    [5, 4],
  )
  const after = first.next ?? assert.fail('there is another page')
  const rest = await clock.run(runtime.past.history('a', 'counter', { limit: 3, after }))
  assert.deepEqual([rest.revisions.map(({ revision }) => revision), rest.next], [[3, 2, 1], null])
  assert.deepEqual(
    (await clock.run(runtime.past.history('a'))).revisions.length,
    5,
    'found without its definition',
  )
  for (const bad of ['', '0', '-1', 'x', '1e3']) {
    assert.equal(
      await codeOf(clock.run(runtime.past.history('a', 'counter', { after: bad }))),
      'INVALID_ARGUMENT',
    )
  }
})

test('a revision of the past is shown by number and by time', async () => {
  const at = await kept()
  const { clock, runtime } = at
  const startMs = clock.now()
  await grow(at, 3)
  const { past } = runtime
  const second = await clock.run(past.inspect('a', { revision: 2 }, 'counter'))
  assert.deepEqual(second, {
    id: id('a'),
    kind: 'unnamed',
    revision: 2,
    tags: {},
    state: { total: 2 },
    stateJson: { total: 2 },
    committedAtMs: startMs + 2_000,
  })
  const byTime = async (ms: number): Promise<number> =>
    (await clock.run(past.inspect('a', { atMs: startMs + ms }, 'counter'))).revision
  assert.deepEqual(
    [await byTime(2_000), await byTime(2_999), await byTime(3_000), await byTime(1e9)],
    [2, 2, 3, 3],
  )
  await assert.rejects(
    clock.run(past.inspect('a', { atMs: startMs }, 'counter')),
    /"counter\/a" has nothing that stood at 20.*Z: .*; its history keeps the last 10 before the one that stands/,
  )
  await assert.rejects(clock.run(past.inspect('a', { revision: 9 }, 'counter')), /has no revision 9: /)
  for (const query of [{ revision: 0 }, { revision: 1.5 }, { atMs: Number.NaN }, { atMs: 9e15 }]) {
    assert.equal(
      await codeOf(clock.run(past.inspect('a', query, 'counter'))),
      'INVALID_ARGUMENT',
      JSON.stringify(query),
    )
  }
})

test('what changed between two revisions is told by field', async () => {
  const handlers: CounterOptions['handlers'] = {
    tag: (turn) => ({ tags: { ...turn.tags, city: String(turn.payload) } }),
  }
  const at = await kept({ handlers })
  const { call, clock, runtime } = at
  await grow(at, 3)
  await call('a', 'counter', 'tag', { payload: 'Oslo' })
  const { past } = runtime
  const last = await clock.run(past.diff('a', of))
  assert.deepEqual([last.from.revision, last.to.revision, last.state], [3, 4, []])
  assert.deepEqual(last.tags, [{ path: ['city'], kind: 'added', after: 'Oslo' }])
  const whole = await clock.run(past.diff('a', { ...of, from: { revision: 1 } }))
  assert.deepEqual([whole.from.revision, whole.to.revision], [1, 4])
  assert.deepEqual(whole.state, [{ path: ['total'], kind: 'changed', before: 1, after: 3 }])
  const back = await clock.run(past.diff('a', { ...of, from: { revision: 3 }, to: { revision: 2 } }))
  assert.deepEqual(back.state, [{ path: ['total'], kind: 'changed', before: 3, after: 2 }])
  const before = await clock.run(past.diff('a', { ...of, to: { revision: 2 } }))
  assert.deepEqual([before.from.revision, before.to.revision], [1, 2])
  const first = clock.run(past.diff('a', { ...of, to: { revision: 1 } }))
  await assert.rejects(
    first,
    /of "counter\/a" nothing before revision 1 is kept; its history keeps the last 10/,
  )
})

test('the past is there after passivation, after a restart, and goes on', async () => {
  const first = await kept({ idleTimeoutMs: 1_000 })
  await grow(first, 3)
  const { clock, runtime, store } = first
  await clock.advance(60_000)
  assert.equal(runtime.residentActors, 0)
  assert.equal((await clock.run(runtime.past.history('a', 'counter'))).revisions.length, 3)
  assert.equal(runtime.residentActors, 0, 'to look at the past brings nobody into memory')
  assert.equal((await clock.run(runtime.past.restore('a', { revision: 2 }, of))).revision, 4)
  await clock.run(runtime.stop())
  const second = await bench({ definitions: [counter('counter', { history: HISTORY })], store, clock })
  assert.equal((await clock.run(second.runtime.past.restore('a', { revision: 1 }, of))).revision, 5)
  await grow(second, 1)
  const { revisions } = await clock.run(second.runtime.past.history('a', 'counter'))
  assert.deepEqual(
    revisions.map(({ revision }) => revision),
    [6, 5, 4, 3, 2, 1],
  )
  assert.equal(await second.call('a', 'counter', 'read'), 2)
})

test('the definition of today says what is kept, and says so', async () => {
  const first = await kept()
  await grow(first, 4)
  const { clock, store } = first
  await clock.run(first.runtime.stop())
  const none = counter('counter')
  const second = await bench({ definitions: [none], store, clock })
  const { past } = second.runtime
  assert.equal((await clock.run(past.history('a', 'counter'))).revisions.length, 4, 'until the next commit')
  await grow(second, 1)
  const { policy, revisions } = await clock.run(past.history('a', 'counter'))
  assert.deepEqual([policy, revisions.length], [{ revisions: 0, durationMs: 0 }, 1])
  await assert.rejects(clock.run(past.restore('a', { revision: 4 }, of)), /its history keeps none/)
})

test('an actor that is not stored has no past, and is not made by looking or restoring', async () => {
  const at = await kept()
  const { clock, runtime, store } = at
  const { past } = runtime
  const all: readonly (() => Promise<unknown>)[] = [
    () => past.history('b', 'counter'),
    () => past.inspect('b', { revision: 1 }, 'counter'),
    () => past.diff('b', of),
    () => past.restore('b', { revision: 1 }, of),
    () => past.restore('b', { atMs: 0 }, of),
    () => runtime.spawn('b', { ...of, revision: 1 }),
    () => past.history('b'),
  ]
  for (const asked of all) assert.equal(await codeOf(clock.run(asked())), 'ACTOR_NOT_FOUND')
  assert.equal(store.groups.length, 0)
  await grow(at, 3)
  await clock.run(runtime.delete('a', 'counter'))
  assert.equal(
    await codeOf(clock.run(past.history('a', 'counter'))),
    'ACTOR_NOT_FOUND',
    'its past went with it',
  )
  assert.equal(await codeOf(clock.run(past.restore('a', { revision: 2 }, of))), 'ACTOR_NOT_FOUND')
})

test('what keeps nothing has no past', async () => {
  const pool = counter('pool', { kind: 'pooled', stateful: false, state: null, pool: { min: 1, max: 2 } })
  const { clock, runtime } = await bench({ definitions: [pool, counter('live', { stateful: false })] })
  await assert.rejects(clock.run(runtime.past.history('pool')), /"pool" is pooled: its workers keep nothing/)
  const live = runtime.past.restore('x', { revision: 1 }, { ref: 'live' })
  await assert.rejects(
    clock.run(live),
    /"live\/x" is not stateful: nothing of it is stored, so it has no past/,
  )
})
