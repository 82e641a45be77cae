// What a turn sets in motion: effects, broadcasts, pipes and forwards, on a virtual clock and a store that fails when told.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { type Commit, type Definition, type Effect, type Turn, type Workflow } from '../../src/ports/index.ts'
import { SpawnError } from '../../src/base/index.ts'
import { type Bench, bench, codeOf, counter, type CounterOptions, setTotal, totalOf } from './fixture.ts'

const NOTHING: Workflow = { effects: [], broadcasts: [], route: null, timers: null }

function sending(...effects: Effect[]): { workflow: Workflow } {
  return { workflow: { ...NOTHING, effects } }
}

/** An effect to a log, which keeps what it gets. */
function note(payload: unknown, more: Partial<Effect> = {}): Effect {
  return { to: 'log', action: 'note', payload, ...more }
}

/** A commit of the outside. */
function outside(load: Pick<Commit, 'sends'>): Commit {
  const none = { follows: 0, revision: 0, birth: 0, epoch: 1, tags: {}, state: null, committedAtMs: 0 }
  const id = { system: 'test', parent: '', name: '' }
  return { ...none, id, history: { revisions: 0, durationMs: 0 }, outcomes: [], takes: [], ...load }
}

interface Log {
  readonly notes: readonly unknown[]
}

/** Keeps the payloads of `note`, in order; `flaky` fails as often as its payload says, then notes. */
function log(more: CounterOptions = {}): Definition {
  let failures = 0
  return counter('log', {
    kind: 'named',
    ...more,
    state: { ...counter('x').state!, initial: () => ({ notes: [] }) },
    handlers: {
      note: (turn) => noted(turn, turn.payload),
      whole: ({ caller, metadata, payload, state }) =>
        noted({ state }, { caller: caller?.name ?? null, metadata, payload }),
      flaky: (turn) => {
        failures += 1
        if (failures <= Number(turn.payload)) throw new SpawnError('ACTION_FAILED', `failure ${failures}`)
        return noted(turn, `after ${failures}`)
      },
      never: () => {
        throw new SpawnError('ACTION_FAILED', 'always')
      },
      notes: (turn) => ({ response: (turn.state as Log).notes }),
      ...more.handlers,
    },
  })
}

function noted({ state }: Pick<Turn, 'state'>, what: unknown) {
  return { changed: true, state: { notes: [...(state as Log).notes, what] }, response: what }
}

async function notes({ call }: Bench): Promise<unknown> {
  return call('log', '', 'notes')
}

/** Lets everything happen that has no reason to wait. */
async function settle({ clock }: Bench, ms = 50): Promise<void> {
  await clock.advance(ms)
}

const sender = (handlers: CounterOptions['handlers'], more: CounterOptions = {}): Definition =>
  counter('sender', { ...more, ...(handlers === undefined ? {} : { handlers }) })

test('an effect is delivered once, after its turn, with the metadata of the turn and its sender as caller', async () => {
  const send = sender({
    send: (turn) => ({
      ...setTotal(totalOf(turn) + 1),
      ...sending(note('x', { action: 'whole', metadata: { own: '2' } })),
    }),
  })
  const at = await bench({ definitions: [send, log()] })
  assert.equal(await at.call('a', 'sender', 'send', { metadata: { trace: '1' } }), 1)
  await settle(at)
  assert.deepEqual(await notes(at), [{ caller: 'a', metadata: { trace: '1', own: '2' }, payload: 'x' }])
  assert.deepEqual((await at.store.due('test', Number.MAX_SAFE_INTEGER, 10)).envelopes, [])
})

test('nothing leaves before the commit of its turn, and nothing of a turn that is lost', async () => {
  const at = await bench({ definitions: [sender({ send: () => sending(note('x')) }), log()] })
  await at.call('a', 'sender', 'add')
  at.store.hold()
  at.store.failCommit = 'before'
  const lost = codeOf(at.runtime.invoke('a', { ref: 'sender', action: 'send' }))
  await settle(at)
  at.store.release()
  assert.equal(await at.clock.run(lost), 'STORE_UNAVAILABLE')
  await settle(at, 1_000)
  assert.deepEqual(await notes(at), [])
})

test('a commit that failed after it was written: the caller hears so, the effect is delivered once', async () => {
  const at = await bench({ definitions: [sender({ send: () => sending(note('x')) }), log()] })
  await settle(at)
  at.store.failCommit = 'after'
  assert.equal(await codeOf(at.call('a', 'sender', 'send')), 'STORE_UNAVAILABLE')
  await settle(at, 1_000)
  assert.deepEqual(await notes(at), ['x'])
})

test('a commit that is applied long after it failed is noticed', async () => {
  const at = await bench({ definitions: [sender({ send: () => sending(note('x')) }), log()] })
  await settle(at)
  at.store.failCommit = 'before'
  assert.equal(await codeOf(at.call('a', 'sender', 'send')), 'STORE_UNAVAILABLE')
  await settle(at, 1_000)
  const late = at.store.groups.find((group) => group.some(({ sends }) => sends.length > 0))
  assert.ok(late)
  await at.store.commit(late)
  await settle(at, 61_000)
  assert.deepEqual(await notes(at), ['x'])
})

test('a delivery whose commit failed after it was written is not repeated', async () => {
  const at = await bench({ definitions: [sender({ send: () => sending(note('x')) }), log()] })
  await at.call('a', 'sender', 'send')
  at.store.failCommit = 'after'
  await settle(at, 5_000)
  assert.deepEqual(await notes(at), ['x'])
})

test('what was sent by a commit that is applied long after it failed comes before what is sent later', async () => {
  const send = sender({
    send: (turn) => ({ ...setTotal(totalOf(turn) + 1), ...sending(note(totalOf(turn))) }),
  })
  const at = await bench({ definitions: [send, log()] })
  await at.call('a', 'sender', 'send')
  await settle(at)
  at.store.failCommit = 'before'
  assert.equal(await codeOf(at.call('a', 'sender', 'send')), 'STORE_UNAVAILABLE')
  const late = at.store.groups.at(-1)
  assert.ok(late)
  await settle(at, 5_000)
  await at.clock.run(at.store.commit(late))
  await at.call('a', 'sender', 'send')
  await settle(at)
  assert.deepEqual(await notes(at), [0, 1, 2])
})

test('effects of one sender arrive in order, also when one fails for a while', async () => {
  const send = sender({
    send: () => sending(note(1), { to: 'log', action: 'flaky', payload: 3 }, note(2), note(3)),
  })
  const at = await bench({ definitions: [send, log()] })
  await at.call('a', 'sender', 'send')
  await settle(at, 60_000)
  assert.deepEqual(await notes(at), [1, 'after 4', 2, 3])
})

test('effects of one sender arrive in order through lost commits of the receiver', async () => {
  const send = sender({ send: () => sending(note(1), note(2), note(3), note(4)) })
  for (const fate of ['before', 'after'] as const) {
    const at = await bench({ definitions: [send, log()] })
    await at.call('a', 'sender', 'send')
    at.store.failCommit = fate
    await settle(at, 60_000)
    assert.deepEqual(await notes(at), [1, 2, 3, 4], fate)
  }
})

test('what keeps failing becomes a dead letter, and those behind it go on', async () => {
  const send = sender({ send: () => sending({ to: 'log', action: 'never', payload: 7 }, note('behind')) })
  const at = await bench({ definitions: [send, log()], limits: { deliveryAttempts: 3 } })
  await at.call('a', 'sender', 'send')
  await settle(at, 120_000)
  assert.deepEqual(await notes(at), ['behind'])
  const { items } = await at.runtime.deadLetters.list()
  assert.equal(items.length, 1)
  const [dead] = items
  assert.ok(dead)
  assert.deepEqual(
    { ...dead, id: '', createdAtMs: 0, diedAtMs: 0 },
    {
      id: '',
      from: { system: 'test', parent: 'sender', name: 'a' },
      to: { system: 'test', parent: '', name: 'log' },
      action: 'never',
      metadata: {},
      payloadJson: 7,
      attempts: 3,
      error: { code: 'ACTION_FAILED', message: 'always' },
      createdAtMs: 0,
      diedAtMs: 0,
    },
  )
  assert.deepEqual(await at.runtime.deadLetters.get(dead.id), dead)
})

test('a dead letter can be delivered again, or discarded', async () => {
  const send = sender({
    send: () => sending({ to: 'log', action: 'flaky', payload: 2 }, { to: 'nobody', action: 'x' }),
  })
  const at = await bench({ definitions: [send, log()], limits: { deliveryAttempts: 2 } })
  await at.call('a', 'sender', 'send')
  await settle(at, 60_000)
  const { items } = await at.runtime.deadLetters.list()
  assert.deepEqual(
    items.map(({ action, error }) => [action, error.code]),
    [
      ['x', 'ACTOR_NOT_FOUND'],
      ['flaky', 'ACTION_FAILED'],
    ],
  )
  const [lost, failed] = items
  assert.ok(lost && failed)
  assert.equal(await at.clock.run(at.runtime.deadLetters.discard(lost.id)), true)
  assert.equal(await at.clock.run(at.runtime.deadLetters.discard(lost.id)), false)
  assert.equal(await at.clock.run(at.runtime.deadLetters.retry(failed.id)), true)
  await settle(at)
  assert.deepEqual(await notes(at), ['after 3'])
  assert.deepEqual((await at.runtime.deadLetters.list()).items, [])
  assert.equal(await at.clock.run(at.runtime.deadLetters.retry(failed.id)), false)
})

test('what was not delivered before a stop is delivered after the next start', async () => {
  const definitions = [sender({ send: () => sending(note('x', { delayMs: 60_000 }), note('y')) }), log()]
  const before = await bench({ definitions })
  await before.call('a', 'sender', 'send')
  await before.clock.run(before.runtime.stop())
  await before.clock.advance(90_000)
  const after = await bench({ definitions, store: before.store, clock: before.clock })
  await settle(after)
  assert.deepEqual(await notes(after), ['y', 'x'])
})

test('a backlog larger than memory is delivered whole and in order', async () => {
  const send = sender({ send: (turn) => sending(...(turn.payload as number[]).map((n) => note(n))) })
  const numbers = Array.from({ length: 100 }, (_, n) => n)
  for (const limits of [{ deliveries: 10 }, { deliveryBytes: 30 }]) {
    const at = await bench({ definitions: [send, log()], limits })
    await at.call('a', 'sender', 'send', { payload: numbers })
    await at.call('a', 'sender', 'send', { payload: [100, 101] })
    await settle(at, 5_000)
    assert.deepEqual(await notes(at), [...numbers, 100, 101])
  }
})

test('an envelope that cannot be read stays, is logged, and stops no other', async () => {
  const at = await bench({ definitions: [log()] })
  const headers = [
    '{',
    '[]',
    '7',
    '["effect","","","note","","0","","log"]',
    '["effect","","","note","",0,"","log",""]',
    '["effect","","","note","","0","","log","{"]',
    '["unheard of","","","note","","0","","log",""]',
  ]
  const ids = headers.map((_header, n) => `x${n}`)
  const sends = headers.map(
    (header, n) => ({ id: `x${n}`, box: 'delivery', dueAtMs: 0, header, payload: null }) as const,
  )
  await at.store.commit([outside({ sends })])
  await at.clock.run(at.runtime.invoke('log', { action: 'note', payload: 1, delayMs: 10 }))
  await settle(at, 61_000)
  assert.deepEqual(await notes(at), [1])
  assert.ok((await at.store.envelopes('test', ids)).every((standing) => standing !== null))
  const told = at.logger.lines.filter(({ message }) => message === 'an envelope cannot be read')
  assert.deepEqual(new Set(told.map(({ fields }) => fields['envelope'])), new Set(ids))
})

test('an effect that cannot be sent fails its turn whole', async () => {
  const send = sender({
    send: (turn) => ({ ...setTotal(9), ...sending(note('x'), turn.payload as Effect) }),
  })
  const at = await bench({ definitions: [send, log()] })
  for (const effect of [note(1, { action: 'absent' }), note(() => 1), note(1, { delayMs: -1 })])
    assert.equal(await codeOf(at.call('a', 'sender', 'send', { payload: effect })), 'ACTION_FAILED')
  await settle(at)
  assert.equal(await at.call('a', 'sender', 'read'), 0)
  assert.deepEqual(await notes(at), [])
})

test('a turn sends no more than the limits allow', async () => {
  const send = sender({ send: () => sending(note('12345'), note('12345'), note('12345')) })
  for (const limits of [{ turnSends: 2 }, { turnSendBytes: 20 }]) {
    const at = await bench({ definitions: [send, log()], limits })
    assert.equal(await codeOf(at.call('a', 'sender', 'send')), 'ACTION_FAILED')
  }
})

test('actors that keep nothing send and take as well', async () => {
  const send = sender({ send: () => sending(note('x')) }, { stateful: false })
  const seen: unknown[] = []
  const sink = log({ stateful: false, handlers: { note: ({ payload }) => void seen.push(payload) } })
  const at = await bench({ definitions: [send, sink] })
  await at.call('a', 'sender', 'send')
  await settle(at, 5_000)
  assert.deepEqual(seen, ['x'])
  assert.deepEqual((await at.store.due('test', Number.MAX_SAFE_INTEGER, 10)).envelopes, [])
})

test('the end of an effect is told to the action that asked for it', async () => {
  const ends: unknown[] = []
  const send = sender({
    send: () =>
      sending(
        note('x', { reply: { action: 'ended', token: '1' } }),
        note('x', { action: 'never', reply: { action: 'ended', token: '2' } }),
      ),
    ended: ({ payload }) => void ends.push(payload),
  })
  const at = await bench({ definitions: [send, log()] })
  await at.call('a', 'sender', 'send')
  await settle(at, 1_000)
  assert.deepEqual(ends, [
    { token: '1', response: 'x' },
    { token: '2', error: { code: 'ACTION_FAILED', message: 'always' } },
  ])
  assert.deepEqual((await at.runtime.deadLetters.list()).items, [])
})

test('a broadcast reaches every named listener, the instances in memory, and the application', async () => {
  const listener = (name: string, kind: 'named' | 'unnamed') =>
    counter(name, { kind, channels: new Map([['news', 'add']]) })
  const send = sender({
    send: () => ({ workflow: { ...NOTHING, broadcasts: [{ channel: 'news', payload: 5 }] } }),
  })
  const at = await bench({ definitions: [send, listener('one', 'named'), listener('many', 'unnamed')] })
  await at.call('here', 'many', 'read')
  const heard: unknown[] = []
  const end = at.runtime.subscribe('news', (payload, { from }) => void heard.push([payload, from?.name]))
  await at.call('a', 'sender', 'send')
  await at.clock.run(at.runtime.publish('news', 2))
  end()
  await at.clock.run(at.runtime.publish('other', 1))
  await settle(at)
  assert.equal(await at.call('one', '', 'read'), 7)
  assert.equal(await at.call('here', 'many', 'read'), 7)
  assert.equal(await at.call('absent', 'many', 'read'), 0)
  assert.deepEqual(heard, [
    [5, 'a'],
    [2, undefined],
  ])
})

test('a listener that cannot take a broadcast gets a dead letter, and all others get the broadcast', async () => {
  const deaf = counter('deaf', { kind: 'named', channels: new Map([['news', 'absent']]) })
  const listener = counter('one', { kind: 'named', channels: new Map([['news', 'add']]) })
  const at = await bench({ definitions: [deaf, listener] })
  await at.clock.run(at.runtime.publish('news', 2))
  await settle(at)
  assert.equal(await at.call('one', '', 'read'), 2)
  const { items } = await at.runtime.deadLetters.list()
  assert.deepEqual(
    items.map(({ action, error, to }) => [to.name, action, error.code]),
    [['deaf', 'absent', 'ACTION_NOT_FOUND']],
  )
})

test('effects of one sender to a pool are taken beside each other', async () => {
  let running = 0
  let most = 0
  const pool = counter('pool', {
    kind: 'pooled',
    stateful: false,
    state: null,
    pool: { min: 1, max: 4 },
    handlers: {
      work: async () => {
        most = Math.max(most, (running += 1))
        await at.clock.sleep(100)
        running -= 1
        return undefined
      },
    },
  })
  const work = { to: 'pool', action: 'work' }
  const at = await bench({ definitions: [sender({ send: () => sending(work, work, work, work) }), pool] })
  await at.call('a', 'sender', 'send')
  await settle(at, 1_000)
  assert.equal(most, 4)
})

test('a listener of the application that fails is logged, at once or later', async () => {
  const at = await bench({ definitions: [log()] })
  const failed = new Error('no')
  at.runtime.subscribe('news', () => {
    throw failed
  })
  at.runtime.subscribe('news', () => Promise.reject(failed))
  await at.clock.run(at.runtime.publish('news', 1))
  await settle(at)
  assert.equal(
    at.logger.lines.filter(({ message }) => message === 'a listener of a channel failed').length,
    2,
  )
})
