import assert from 'node:assert/strict'
import { test } from 'node:test'
import { choice, duration, entries, time, whole, wholeOr } from './option.ts'

test('a time is milliseconds unless it has a unit', () => {
  const timeout = duration('', { least: 1, most: 172_800_000 })
  const read = (given: string): number | undefined => timeout.read([given], 'timeout')
  assert.deepEqual(['5', '5ms', '5s', '5m', '5h'].map(read), [5, 5, 5_000, 300_000, 18_000_000])
  assert.equal(read('2d'), 172_800_000)
  assert.equal(timeout.read([], 'timeout'), undefined)
  for (const wrong of ['', '5w', '-1', '1.5s', ' 5', '5 s'])
    assert.throws(() => read(wrong), { code: 'USAGE' })
  for (const beyond of ['0', '49h', '3d', '999999999999h'])
    assert.throws(() => read(beyond), /takes 1 ms to 172800000 ms/)
})

test('a point in time stays as it was written, once it is one', () => {
  const at = time('')
  for (const good of ['2026-12-01T09:00:00+01:00', '1796115600000']) assert.equal(at.read([good], 'at'), good)
  assert.equal(at.read([], 'at'), undefined)
  for (const wrong of ['tomorrow', '2026-12-01', '1796115600'])
    assert.throws(() => at.read([wrong], 'at'), /--at must be ISO 8601 .*, or epoch milliseconds, not "/)
})

test('entries keep what follows the first equal sign, and no key reaches a prototype', () => {
  const tags = entries('key=value', '')
  assert.deepEqual(tags.read(['a=1=2', 'b='], 'tag'), { a: '1=2', b: '' })
  const odd = tags.read(['__proto__=x'], 'tag')
  assert.deepEqual(Object.entries(odd), [['__proto__', 'x']])
  assert.equal(Object.getPrototypeOf(odd), Object.prototype)
})

test('whole numbers and choices name their range', () => {
  const port = whole('port', '', { least: 0, most: 65_535 })
  assert.equal(port.read(['65535'], 'port'), 65_535)
  assert.throws(() => port.read(['65536'], 'port'), /--port takes 0 to 65535, not 65536/)
  assert.throws(() => port.read(['0x10'], 'port'), /--port takes a whole number/)
  const workers = wholeOr('auto', 'count', '', { least: 1, most: 128 })
  assert.deepEqual(
    ['auto', '1', '128'].map((given) => workers.read([given], 'workers')),
    ['auto', 1, 128],
  )
  for (const wrong of ['0', '129', 'all', '', '1.5'])
    assert.throws(
      () => workers.read([wrong], 'workers'),
      /--workers takes auto or a whole number from 1 to 128/,
    )
  const level = choice(['info', 'warn'], '')
  assert.equal(level.read(['warn'], 'log-level'), 'warn')
  assert.throws(() => level.read(['wran'], 'log-level'), /takes info, warn, not "wran"; did you mean warn\?/)
})
