// A store that has something of everything, and rows of archives in comparable parts, for the suite over archives.

import assert from 'node:assert/strict'
import type { Archive, ArchiveRow, Commit, Statestore } from '../ports/index.ts'
import { MemoryStore } from '../stores/memory/index.ts'
import { Packed } from '../protocol/index.ts'
import {
  actorId,
  commitOf,
  commitRevisions,
  envelopeOf,
  factOf,
  json,
  NOON_MS,
  outsideCommit,
  plainActor,
  plainEnvelope,
  plainPacked,
} from './statestore-fixture.ts'

const ODD_NAME = '\u{1f600} "quoted" \ufffd é'
const OTHER = { system: 'another', parent: 'kind', name: 'one' }

export function archiveOf(store: Statestore): Archive {
  assert.ok(store.archive !== undefined, 'the store has an archive')
  return store.archive
}

/** All rows, by pages of `limit`. */
export async function readAll(store: Statestore, limit = 1_000): Promise<ArchiveRow[]> {
  const rows: ArchiveRow[] = []
  let after: string | null = null
  do {
    const page = await archiveOf(store).read(after === null ? { limit } : { limit, after })
    assert.ok(page.rows.length <= limit, 'a page has at most as many rows as asked')
    rows.push(...page.rows)
    after = page.next
  } while (after !== null)
  return rows
}

/** Rows of every kind: of several systems, with and without states, tags, replies, payloads; of the past for each reason. */
export async function fillStore(store: Statestore): Promise<void> {
  const outcome = (key: string, reply: Packed | null) => ({ key, reply, expiresAtMs: NOON_MS + 5_000 })
  const tags = { __proto__: 'x', 'a "b"': '\u{1f600}', empty: '' }
  const groups: Commit[][] = [
    [
      commitOf(ODD_NAME, 0, { tags: Object.fromEntries(Object.entries(tags)), epoch: 7, birth: 2 ** 53 - 1 }),
      commitOf('stateless', 0, { state: null }),
      commitOf('empty', 0, { state: new Packed('', new Uint8Array()) }),
      commitOf(actorId('stateless', 'parent'), 0, { committedAtMs: 2 ** 53 - 1 }),
      commitOf(OTHER, 0, { revision: 2 ** 40 }),
      // Outcomes of an actor that is not stored.
      commitOf('ghost', 0, { revision: 0, birth: 0, outcomes: [outcome('never', json('stored'))] }),
    ],
    [
      commitOf('keys', 0, {
        outcomes: [
          outcome('a', json(1)),
          outcome('b', null),
          outcome('\0 é', new Packed('', new Uint8Array())),
        ],
      }),
    ],
    Array.from({ length: 150 }, (_each, at) =>
      commitOf('keys', at + 1, { outcomes: [outcome(`key ${at}`, json(at))] }),
    ),
    [
      outsideCommit({
        sends: [
          envelopeOf('later', { box: 'schedule', dueAtMs: NOON_MS + 60_000 }),
          envelopeOf('\u{1f600} \0', { header: '{"\0":"\ufffd"}', payload: null, box: 'timer', dueAtMs: 7 }),
          envelopeOf('gone'),
          envelopeOf('dead', { box: 'dead', payload: new Packed('', new Uint8Array()), header: '' }),
          envelopeOf('now'),
        ],
      }),
      outsideCommit({ id: { ...OTHER, parent: '', name: '' }, sends: [envelopeOf('now'), factOf('one')] }),
    ],
    [
      commitOf('facts', 0, {
        sends: [
          factOf('kept'),
          factOf('\u{1f600} \0', { header: '{"\0":"\ufffd"}', payload: null, dueAtMs: NOON_MS + 60_000 }),
          factOf('taken'),
          factOf('empty', { payload: new Packed('', new Uint8Array()), header: '', dueAtMs: NOON_MS + 7 }),
        ],
      }),
      commitOf('facts', 1, { takes: ['fact:taken'], sends: [factOf('again')] }),
    ],
    [outsideCommit({ takes: ['gone'], sends: [envelopeOf('later', { dueAtMs: NOON_MS + 1 })] })],
  ]
  for (const group of groups) {
    const verdicts = await store.commit(group)
    assert.ok(!verdicts.includes('conflict'), 'the fixture stands')
  }
  await commitRevisions(store, 'counted', 6, { revisions: 3, durationMs: 0 })
  await commitRevisions(store, 'timed', 6, { revisions: 0, durationMs: 4 })
  await commitRevisions(store, 'both', 6, { revisions: 2, durationMs: 4 })
}

/** The reference with the same in it. */
export async function filledMemory(): Promise<MemoryStore> {
  const memory = new MemoryStore()
  await memory.start()
  await fillStore(memory)
  return memory
}

/** Rows in comparable parts, in an order of their own. A place counts only for the order within its system. */
export function plainRows(rows: readonly ArchiveRow[]): string[] {
  const places = new Map<string, number>()
  const nth = (system: string): number => {
    const count = (places.get(system) ?? 0) + 1
    places.set(system, count)
    return count
  }
  return rows
    .map((row) =>
      JSON.stringify(row.kind === 'envelope' ? { ...plainRow(row), nth: nth(row.system) } : plainRow(row)),
    )
    .toSorted()
}

export function plainRow(row: ArchiveRow): object {
  if (row.kind === 'outcome') {
    const { expiresAtMs, key, reply } = row.outcome
    const { name, parent, system } = row.id
    return { kind: row.kind, id: { system, parent, name }, key, expiresAtMs, reply: plainPacked(reply) }
  }
  if (row.kind === 'envelope')
    return { kind: row.kind, system: row.system, envelope: plainEnvelope(row.envelope) }
  const actor = sortedTags(plainActor(row.actor))
  if (row.kind === 'actor') return { kind: row.kind, actor }
  const { counted, expiresAtMs, replacedAtMs } = row
  return { kind: row.kind, actor, replacedAtMs, expiresAtMs, counted }
}

/** A store need not keep the order of tags. */
function sortedTags(actor: object): object {
  const tags = 'tags' in actor && actor.tags !== null && typeof actor.tags === 'object' ? actor.tags : {}
  const sorted = Object.entries(tags).map((entry) => JSON.stringify(entry))
  return { ...actor, tags: sorted.toSorted() }
}
