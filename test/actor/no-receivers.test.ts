// What turns send to what can be no actor: told at once where that can be known, by the turn that sends it, or as the end that
// its sender waits for. A name alone may be an instance that the store knows; in a cluster, others may know a definition.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import type { Effect, EffectEnd, Workflow } from '../../src/ports/index.ts'
import { town } from './cluster/fixture.ts'
import { type Bench, bench, codeOf, counter, setTotal, totalOf } from './fixture.ts'

const NOTHING: Workflow = { effects: [], broadcasts: [], route: null, timers: null }

/** What of a target can be no actor: a definition that there is not, an instance of a named one, an unnamed one itself. */
const NEVER: readonly Pick<Effect, 'to' | 'ref'>[] = [
  { to: 'x', ref: 'absent' },
  { to: 'x', ref: 'log' },
  { to: 'sender' },
]

const ends: unknown[] = []

/** `send` sends its payload behind an effect on the log, `pass` pipes to it. */
const sender = counter('sender', {
  handlers: {
    send: (turn) => {
      const effects = [{ to: 'log', action: 'add' }, turn.payload as Effect]
      return { ...setTotal(totalOf(turn) + 1), workflow: { ...NOTHING, effects } }
    },
    pass: ({ payload }) => {
      const { action, ref, to } = payload as Effect
      const route = { kind: 'pipe' as const, to, action, ...(ref !== undefined && { ref }) }
      return { response: 1, workflow: { ...NOTHING, route } }
    },
    ended: ({ payload }) => void ends.push((payload as EffectEnd).error?.code),
  },
})

const log = counter('log', { kind: 'named' })

const sent = (at: Bench, action: string, payload: unknown): Promise<string> =>
  codeOf(at.call('a', 'sender', action, { payload }))

test('a turn that sends something to what can be no actor fails whole', async () => {
  const at = await bench({ definitions: [sender, log] })
  for (const target of NEVER) {
    assert.equal(await sent(at, 'send', { ...target, action: 'add' }), 'ACTION_FAILED')
    assert.equal(await sent(at, 'pass', { ...target, action: 'add' }), 'ACTION_FAILED')
  }
  await at.clock.advance(1_000)
  assert.equal(await at.call('log', '', 'read'), 0)
  assert.equal(await at.call('a', 'sender', 'read'), 0)
  assert.deepEqual((await at.runtime.deadLetters.list()).items, [])
})

test('who waits for the end of an effect is told it, and the turn stands', async () => {
  const at = await bench({ definitions: [sender, log] })
  ends.length = 0
  const reply = { action: 'ended', token: 't' }
  for (const target of NEVER)
    assert.equal(await sent(at, 'send', { ...target, action: 'add', reply }), 'no error')
  await at.clock.advance(1_000)
  assert.deepEqual(ends, ['ACTOR_NOT_FOUND', 'INVALID_ARGUMENT', 'INVALID_ARGUMENT'])
  assert.equal(await at.call('log', '', 'read'), 3)
})

test('a turn that wants to be told an end by an action that its actor has not fails whole', async () => {
  const at = await bench({ definitions: [sender, log] })
  const effect = { to: 'log', action: 'add', reply: { action: 'endde', token: 't' } }
  const failure = at.call('a', 'sender', 'send', { payload: effect })
  await assert.rejects(failure, /"sender" has no action "endde"; .*; did you mean ended\?$/)
  await at.clock.advance(1_000)
  assert.equal(await at.call('log', '', 'read'), 0)
})

test('a name alone may be that of a stored instance: it is looked for when the effect comes', async () => {
  const at = await bench({ definitions: [sender, log, counter('other')] })
  await at.call('known', 'other', 'add')
  for (const to of ['known', 'unknown'])
    assert.equal(await sent(at, 'send', { to, action: 'add' }), 'no error')
  await at.clock.advance(1_000)
  assert.equal(await at.call('known', 'other', 'read'), 2)
  const { items } = await at.clock.run(at.runtime.deadLetters.list())
  assert.deepEqual(
    items.map(({ error, to }) => [to.name, error.code]),
    [['unknown', 'ACTOR_NOT_FOUND']],
  )
})

test('in a cluster another member may bring a definition that none hosts now', async () => {
  const { first } = await town({ definitions: [[sender, log], [log]] })
  const toAbsent = first.call('a', 'sender', 'send', { payload: { to: 'x', ref: 'absent', action: 'add' } })
  assert.equal(await codeOf(toAbsent), 'no error')
  const toInstance = first.call('a', 'sender', 'send', { payload: { to: 'x', ref: 'log', action: 'add' } })
  assert.equal(await codeOf(toInstance), 'ACTION_FAILED')
  assert.equal(await first.call('a', 'sender', 'read'), 1)
})
