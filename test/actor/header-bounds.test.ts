// What stands in the headers of envelopes is bounded, as their payloads are: metadata that grows from turn to turn, the name
// of a receiver, the message of an error. A store has to take all of it in the statement of a whole group.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { LIMITS, SpawnError } from '../../src/base/index.ts'
import type { Definition, Effect, Workflow } from '../../src/ports/index.ts'
import { bench, codeOf, counter, type CounterOptions, setTotal, totalOf } from './fixture.ts'

const LONG = 'x'.repeat(LIMITS.entriesBytes)

function sending(...effects: Effect[]): { workflow: Workflow } {
  return { workflow: { effects, broadcasts: [], route: null, timers: null } }
}

const named = (name: string, handlers: NonNullable<CounterOptions['handlers']>): Definition =>
  counter(name, { kind: 'named', handlers })

test('metadata that an effect adds to again and again ends the chain where it would be too much', async () => {
  for (const [entry, most] of [
    ['x', LIMITS.entries],
    [LONG.slice(0, LIMITS.entriesBytes / 4), 3],
  ] as const) {
    const walker = named('walker', {
      walk: (turn) => {
        const step = totalOf(turn)
        const metadata = { [`step-${step}`]: entry }
        return { ...setTotal(step + 1), ...sending({ to: 'walker', action: 'walk', metadata }) }
      },
    })
    const at = await bench({ definitions: [walker], limits: { deliveryAttempts: 1 } })
    await at.call('walker', '', 'walk')
    await at.clock.advance(1_000)
    assert.equal(await at.call('walker', '', 'read'), most)
    const [letter] = (await at.clock.run(at.runtime.deadLetters.list())).items
    assert.match(letter?.error.message ?? '', /metadata .*at most/)
  }
})

test('metadata and tags are taken up to so many bytes of UTF-8', async () => {
  const at = await bench({
    definitions: [counter('counter', { handlers: { tag: () => ({ tags: { all: LONG } }) } })],
  })
  const add = (value: string) => codeOf(at.call('a', 'counter', 'add', { metadata: { k: value } }))
  assert.equal(await add(LONG.slice(1)), 'no error')
  assert.equal(await add('ä'.repeat(LIMITS.entriesBytes / 2)), 'INVALID_ARGUMENT')
  assert.equal(await add(LONG), 'INVALID_ARGUMENT')
  assert.equal(await codeOf(at.call('a', 'counter', 'tag')), 'ACTION_FAILED')
})

test('an effect with a reply that has too much metadata is told that', async () => {
  const sender = named('sender', {
    send: () =>
      sending({ to: 'sender', action: 'read', metadata: { k: LONG }, reply: { action: 'told', token: 't' } }),
    told: (turn) => ({ changed: true, state: { total: 0, end: turn.payload } }),
    seen: (turn) => ({ response: turn.state }),
  })
  const at = await bench({ definitions: [sender] })
  await at.call('sender', '', 'send', { metadata: { own: 'yes' } })
  await at.clock.advance(100)
  const { end } = (await at.call('sender', '', 'seen')) as { end: { error: { code: string } } }
  assert.equal(end.error.code, 'INVALID_ARGUMENT')
})

test('an effect on a name that nobody can have fails the turn that sends it', async () => {
  const sender = named('sender', { send: () => sending({ to: 'x'.repeat(513), action: 'read' }) })
  const at = await bench({ definitions: [sender] })
  assert.equal(await codeOf(at.call('sender', '', 'send')), 'ACTION_FAILED')
  assert.deepEqual((await at.clock.run(at.runtime.deadLetters.list())).items, [])
})

test('of a long message of an error the beginning is kept, and told', async () => {
  const actors = [
    named('sender', {
      send: () =>
        sending(
          { to: 'target', action: 'burst' },
          { to: 'target', action: 'burst', reply: { action: 'told', token: 't' } },
        ),
      told: (turn) => ({ changed: true, state: { total: 0, end: turn.payload } }),
      seen: (turn) => ({ response: turn.state }),
    }),
    named('target', {
      burst: () => {
        throw new SpawnError('ACTION_FAILED', `it burst: ${'x'.repeat(1_000_000)}`)
      },
    }),
  ]
  const at = await bench({ definitions: actors, limits: { deliveryAttempts: 2 } })
  await at.call('sender', '', 'send')
  await at.clock.advance(10_000)
  const { end } = (await at.call('sender', '', 'seen')) as { end: { error: { message: string } } }
  const [letter] = (await at.clock.run(at.runtime.deadLetters.list())).items
  for (const message of [end.error.message, letter?.error.message ?? '']) {
    assert.equal(message.length, LIMITS.errorCharacters)
    assert.match(message, /^it burst: x+…$/)
  }
})
