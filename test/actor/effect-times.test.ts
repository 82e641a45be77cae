// Effects and time: how long their turns have, and what becomes of those that come again and again.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { SpawnError } from '../../src/base/index.ts'
import type { Definition, Effect, Workflow } from '../../src/ports/index.ts'
import { bench, counter, type CounterOptions } from './fixture.ts'

function sending(...effects: Effect[]): { workflow: Workflow } {
  return { workflow: { effects, broadcasts: [], route: null, timers: null } }
}

const named = (name: string, handlers: NonNullable<CounterOptions['handlers']>): Definition =>
  counter(name, { kind: 'named', handlers })

test('an effect has its own time, whatever its turn was given by its caller', async () => {
  let done = 0
  const slow = named('slow', {
    work: async () => {
      await at.clock.sleep(500)
      done += 1
      return {}
    },
  })
  const send = named('sender', { send: () => sending({ to: 'slow', action: 'work' }) })
  const at = await bench({ definitions: [slow, send] })
  for (const patience of ['100', 'a moment'])
    await at.call('sender', '', 'send', { metadata: { 'request-timeout': patience }, timeoutMs: 100 })
  await at.clock.advance(2_000)
  assert.equal(done, 2)
})

test('an effect that comes again and again has the end of each occasion told, and comes after one that failed', async () => {
  const ends: unknown[] = []
  let occasions = 0
  const target = named('target', {
    work: () => {
      occasions += 1
      if (occasions !== 2) return { response: occasions }
      throw new SpawnError('ACTION_FAILED', 'not today')
    },
  })
  const reply = { action: 'ended', token: 't' }
  const send = named('sender', {
    send: () => sending({ to: 'target', action: 'work', cron: '0 * * * *', reply }),
    ended: ({ payload }) => void ends.push(payload),
  })
  const at = await bench({ definitions: [send, target] })
  await at.call('sender', '', 'send')
  await at.clock.advance(3 * 3_600_000)
  assert.deepEqual(ends, [
    { token: 't', response: 1 },
    { token: 't', error: { code: 'ACTION_FAILED', message: 'not today' } },
    { token: 't', response: 3 },
  ])
  assert.equal((await at.runtime.schedules.list()).items.length, 1)
})
