import assert from 'node:assert/strict'
import { test } from 'node:test'
import { below, hashOf, seededRandom } from '../../base/index.ts'
import { ByteReader, ByteWriter } from '../frames/bytes.ts'
import { FramedOutcome } from '../frames/framed-outcome.ts'
import { NONE, OutcomesReader, OutcomesWriter } from '../frames/outcome-bytes.ts'
import { Packed } from '../../protocol/packed.ts'
import { NOTHING_STANDS } from '../fence.ts'
import { PendingActor } from './generation.ts'
import { GenerationOutcomes, type HashedKey, type KeyCounts, type Owner } from './generation-outcomes.ts'
import { KeyFilter } from './key-filter.ts'

const writer = new ByteWriter()
const numerically = (left: number, right: number): number => left - right

/** Of all kinds that stand in their own way. */
function keyOf(at: number): string {
  const digits = hashOf(String(at)).toString(16).padStart(32, '0')
  const dashed = `${digits.slice(0, 8)}-${digits.slice(8, 12)}-${digits.slice(12, 16)}-${digits.slice(16, 20)}-${digits.slice(20)}`
  return [`ключ-${at}`, `key-${at}`, digits, dashed][at % 4] ?? ''
}

/** As they stand in a frame, each with its time as its reply. */
function framed(outcomes: readonly (readonly [key: string, expiresAtMs: number])[]): FramedOutcome[] {
  if (outcomes.length === 0) return []
  const records = outcomes.map(([key, expiresAtMs]) => {
    const reply = new Packed('t', Buffer.from(String(expiresAtMs)))
    return { key, expiresAtMs, reply }
  })
  new OutcomesWriter().write(writer, records, null, () => writer.whole(0))
  const bytes = new ByteReader(writer.take())
  return new OutcomesReader(bytes.buffer, ['t']).read(bytes, NONE, () => bytes.whole())
}

/** As the table of outcomes has it. */
class Counts implements KeyCounts {
  readonly #filter = new KeyFilter()
  saidNo = 0

  constructor() {
    this.#filter.mayHave(0)
    this.#filter.see([])
  }

  mayStand({ hash }: Pick<Owner, 'hash'>, { keyHash }: Pick<HashedKey, 'keyHash'>): boolean {
    const mayStand = this.#filter.mayHave(hash * 2 ** 32 + keyHash)
    if (!mayStand) this.saidNo += 1
    return mayStand
  }

  count({ hash }: Pick<Owner, 'hash'>, { keyHash }: Pick<HashedKey, 'keyHash'>): void {
    this.#filter.count(hash * 2 ** 32 + keyHash)
  }

  discount({ hash }: Pick<Owner, 'hash'>, { keyHash }: Pick<HashedKey, 'keyHash'>): void {
    this.#filter.count(hash * 2 ** 32 + keyHash, -1)
  }
}

for (const counts of [null, new Counts()]) {
  const how = counts === null ? '' : ', with a filter of keys'
  test(`the newest of each key is found, and nothing of a batch that failed${how}`, () => {
    const kept = batches(counts)
    assert.ok(counts === null || counts.saidNo >= kept, 'nobody looks for a fresh key')
  })
}

/** @returns how many keys have an outcome at the end. */
function batches(counts: Counts | null): number {
  const random = seededRandom(8)
  const family = { system: 's', parent: '', id: null, hash: 5 }
  const actors = Array.from(
    { length: 40 },
    (_none, at) => new PendingActor(family, `actor-${at}`, NOTHING_STANDS),
  )
  const outcomes = new GenerationOutcomes(counts)
  const keys = Array.from({ length: 60 }, (_none, at) => keyOf(at))
  let kept = new Map<string, number>()
  let [atMs, failed] = [0, 0]
  for (let round = 0; round < 1_500; round += 1) {
    const staged = new Map(kept)
    for (let left = 1 + below(random, 5); left > 0; left -= 1) {
      const actor = actors[below(random, actors.length)]!
      const given = Array.from(
        { length: below(random, 4) },
        () => [keys[below(random, keys.length)]!, (atMs += 1)] as const,
      )
      outcomes.stage(actor, framed(given))
      for (const [key, expiresAtMs] of given) staged.set(`${actor.name} ${key}`, expiresAtMs)
    }
    const committed = below(random, 4) > 0
    outcomes.settle(committed)
    if (committed) kept = staged
    else failed += 1
    if (round % 50 > 0) continue
    for (const actor of actors) {
      const own = keys.filter((key) => kept.has(`${actor.name} ${key}`))
      assert.equal(actor.outcomes, own.length)
      assert.deepEqual(outcomes.keyHashes(actor).toSorted(numerically), own.map(hashOf).toSorted(numerically))
      for (const key of keys) {
        const found = outcomes.find(actor, { key, keyHash: hashOf(key) })
        const expected = kept.get(`${actor.name} ${key}`)
        assert.equal(found?.expiresAtMs, expected)
        if (found !== null) assert.equal(Buffer.from(found.reply?.value ?? []).toString(), String(expected))
      }
    }
  }
  assert.ok(failed > 200 && kept.size > 1_000, `${failed} failed, ${kept.size} are kept`)

  return kept.size
}

test('keys whose hashes meet, and actors whose hashes meet, are told apart', () => {
  const family = { system: 's', parent: '', id: null, hash: 5 }
  const outcomes = new GenerationOutcomes()
  const [first, second] = ['a', 'b'].map((name) => new PendingActor(family, name, NOTHING_STANDS))
  const [one, another] = framed([
    ['one', 1],
    ['another', 2],
  ])
  const meeting = new FramedOutcome(
    another!.frame,
    another!.leadAt,
    one!.signedHash,
    another!.type,
    another!.valueAt,
  )
  outcomes.stage(first!, [one!, meeting])
  outcomes.settle(true)
  const keyHash = one!.keyHash
  const expiryOf = (name: string, key: string): number | undefined =>
    outcomes.find({ family, name, hash: first!.hash }, { key, keyHash })?.expiresAtMs
  assert.deepEqual([expiryOf('a', 'one'), expiryOf('a', 'another'), expiryOf('a', 'none')], [1, 2, undefined])
  assert.equal(expiryOf('b', 'one'), undefined)
  assert.deepEqual(outcomes.keyHashes(second!), [])
})

test('the filter hears of what is staged, and forgets what failed', () => {
  const counts = new Counts()
  const outcomes = new GenerationOutcomes(counts)
  const actor = new PendingActor({ system: 's', parent: '', id: null, hash: 5 }, 'a', NOTHING_STANDS)
  const saidOf = (keys: readonly string[]): boolean[] =>
    keys.map((key) => counts.mayStand(actor, { keyHash: hashOf(key) }))
  outcomes.stage(actor, framed([['one', 1]]))
  outcomes.settle(true)
  outcomes.stage(
    actor,
    framed([
      ['one', 2],
      ['two', 3],
      ['three', 4],
      ['two', 5],
    ]),
  )
  assert.deepEqual(saidOf(['one', 'two', 'three', 'four']), [true, true, true, false])
  outcomes.settle(false)
  assert.deepEqual(saidOf(['one', 'two', 'three', 'four']), [true, false, false, false])
  counts.discount(actor, { keyHash: hashOf('one') })
  assert.deepEqual(saidOf(['one']), [false], 'it was counted once')
  assert.deepEqual(outcomes.find(actor, { key: 'one', keyHash: hashOf('one') })?.expiresAtMs, 1)
  assert.equal(outcomes.find(actor, { key: 'two', keyHash: hashOf('two') }), null)
})

test('actors of one name and one hash, of two families, have each their own', () => {
  const outcomes = new GenerationOutcomes()
  const actors = ['p', 'q'].map(
    (parent) => new PendingActor({ system: 's', parent, id: null, hash: 5 }, 'one', NOTHING_STANDS),
  )
  const [first, other] = actors
  assert.ok(first !== undefined && other !== undefined && first.hash === other.hash)
  const wanted = { key: 'k', keyHash: hashOf('k') }
  outcomes.stage(first, framed([['k', 7]]))
  assert.equal(outcomes.find(other, wanted), null)
  outcomes.stage(other, framed([['k', 8]]))
  assert.deepEqual(
    actors.map((actor) => outcomes.find(actor, wanted)?.expiresAtMs),
    [7, 8],
  )
  outcomes.settle(true)
})
