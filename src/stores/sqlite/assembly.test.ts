import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Assembly } from './assembly.ts'

function at(): { readonly assembly: Assembly; readonly pass: (ms: number) => void } {
  let nowMs = 1_000
  return { assembly: new Assembly(() => nowMs), pass: (ms) => void (nowMs += ms) }
}

test('who is alone never waits', () => {
  const { assembly } = at()
  for (let round = 0; round < 5; round += 1) {
    assembly.came('a')
    assert.equal(assembly.waits, false)
    assembly.committed(4)
  }
})

test('two that come in turns come together', () => {
  const { assembly, pass } = at()
  assembly.came('a')
  assembly.committed(2)
  assembly.came('b')
  assert.equal(assembly.waits, true, 'a has just been answered')
  pass(0.4)
  assembly.came('a')
  assert.equal(assembly.waits, false)
  assembly.committed(2)
  assembly.came('b')
  pass(0.9)
  assert.equal(assembly.waits, true)
  assembly.came('a')
  assert.equal(assembly.waits, false)
})

test('nobody is waited for longer than half of a transaction, or two milliseconds', () => {
  for (const [tookMs, forMs] of [
    [1, 0.5],
    [3, 1.5],
    [50, 2],
  ] as const) {
    const { assembly, pass } = at()
    assembly.came('a')
    assembly.came('b')
    assembly.committed(tookMs)
    assembly.came('a')
    pass(forMs - 0.01)
    assert.equal(assembly.waits, true)
    // Others of the same do not begin it anew.
    assembly.came('a')
    pass(0.02)
    assert.equal(assembly.waits, false)
    assembly.committed(tookMs)
  }
})

test('who comes no more is waited for in two transactions, and who has left in none', () => {
  const { assembly, pass } = at()
  assembly.came('a')
  assembly.came('b')
  assembly.committed(1)
  for (const isWaitedFor of [true, true, false]) {
    assembly.came('a')
    assert.equal(assembly.waits, isWaitedFor)
    pass(0.6)
    assert.equal(assembly.waits, false)
    assembly.committed(1)
  }
  assembly.came('a')
  assembly.came('b')
  assembly.committed(1)
  assembly.left('b')
  assembly.came('a')
  assert.equal(assembly.waits, false)
})

test('what is waited for in vain again and again is not waited for in a while, then tried once', () => {
  const { assembly, pass } = at()
  const turns: string[] = []
  for (let round = 0; round < 80; round += 1) {
    // The other one always comes too late, as when its turns take longer than the disk.
    assembly.came(round % 2 === 0 ? 'a' : 'b')
    turns.push(assembly.waits ? 'waits' : 'goes')
    pass(0.6)
    assert.equal(assembly.waits, false)
    assembly.committed(1)
  }
  const waited = turns.flatMap((turn, round) => (turn === 'waits' ? round : []))
  assert.deepEqual(waited, [1, 2, 3, 36, 69])
  // When it comes in time again, it is waited for each time.
  while (!waited.includes(-1)) {
    assembly.came('a')
    if (assembly.waits) waited.push(-1)
    else assembly.committed(1)
    if (!waited.includes(-1)) {
      assembly.came('b')
      assembly.committed(1)
    }
  }
  for (let round = 0; round < 10; round += 1) {
    assembly.came('b')
    assert.equal(assembly.waits, false)
    assembly.committed(1)
    assembly.came('a')
    assert.equal(assembly.waits, true)
  }
})

test('nothing waits where nothing is', () => {
  const { assembly } = at()
  assembly.came('a')
  assembly.committed(1)
  assert.equal(assembly.waits, false)
})
