import assert from 'node:assert/strict'
import { test } from 'node:test'

import { SpawnError } from '../../base/index.ts'
import { type Logger, silentLogger } from '../../ports/index.ts'
import { actor } from '../../sdk/index.ts'
import { TestTurn } from '../../testing/test-turn.ts'
import { EmbeddedHost } from './embedded-host.ts'

test('what a handler throws stands in the log, with its place; what others answered it does not', () => {
  const logged: unknown[] = []
  const logger: Logger = { ...silentLogger, info: (message, fields) => logged.push([message, fields]) }
  const host = new EmbeddedHost({ clock: { now: () => 7 }, logger, freezes: true })
  const thrown = new RangeError('it holds')
  const refusal = new SpawnError('PERMISSION_DENIED', 'not you')
  const door = actor('door', {
    actions: {
      kick: () => {
        throw thrown
      },
      refuse: () => {
        throw refusal
      },
    },
  })
  for (const name of ['kick', 'refuse']) {
    const action = door.actions.get(name) ?? assert.fail(name)
    assert.throws(() => host.run(new TestTurn({ ...door, host }, action, undefined, {})))
  }
  const self = { system: 'test', parent: '', name: 'door' }
  assert.deepEqual(logged, [['an action failed', { actor: self, action: 'kick', error: thrown }]])
})

test('one that fails at every call does not flood the log: what was left out is counted', () => {
  const logged: unknown[] = []
  let nowMs = 7
  const logger: Logger = { ...silentLogger, info: (_message, fields) => logged.push(fields?.['leftOut']) }
  const host = new EmbeddedHost({ clock: { now: () => nowMs }, logger, freezes: false })
  const fail = (): never => {
    throw new RangeError('again')
  }
  const door = actor('door', { actions: { kick: fail, knock: fail } })
  const times = (count: number, name: string): void => {
    const action = door.actions.get(name) ?? assert.fail(name)
    for (let at = 0; at < count; at += 1)
      assert.throws(() => host.run(new TestTurn({ ...door, host }, action, undefined, {})), /again/)
  }
  times(1_000, 'kick')
  assert.equal(logged.length, 10)
  times(1, 'knock')
  assert.equal(logged.length, 11)
  nowMs += 1_000
  times(1, 'kick')
  assert.deepEqual(logged.slice(10), [undefined, 990])
})
