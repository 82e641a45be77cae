import assert from 'node:assert/strict'
import { test } from 'node:test'
import { VirtualClock } from '../../testing/index.ts'
import { Parcel, senderText } from './parcel.ts'
import { Unopened } from './unopened.ts'

const LIMIT = 3
let count = 0

function of(name: string | null): Parcel {
  const from = name === null ? null : (['', name] as const)
  count += 1
  return new Parcel(`e-${count}`, 'delivery', 0, null, {
    kind: 'effect',
    from,
    to: ['', 'receiver'],
    action: 'take',
    createdAtMs: 0,
  })
}

const sender = (name: string): string => senderText(['', name])

function opened() {
  const clock = new VirtualClock()
  const tries: number[] = []
  const unopened = new Unopened({ clock, limit: LIMIT, again: () => tries.push(clock.elapsedMs()) })
  /** A reading of all that is due at once: names of those whose envelopes are read, null for one that does not open. */
  const read = (...names: readonly (string | null)[]): string[] => {
    unopened.begin()
    const kept: string[] = []
    for (const name of names) {
      if (name === null) unopened.met()
      else if (unopened.keepsRead(of(name), false)) kept.push(name)
    }
    unopened.end()
    return kept
  }
  const kept = (...names: readonly string[]): string[] => names.filter((name) => unopened.keeps(of(name)))
  return { clock, tries, unopened, read, kept }
}

test('what stands behind one that does not open stays, and so does what its sender sends then, until all open', () => {
  const { kept, read, unopened } = opened()
  assert.deepEqual(read('a', null, 'b', 'c'), ['b', 'c'])
  assert.deepEqual(kept('a', 'b', 'c'), ['b', 'c'])
  assert.ok(!unopened.keeps(of(null)), 'what nobody sent stands alone')
  assert.ok(unopened.some)
  assert.deepEqual(read('a', 'b', 'c'), [])
  assert.deepEqual(kept('a', 'b', 'c'), [])
  assert.ok(!unopened.some)
  assert.deepEqual(read(null), [])
  assert.deepEqual(kept('b'), [], 'it is forgotten who was kept before')
})

test('who may have sent what nobody has read is kept with the others, if some does not open', () => {
  const { kept, read, unopened } = opened()
  unopened.suspect(sender('a'))
  read('b')
  read(null)
  assert.deepEqual(kept('a', 'b'), [], 'a reading has shown that there was none of his')
  unopened.suspect(sender('b'))
  assert.deepEqual(kept('a', 'b'), ['b'], 'at once, while some do not open')
  read()
  unopened.suspect(sender('a'))
  assert.deepEqual(kept('a'), [])
  read(null)
  assert.deepEqual(kept('a', 'b'), ['a'])
  read()
  unopened.suspect(null)
  read(null)
  assert.deepEqual(kept('a', 'b', 'c'), ['a', 'b', 'c'])
  read()
  assert.deepEqual(kept('a', 'b', 'c'), [])
  read(null)
  assert.deepEqual(kept('a', 'b', 'c'), [])
})

test('more senders than can be told apart are all kept, whether they were read or are suspects', () => {
  const { kept, read, unopened } = opened()
  read(null, 'a', 'b', 'c')
  assert.deepEqual(kept('a', 'd'), ['a'])
  read(null, 'a', 'b', 'c', 'd')
  assert.deepEqual(kept('d', 'e'), ['d', 'e'])
  read()
  for (const name of ['a', 'b', 'c']) unopened.suspect(sender(name))
  unopened.suspect(sender('d'))
  read(null)
  assert.deepEqual(kept('d', 'e'), ['d', 'e'])
})

test('what comes to its time behind one that does not open stays, and says nothing of what its sender sends else', () => {
  const { kept, read, unopened } = opened()
  read(null)
  unopened.begin()
  assert.ok(!unopened.keepsRead(of('a'), true))
  unopened.met()
  assert.ok(unopened.keepsRead(of('b'), true))
  assert.deepEqual(kept('a', 'b'), [])
})

test('they are tried again later and later, up to a minute, and soon again once all have opened', async () => {
  const { clock, read, tries, unopened } = opened()
  const beganMs = clock.elapsedMs()
  read(null)
  for (let left = 9; left > 0; left -= 1) {
    assert.ok(unopened.plan(true))
    assert.ok(!unopened.plan(true), 'it is planned')
    await clock.advance(60_000)
  }
  const pauses = [1, 2, 4, 8, 16, 32, 60, 60, 60].map((seconds) => seconds * 1_000)
  assert.deepEqual(
    tries.map((ms, at) => ms - beganMs - at * 60_000),
    pauses,
  )
  assert.ok(unopened.plan(false), 'one of what comes to its time says nothing of the others')
  read()
  assert.ok(!unopened.plan(false))
  tries.length = 0
  await clock.advance(120_000)
  assert.deepEqual(tries, [])
  read(null)
  const againMs = clock.elapsedMs()
  unopened.plan(true)
  await clock.advance(60_000)
  assert.deepEqual(tries, [againMs + 1_000])
})
