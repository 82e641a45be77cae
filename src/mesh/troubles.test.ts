import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type LogFields, silentLogger } from '../ports/index.ts'
import { VirtualClock } from '../testing/index.ts'
import { Troubles } from './troubles.ts'

test('a failure is told at once, many are told of once in a while, with how many there were', async () => {
  const clock = new VirtualClock()
  const told: LogFields[] = []
  const troubles = new Troubles(clock, {
    ...silentLogger,
    warn: (_message, fields = {}) => void told.push(fields),
  })
  const fail = (): void => troubles.failed('renew', new Error('it is away'))
  fail()
  assert.deepEqual(told, [{ task: 'renew', error: 'it is away' }])
  for (let count = 0; count < 39; count += 1) {
    await clock.advance(250)
    fail()
  }
  assert.equal(told.length, 1)
  await clock.advance(250)
  fail()
  assert.deepEqual(told.slice(1), [{ task: 'renew', error: 'it is away', times: 40 }])
  await clock.advance(60_000)
  fail()
  assert.deepEqual(told.slice(2), [{ task: 'renew', error: 'it is away' }])
})
