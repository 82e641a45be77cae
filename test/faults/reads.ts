// Everything that a store can be asked without a change, each over rows that stand and, after `change`, over others: so that
// an answer tells which of two servers gave it.

import assert from 'node:assert/strict'
import type { ArchivePage, Commit, Statestore } from '../../src/ports/index.ts'
import { archiveOf } from '../../src/testing/statestore-archive-fixture.ts'
import {
  actorId,
  commitOf,
  envelopeOf,
  factOf,
  json,
  NOON_MS,
  SYSTEM,
} from '../../src/testing/statestore-fixture.ts'

const NOW_MS = NOON_MS + 100
const ONE = actorId('one', 'parent')
const OTHER_SYSTEM = 'another'
const PAGE = { limit: 100 }

/** As plain values, which differ before and after the change. */
export const READS: Readonly<Record<string, (store: Statestore) => Promise<unknown>>> = {
  load: (store) => store.load([ONE]),
  'a revision by number': (store) => store.loadRevision(ONE, { revision: 2 }),
  'a revision by time': (store) => store.loadRevision(ONE, { atMs: NOW_MS }),
  'the revisions of the past': (store) => store.revisions(ONE, 10),
  'an outcome': (store) => store.loadOutcome(ONE, 'key 2', 0),
  'the keys of outcomes': (store) => store.outcomeKeys(ONE, 10),
  'a list': (store) => store.list({ system: SYSTEM }, PAGE),
  'a list by prefix, parent by parent': (store) => store.list({ system: SYSTEM, prefix: 'on' }, PAGE),
  'a count': (store) => store.count({ system: SYSTEM }),
  'the systems': (store) => store.systems(),
  'how much there is': async (store) => (await store.holdings?.())?.systems,
  'what is due': (store) => store.due(SYSTEM, NOW_MS, 10),
  envelopes: (store) => store.envelopes(SYSTEM, ['sent 2']),
  'a box': (store) => store.listEnvelopes(SYSTEM, 'delivery', PAGE),
  facts: (store) => store.facts(SYSTEM, 0, 10),
  'a page of all rows': async (store): Promise<ArchivePage['rows']> =>
    (await archiveOf(store).read({ limit: 1_000 })).rows,
}

/** Commits what the reads are about. @param revision 1 before the change, 2 after it. */
export async function change(store: Statestore, revision: 1 | 2): Promise<void> {
  const follows = revision - 1
  const key = { key: `key ${revision}`, reply: json('reply'), expiresAtMs: NOON_MS + revision }
  const group: Commit[] = [
    commitOf(ONE, follows, {
      history: { revisions: 10, durationMs: 0 },
      outcomes: [key],
      sends: [envelopeOf(`sent ${revision}`), factOf(`${revision}`)],
    }),
    commitOf(actorId(`one more ${revision}`, `parent ${revision}`), 0),
  ]
  if (revision === 2) group.push(commitOf({ system: OTHER_SYSTEM, parent: '', name: 'one' }, 0))
  assert.ok((await store.commit(group)).every((verdict) => verdict === 'committed'))
}

/** Drops one outcome after the first change, and two after the second. */
export function pruned(store: Statestore): Promise<number> {
  return store.prune(NOW_MS, 10)
}
