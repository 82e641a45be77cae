// Two releases side by side, while members are replaced one after the other: what the newer one sends and the older one does
// not know, or has written and the older one cannot read, waits for a member that can.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { SpawnError } from '../../../src/base/index.ts'
import type { Definition, Effect } from '../../../src/ports/index.ts'
import { jsonCodec } from '../../../src/protocol/index.ts'
import { counter, setTotal, totalOf } from '../fixture.ts'
import { town } from './fixture.ts'

const handlers = { twice: (turn: Parameters<typeof totalOf>[0]) => setTotal(totalOf(turn) + 2) }
const newer = counter('counter', { handlers })

/** Has no such action. */
const withoutAction = counter('counter')
/** Reads no state that is stored. */
const unreading: Definition = {
  ...newer,
  state: {
    codec: jsonCodec,
    stored: {
      ...jsonCodec,
      accept: () => {
        throw new SpawnError('STATE_UNREADABLE', 'it has a newer version')
      },
    },
    initial: () => ({ total: 0 }),
  },
}

const effect: Effect = { to: 'x', ref: 'counter', action: 'twice' }
const sender = (more: Partial<Effect> = {}): Definition =>
  counter('sender', {
    handlers: {
      send: () => ({
        workflow: { effects: [{ ...effect, ...more }], broadcasts: [], route: null, timers: null },
      }),
      told: ({ payload }) => ({ changed: true, state: { total: payload } }),
    },
  })

/** The first member is of the newer release; x is stored, and lives on the second one, which is of the older. */
async function replacing(older: Definition, sent: Definition) {
  const at = await town({ definitions: [[sent, newer], [older]] })
  at.script.place('sender', 's', at.first.cluster)
  at.script.place('counter', 'x', at.first.cluster)
  assert.equal(await at.first.call('x', 'counter', 'twice'), 2)
  await at.clock.run(at.script.move(at.second.cluster, ['counter', 'x']))
  return at
}

for (const [what, older] of [
  ['an action that an older release does not have', withoutAction],
  ['an actor whose state it cannot read', unreading],
] as const) {
  test(`an effect for ${what} waits until the actor is on a member of the newer one`, async () => {
    const { clock, first, script, second } = await replacing(older, sender())
    await first.call('s', 'sender', 'send')
    await clock.advance(60_000)
    for (const { runtime } of [first, second])
      assert.deepEqual((await clock.run(runtime.deadLetters.list())).items, [])
    await clock.run(script.move(first.cluster, ['counter', 'x']))
    await clock.advance(10_000)
    assert.equal(await first.call('x', 'counter', 'read'), 4)
  })

  test(`an effect for ${what} is a dead letter when no member comes for minutes`, async () => {
    const { clock, first, second } = await replacing(older, sender())
    await clock.advance(290_000)
    await first.call('s', 'sender', 'send')
    await clock.advance(20_000)
    const { items } = await clock.run(second.runtime.deadLetters.list())
    assert.deepEqual(
      items.map(({ action, attempts }) => [action, attempts]),
      [['twice', 1]],
    )
  })

  test(`who waits for the end of an effect for ${what} is told it then`, async () => {
    const { clock, first } = await replacing(older, sender({ reply: { action: 'told', token: 't' } }))
    await first.call('s', 'sender', 'send')
    await clock.advance(280_000)
    assert.equal(await first.call('s', 'sender', 'read'), 0, 'not yet')
    await clock.advance(60_000)
    const end = (await first.call('s', 'sender', 'read')) as { readonly error: { readonly code: string } }
    assert.equal(end.error.code, older === withoutAction ? 'ACTION_NOT_FOUND' : 'STATE_UNREADABLE')
  })
}
