// Groups of several owners that a store file commits together, in one transaction: each must fare as if it had been alone,
// behind those before it. What the memory store makes of the same groups, one after the other, is the measure.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { below, type Random, seededRandom } from '../../src/base/index.ts'
import type { Commit } from '../../src/ports/index.ts'
import { unpackStretch } from '../../src/stores/frames/envelope-bytes.ts'
import { FrameWriter } from '../../src/stores/frames/frame.ts'
import { packIds, unpackActors } from '../../src/stores/frames/rows.ts'
import { MemoryStore } from '../../src/stores/memory/index.ts'
import { StoreFile } from '../../src/stores/sqlite/store-file.ts'
import {
  actorId,
  BIRTH,
  commitOf,
  envelopeOf,
  json,
  NOON_MS,
  outsideCommit,
  plainActor,
  plainEnvelope,
  SYSTEM,
} from '../../src/testing/statestore-fixture.ts'
import { temporaryFolder } from './temporary-store.ts'
import { commitGroups } from '../commit-groups.ts'

const NAMES = ['a', 'b', 'c']
const ENVELOPES = ['one', 'two', 'three', 'four']

let folder = ''
let remove = (): Promise<void> => Promise.resolve()
before(async () => {
  const made = await temporaryFolder()
  folder = made.path
  remove = made.remove
})
after(() => remove())

const some = <T>(random: Random, all: readonly T[], most: number): T[] => [
  ...new Set(Array.from({ length: below(random, most + 1) }, () => all[below(random, all.length)] as T)),
]

/** Mostly what fits behind what this owner knows, which grows with it. */
function groupOf(random: Random, ahead: Map<string, number>, keys: readonly string[]): Commit[] {
  return Array.from({ length: 1 + below(random, 4) }, () => {
    const sends = below(random, 3) === 0 ? some(random, ENVELOPES, 2).map((id) => envelopeOf(id)) : []
    const takes = below(random, 4) === 0 ? some(random, ENVELOPES, 1) : []
    if (below(random, 6) === 0) return outsideCommit({ sends, takes })
    const name = NAMES[below(random, NAMES.length)] ?? ''
    const follows = Math.max(0, (ahead.get(name) ?? 0) + (below(random, 8) === 0 ? 1 : 0))
    ahead.set(name, follows + 1)
    const outcomes =
      below(random, 3) === 0
        ? some(random, keys, 1).map((key) => ({ key, reply: json(key), expiresAtMs: NOON_MS * 2 }))
        : []
    return commitOf(name, follows, { outcomes, sends, takes, birth: BIRTH })
  })
}

function conflictsOf(verdicts: readonly string[]): number[] {
  return verdicts.flatMap((verdict, at) => (verdict === 'conflict' ? at : []))
}

async function assertSame(file: StoreFile, memory: MemoryStore): Promise<void> {
  const ids = NAMES.map((name) => actorId(name))
  const plain = (actors: Awaited<ReturnType<MemoryStore['load']>>): unknown[] =>
    actors.map((actor) => actor && plainActor(actor))
  assert.deepEqual(plain(unpackActors(ids, file.load(packIds(ids)))), plain(await memory.load(ids)))
  const { envelopes } = await memory.due(SYSTEM, NOON_MS, 100)
  assert.deepEqual(
    unpackStretch(file.due(SYSTEM, NOON_MS, null, 100)).envelopes.map(plainEnvelope),
    envelopes.map(plainEnvelope),
  )
}

/** How the groups come to the file. */
const WAYS = {
  'at once': (file: StoreFile, groups: readonly (readonly Commit[])[]) => commitGroups(file, ...groups),
  'when some of the first were expected': commitExpected,
}

/**
 * The first frame of them comes in parts, and the file is told of each. Sometimes something else comes in between, or what was
 * expected does not come.
 */
function commitExpected(
  file: StoreFile,
  groups: readonly (readonly Commit[])[],
  random: Random,
): readonly number[][] {
  const [first = [], ...others] = groups
  const cut = below(random, first.length + 1)
  const cuts = [0, below(random, cut + 1), below(random, cut + 1), cut].sort((left, right) => left - right)
  const writer = new FrameWriter()
  let frame = new Uint8Array()
  for (const [at, to] of cuts.slice(1).entries()) {
    frame = Buffer.concat([frame, writer.packPart(first.slice(cuts[at], to), at === 0)])
    file.expect(frame)
    if (below(random, 4) === 0) file.runBackground()
    if (below(random, 4) === 0)
      assert.equal(unpackActors([actorId('a')], file.load(packIds([actorId('a')]))).length, 1)
    if (below(random, 8) === 0) file.giveUpExpected()
  }
  if (below(random, 6) === 0) return commitGroups(file, ...groups)
  let told: number[][] = []
  const [rest, ...frames] = writer.packRest(first.slice(cut))
  file.commit(
    [
      [Buffer.concat([frame, rest ?? new Uint8Array()]), ...frames],
      ...others.map((group) => new FrameWriter().pack(group)),
    ],
    (conflicts) => {
      told = conflicts
    },
    true,
  )
  return told
}

/** Folded in slices of one entry, a generation is hardly ever folded when the next group comes. */
const SLICES = { 'in slices': undefined, 'entry by entry': 1 } as const

for (const [seed, way, folded] of ([1, 2, 3, 4] as const).flatMap((one) =>
  (['at once', 'when some of the first were expected'] as const).flatMap((each) =>
    (['in slices', 'entry by entry'] as const).map((how) => [one, each, how] as const),
  ),
)) {
  test(`groups committed together fare as one after the other, ${way}, folded ${folded}, seed ${seed}`, async () => {
    const random = seededRandom(seed)
    const path = join(folder, `${way} ${folded} ${seed}.db`)
    const file = new StoreFile(path, true, SLICES[folded])
    const memory = new MemoryStore()
    await memory.start()
    const tally = { committed: 0, conflict: 0 }
    for (let round = 0; round < 150; round += 1) {
      const stored = await memory.load(NAMES.map((name) => actorId(name)))
      const known = new Map(NAMES.map((name, at) => [name, stored[at]?.revision ?? 0]))
      // They come again within a batch, not for ever.
      const keys = [`${round}`, `${round} too`]
      const groups = Array.from({ length: 1 + below(random, 3) }, () => {
        // Of two owners one may know what the other has sent, or not.
        return groupOf(random, below(random, 3) === 0 ? new Map(known) : known, keys)
      })
      const together = WAYS[way](file, groups, random)
      const apart: number[][] = []
      for (const group of groups) {
        const verdicts = await memory.commit(group)
        for (const verdict of verdicts) tally[verdict] += 1
        apart.push(conflictsOf(verdicts))
      }
      assert.deepEqual(
        together.map((places) => places.toSorted((left, right) => left - right)),
        apart,
        `round ${round}`,
      )
      await assertSame(file, memory)
      if (file.background !== 'none') file.runBackground()
      if (round % 20 === 0) while (file.background !== 'none') file.runBackground()
    }
    assert.ok(tally.committed > 200 && tally.conflict > 100, JSON.stringify(tally))
    file.close()
    const again = new StoreFile(path)
    await assertSame(again, memory)
    again.close()
  })
}

test('an owner whose commit is refused does not keep another one from committing beside it', () => {
  const file = new StoreFile(join(folder, 'owners.db'))
  assert.deepEqual(commitGroups(file, [commitOf('a', 0)]), [[]])
  // The first has lost the actor and does not know it; the second has it.
  const [stale, right] = commitGroups(
    file,
    [commitOf('a', 0), commitOf('a', 1)],
    [commitOf('a', 1), commitOf('b', 0)],
  )
  assert.deepEqual([stale, right], [[0, 1], []])
  file.close()
})
