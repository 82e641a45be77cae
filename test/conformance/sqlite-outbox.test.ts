// The outbox of a store file while it is folded, slice by slice: what stands is compared with a model after each slice, in
// the running store and in the image that a crash would leave then. Places are compared too: applying the journal again
// must give the same ones.
import assert from 'node:assert/strict'
import { copyFileSync, existsSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { below, type Random, seededRandom } from '../../src/base/index.ts'
import {
  BOXES,
  type Commit,
  type Envelope,
  type EnvelopePosition,
  FACT_PREFIX,
  headerText,
  type StandingEnvelope,
} from '../../src/ports/index.ts'
import { unpackEnvelopes, unpackStretch } from '../../src/stores/frames/envelope-bytes.ts'
import { StoreFile } from '../../src/stores/sqlite/store-file.ts'
import {
  commitOf,
  envelopeOf,
  outsideCommit,
  plainEnvelope,
  SYSTEM,
} from '../../src/testing/statestore-fixture.ts'
import { OutboxModel } from '../../src/testing/statestore-outbox-model.ts'
import { temporaryFolder } from './temporary-store.ts'
import { commitGroups } from '../commit-groups.ts'

/** Of what is sent again and again; and then of what is sent once. */
const IDS = Array.from({ length: 600 }, (_none, at) => `${at % 3 === 0 ? FACT_PREFIX : ''}envelope-${at}`)
const OLD = IDS.length
const FOR_EVER = 1_000

let folder = ''
let remove = (): Promise<void> => Promise.resolve()
let files = 0
before(async () => {
  const made = await temporaryFolder()
  folder = made.path
  remove = made.remove
})
after(() => remove())
const newFile = (): string => join(folder, `${(files += 1)}.db`)

/** What the disk would hold if the process died now. */
function imageOf(file: string): string {
  const image = newFile()
  for (const part of ['', '-wal']) if (existsSync(file + part)) copyFileSync(file + part, image + part)
  return image
}

function commit(store: StoreFile, group: readonly Commit[]): boolean[] {
  const [conflicts = []] = commitGroups(store, group)
  return group.map((_commit, at) => !conflicts.includes(at))
}

/** Sent for the first and the last time, as most are. */
function newEnvelope(random: Random): Envelope {
  const box = BOXES[below(random, BOXES.length)] ?? 'dead'
  const id = `${box === 'fact' ? FACT_PREFIX : ''}new-${IDS.length - OLD}`
  IDS.push(id)
  const parts = { words: ['hop', `${below(random, 90)}`, ''], texts: [id, `"${random.next()}`] }
  const more = { headerParts: parts, isNew: true, header: headerText(parts) }
  return envelopeOf(id, {
    box,
    dueAtMs: below(random, 9),
    ...more,
  })
}

/** A group of sends, replacements and takes, some of them of what does not stand. */
function groupOf(random: Random, model: OutboxModel): Commit[] {
  return Array.from({ length: 60 }, (_none, at) => {
    const some = (most: number): string[] => [
      ...new Set(Array.from({ length: below(random, most + 1) }, () => IDS[below(random, OLD)] ?? '')),
    ]
    const sends = some(4).map((id) =>
      envelopeOf(id, {
        box: BOXES[below(random, BOXES.length)] ?? 'dead',
        dueAtMs: below(random, 9),
        header: `header ${random.next()}`,
      }),
    )
    const before = below(random, 3) === 0 ? IDS.at(-1) : undefined
    if (below(random, 2) === 0) sends.push(newEnvelope(random))
    const { standing } = model
    const stands = standing[below(random, standing.length + 1)]?.id
    const takes = new Set([
      ...(stands === undefined ? [] : [stands]),
      ...(below(random, 9) === 0 ? some(1) : []),
      // Sent in the same group, perhaps.
      ...(before === undefined ? [] : [before]),
    ])
    if (below(random, 6) === 0) for (const { id } of standing.slice(0, below(random, 20))) takes.add(id)
    const more = { sends, takes: [...takes] }
    return at % 5 === 0 ? commitOf(`actor-${at} ${random.next()}`, 0, more) : outsideCommit(more)
  })
}

const plain = (envelope: StandingEnvelope): object => ({ ...plainEnvelope(envelope), place: envelope.place })

function assertStands(store: StoreFile, model: OutboxModel, what: string): void {
  const found = unpackEnvelopes(store.envelopes(SYSTEM, IDS)).flatMap((envelope) => envelope ?? [])
  const byPlace = found.sort((left, right) => left.place - right.place)
  assert.deepEqual(byPlace.map(plain), model.standing.map(plain), what)
  const live = BOXES.filter((box) => box !== 'dead' && box !== 'fact')
  for (const untilMs of [0, 4, FOR_EVER]) {
    const due = model.due(live, untilMs)
    const paged: StandingEnvelope[] = []
    for (let from: EnvelopePosition | null = null; ;) {
      const page = unpackStretch(store.due(SYSTEM, untilMs, from, 50))
      const next = model.due(live, FOR_EVER).find(({ dueAtMs }) => dueAtMs > untilMs)
      assert.equal(page.nextDueMs, next?.dueAtMs ?? null, what)
      paged.push(...page.envelopes)
      from = page.envelopes.at(-1) ?? null
      if (page.envelopes.length < 50) break
    }
    assert.deepEqual(paged.map(plain), due.map(plain), `${what}, due at ${untilMs}`)
  }
  for (const box of BOXES) {
    const listed = unpackStretch(store.listEnvelopes(SYSTEM, box, null, 1_000)).envelopes
    assert.deepEqual(listed.map(plain), model.due([box], FOR_EVER).map(plain), `${what}, in ${box}`)
  }
  assertFacts(store, model, what)
}

function assertFacts(store: StoreFile, model: OutboxModel, what: string): void {
  const expected = model.facts(0).map(plain)
  for (const limit of [7, 40, 1_000]) {
    const found: StandingEnvelope[] = []
    for (let page: readonly StandingEnvelope[] | null = null; page?.length !== 0; found.push(...page))
      page = unpackStretch(store.facts(SYSTEM, found.at(-1)?.place ?? 0, limit)).envelopes
    assert.deepEqual(found.map(plain), expected, `${what}, facts in pages of ${limit}`)
  }
}

/** The same, and that it goes on from there: with the next place, and without what was taken. */
function assertImage(file: string, model: OutboxModel, gone: string | undefined, what: string): void {
  const store = new StoreFile(imageOf(file))
  assertStands(store, model, what)
  const next = outsideCommit({ sends: [envelopeOf('next')] })
  const after = model.copy()
  after.apply(next)
  assert.deepEqual(commit(store, [next]), [true])
  const [sent] = unpackEnvelopes(store.envelopes(SYSTEM, ['next']))
  assert.equal(sent?.place, after.standing.at(-1)?.place, what)
  if (gone !== undefined) assert.deepEqual(commit(store, [outsideCommit({ takes: [gone] })]), [false], what)
  store.close()
}

for (const seed of [1, 2, 3]) {
  test(`the outbox stands as it should wherever folding is interrupted, seed ${seed}`, () => {
    const random = seededRandom(seed)
    const file = newFile()
    const store = new StoreFile(file)
    const model = new OutboxModel()
    let slices = 0
    for (let round = 0; round < 10; round += 1) {
      for (let groups = below(random, 3); groups >= 0; groups -= 1) {
        const group = groupOf(random, model)
        const expected = group.map((one) => {
          const fits = model.accepts(one)
          if (fits) model.apply(one)
          return fits
        })
        assert.deepEqual(commit(store, group), expected, `round ${round}`)
      }
      assertStands(store, model, `round ${round}`)
      // In the middle of a fold, or not.
      if (round % 4 === 3) {
        const nowMs = below(random, 9)
        assert.equal(store.prune(nowMs, 1_000), model.expired(nowMs))
        model.prune(nowMs)
        assertStands(store, model, `round ${round}, pruned`)
        assertImage(file, model, undefined, `image of round ${round}, pruned`)
      }
      const last = round === 9 ? Infinity : below(random, 5)
      for (let at = 0; at < last && store.background !== 'none'; at += 1) {
        store.runBackground()
        slices += 1
        assertStands(store, model, `round ${round}, slice ${at}`)
        const gone = IDS.find((id) => !model.standing.some((envelope) => envelope.id === id))
        if (at % 2 === round % 2) assertImage(file, model, gone, `image of round ${round}, slice ${at}`)
      }
    }
    assert.ok(slices > 10, `folding took ${slices} slices; too few to show anything`)
    store.close()
    assertImage(file, model, undefined, 'after a stop')
  })
}
