// What every archive of a statestore keeps; see ports/archive.ts. What was written is compared with the memory store's.

import assert from 'node:assert/strict'
import { isSpawnError } from '../base/index.ts'
import { ARCHIVE_KINDS, type ArchiveRow, type Statestore } from '../ports/index.ts'
import { Packed } from '../protocol/index.ts'
import {
  archiveOf,
  filledMemory,
  fillStore,
  plainRow,
  plainRows,
  readAll,
} from './statestore-archive-fixture.ts'
import {
  actorId,
  assertStored,
  BIRTH,
  commitOf,
  commitRevisions,
  envelopeOf,
  json,
  loadOne,
  NOON_MS,
  outsideCommit,
  plainPacked,
  type StatestoreCases,
  SYSTEM,
} from './statestore-fixture.ts'

type Row<Kind extends ArchiveRow['kind']> = Extract<ArchiveRow, { kind: Kind }>

async function rowsOf<Kind extends ArchiveRow['kind']>(store: Statestore, kind: Kind): Promise<Row<Kind>[]> {
  return (await readAll(store)).filter((row): row is Row<Kind> => row.kind === kind)
}

function actorRow(name: string, more: Partial<Row<'actor'>['actor']> = {}): Row<'actor'> {
  const { birth, committedAtMs, epoch, id, revision, state, tags } = commitOf(name, 4)
  return { kind: 'actor', actor: { id, revision, birth, epoch, tags, state, committedAtMs, ...more } }
}

function pastRow(name: string, revision: number, more: Partial<Row<'past'>['actor']> = {}): Row<'past'> {
  const { actor } = actorRow(name, { revision, state: json(`r${revision}`), ...more })
  return { kind: 'past', actor, replacedAtMs: NOON_MS, expiresAtMs: NOON_MS + 10, counted: false }
}

function envelopeRow(id: string, place: number, system = SYSTEM): Row<'envelope'> {
  return { kind: 'envelope', system, envelope: { ...envelopeOf(id), place } }
}

function outcomeRow(key: string, reply: Packed | null, name = 'one'): Row<'outcome'> {
  return { kind: 'outcome', id: actorId(name), outcome: { key, reply, expiresAtMs: NOON_MS + 100 } }
}

/** The same row with other bytes. */
function sealed(row: ArchiveRow): ArchiveRow {
  const other = new Packed('sealed', new Uint8Array([1, 2, 3]))
  if (row.kind === 'outcome') return { ...row, outcome: { ...row.outcome, reply: other } }
  if (row.kind === 'envelope')
    return { ...row, envelope: { ...row.envelope, header: 'sealed', payload: other } }
  return { ...row, actor: { ...row.actor, state: other } }
}

export const archiveCases: StatestoreCases = {
  'all that is kept is read, each field exactly': async (store) => {
    await fillStore(store)
    const memory = await filledMemory()
    const rows = await readAll(store)
    assert.deepEqual(plainRows(rows), plainRows(await readAll(memory)))
    assert.deepEqual(
      [...new Set(rows.map(({ kind }) => kind))],
      [...ARCHIVE_KINDS],
      'the kinds come in their order',
    )
    for (const row of rows)
      if (row.kind === 'actor') assert.ok(row.actor.state === null || row.actor.state instanceof Packed)
  },

  'pages of any size have every row once': async (store) => {
    await fillStore(store)
    const all = await readAll(store)
    for (const limit of [1, 2, 7, 64, 100]) {
      assert.deepEqual((await readAll(store, limit)).map(plainRow), all.map(plainRow), `pages of ${limit}`)
    }
  },

  'an empty store has no rows': async (store) => {
    assert.deepEqual(await readAll(store), [])
  },

  'a page ends where its rows have become many bytes': async (store) => {
    const state = new Packed('big', new Uint8Array(1_024 * 1_024).fill(7))
    for (let at = 0; at < 12; at += 1) await store.commit([commitOf(`big ${at}`, 0, { state })])
    const page = await archiveOf(store).read({ limit: 1_000 })
    assert.ok(page.rows.length > 0 && page.rows.length <= 8, `${page.rows.length} rows of a mebibyte`)
    assert.equal((await readAll(store)).length, 12)
  },

  'a place in the reading that no page answered is refused': async (store) => {
    for (const after of ['', 'x', Buffer.from('["actor",{}]').toString('base64url')]) {
      await assert.rejects(
        archiveOf(store).read({ limit: 1, after }),
        (thrown) => isSpawnError(thrown) && thrown.code === 'INVALID_ARGUMENT',
      )
    }
  },

  'what is written to an empty store is all there': async (store) => {
    const rows = await readAll(await filledMemory())
    let written = 0
    for (let at = 0; at < rows.length; at += 50)
      written += await archiveOf(store).write(rows.slice(at, at + 50))
    assert.equal(written, rows.length)
    assert.deepEqual(plainRows(await readAll(store)), plainRows(rows))
    const memory = await filledMemory()
    for (const name of ['counted', 'timed', 'both', 'stateless']) {
      assert.deepEqual(await store.revisions(actorId(name), 10), await memory.revisions(actorId(name), 10))
    }
    assert.deepEqual(
      plainPacked((await store.loadOutcome(actorId('keys'), 'key 77', NOON_MS))?.reply ?? null),
      plainPacked(json(77)),
    )
    assert.notEqual(await store.loadOutcome(actorId('ghost'), 'never', NOON_MS), null)
    assert.equal((await store.outcomeKeys(actorId('keys'), 1_000))?.length, 153)
    const { envelopes } = await store.due('another', NOON_MS, 10)
    assert.deepEqual(
      envelopes.map(({ id }) => id),
      ['now'],
    )
    assert.equal(await archiveOf(store).write([]), 0)
  },

  'the store goes on from what was written': async (store) => {
    const past = [3, 4].map((revision): Row<'past'> => ({ ...pastRow('one', revision), counted: true }))
    const rows = [actorRow('one'), ...past, pastRow('one', 2), outcomeRow('k', null), envelopeRow('e', 40)]
    assert.equal(await archiveOf(store).write(rows), 6)
    const outcomes = [{ key: 'k', reply: null, expiresAtMs: NOON_MS * 2 }]
    assert.deepEqual(await store.commit([commitOf('one', 4)]), ['conflict'], 'the revision has gone on')
    assert.deepEqual(
      await store.commit([commitOf('one', 5, { birth: 1 })]),
      ['conflict'],
      'another incarnation',
    )
    assert.deepEqual(await store.commit([commitOf('one', 5, { outcomes })]), ['conflict'], 'the key is known')
    assert.deepEqual(
      await store.loadRevision(actorId('one'), { revision: 2 }).then((one) => one?.revision),
      2,
    )
    assert.equal(await store.prune(NOON_MS + 50, 100), 1, 'the revision that nothing counts')
    const history = { revisions: 2, durationMs: 0 }
    const commit = commitOf('one', 5, { history, takes: ['e'], sends: [envelopeOf('f')] })
    assert.deepEqual(await store.commit([commit]), ['committed'])
    assertStored(await loadOne(store, 'one'), commit)
    const revisions = async () => (await store.revisions(actorId('one'), 10)).map(({ revision }) => revision)
    assert.deepEqual(await revisions(), [6, 5, 4, 3])
    const [gone, sent] = await store.envelopes(SYSTEM, ['e', 'f'])
    assert.equal(gone, null)
    assert.ok(sent !== null && sent !== undefined && sent.place > 40, 'behind all places that were written')
    assert.equal(await store.prune(NOON_MS + 100, 100), 2, 'the outcome, and what is counted no more')
    assert.deepEqual(await revisions(), [6, 5, 4])
    assert.deepEqual(await store.delete(actorId('one'), 6, BIRTH), 'committed')
  },

  'rows of the same key are replaced': async (store) => {
    await fillStore(store)
    const rows = await readAll(store)
    const changed = rows.map(sealed)
    for (let at = 0; at < rows.length; at += 50) {
      const part = changed.slice(at, at + 50)
      assert.equal(await archiveOf(store).write(part), part.length)
    }
    assert.deepEqual(plainRows(await readAll(store)), plainRows(changed))
    const moved = { ...envelopeRow('now', 5_000), system: SYSTEM }
    await archiveOf(store).write([moved])
    const envelopes = (await rowsOf(store, 'envelope')).filter(({ system }) => system === SYSTEM)
    assert.equal(envelopes.length, 8)
    assert.equal(envelopes.at(-1)?.envelope.id, 'now', 'it has moved to the end')
  },

  'of rows of one key the last counts': async (store) => {
    const rows = [
      outcomeRow('k', json(1)),
      outcomeRow('k', json(2)),
      actorRow('one', { revision: 1 }),
      actorRow('one', { revision: 2 }),
    ]
    await archiveOf(store).write(rows)
    const stand = await readAll(store)
    assert.deepEqual(
      plainRows(stand),
      plainRows([outcomeRow('k', json(2)), actorRow('one', { revision: 2 })]),
    )
  },

  'what does not fit the past of an actor is left out': async (store) => {
    const alien = pastRow('one', 2, { birth: BIRTH + 1 })
    const rows = [
      pastRow('one', 1),
      actorRow('one'),
      pastRow('one', 5),
      pastRow('one', 9),
      alien,
      pastRow('none', 1),
    ]
    assert.equal(await archiveOf(store).write(rows), 1, 'before its actor, not older, of another, of none')
    assert.equal(await archiveOf(store).write([pastRow('one', 3), pastRow('one', 4)]), 2)
    await archiveOf(store).write([actorRow('one', { revision: 4 })])
    assert.deepEqual(
      (await rowsOf(store, 'past')).map(({ actor }) => actor.revision),
      [3],
      'what is not older than the latest any more',
    )
    await archiveOf(store).write([actorRow('one', { birth: BIRTH + 1 })])
    assert.deepEqual(await rowsOf(store, 'past'), [], 'the past of another incarnation')
  },

  'envelopes stand in the order of their places': async (store) => {
    await archiveOf(store).write([
      envelopeRow('third', 30),
      envelopeRow('first', 10),
      envelopeRow('second', 20),
    ])
    await store.commit([outsideCommit({ sends: [envelopeOf('fourth')] })])
    const { envelopes } = await store.due(SYSTEM, NOON_MS, 10)
    assert.deepEqual(
      envelopes.map(({ id }) => id),
      ['first', 'second', 'third', 'fourth'],
    )
    assert.deepEqual(
      (await rowsOf(store, 'envelope')).map(({ envelope }) => envelope.id),
      ['first', 'second', 'third', 'fourth'],
    )
  },

  'a place that another envelope has is refused, and nothing is written': async (store) => {
    await archiveOf(store).write([envelopeRow('first', 10)])
    await assert.rejects(
      archiveOf(store).write([actorRow('one'), envelopeRow('second', 10)]),
      (thrown) => isSpawnError(thrown) && thrown.code === 'INVALID_ARGUMENT',
    )
    assert.equal(await loadOne(store, 'one'), null)
    assert.deepEqual(
      (await rowsOf(store, 'envelope')).map(({ envelope }) => envelope.id),
      ['first'],
    )
  },
}

export const archiveReplaceCases: StatestoreCases = {
  'bytes of rows that stand as they were read are replaced': async (store) => {
    await fillStore(store)
    const rows = await readAll(store)
    const changes = rows.map((before) => ({ before, after: sealed(before) }))
    for (let at = 0; at < rows.length; at += 50) {
      const part = changes.slice(at, at + 50)
      assert.equal(await archiveOf(store).replace(part), part.length)
    }
    assert.deepEqual(plainRows(await readAll(store)), plainRows(rows.map(sealed)))
    assert.equal(
      await archiveOf(store).replace(changes.slice(0, 50)),
      0,
      'they are not as they were read any more',
    )
    assert.equal(await archiveOf(store).replace([]), 0)
  },

  'nothing but bytes is replaced': async (store) => {
    await commitRevisions(store, 'one', 2, { revisions: 3, durationMs: 0 })
    const [before] = await rowsOf(store, 'actor')
    const [past] = await rowsOf(store, 'past')
    assert.ok(before !== undefined && past !== undefined)
    const state = json('other')
    const more = { revision: 9, birth: 9, epoch: 9, tags: { no: 'no' }, committedAtMs: 9, state }
    const after: ArchiveRow = { kind: 'actor', actor: { ...before.actor, ...more } }
    const pastAfter: ArchiveRow = { ...past, counted: false, expiresAtMs: 1, actor: { ...past.actor, state } }
    const changes = [
      { before, after },
      { before: past, after: pastAfter },
    ]
    assert.equal(await archiveOf(store).replace(changes), 2)
    assertStored(await loadOne(store, 'one'), commitOf('one', 1, { state }))
    assert.equal(await store.prune(NOON_MS * 2, 10), 0, 'it is counted still')
    assertStored(await store.loadRevision(actorId('one'), { revision: 1 }), commitOf('one', 0, { state }))
  },

  'what has changed since it was read is left alone, its neighbours are not': async (store) => {
    const outcomes = [{ key: 'k', reply: json('reply'), expiresAtMs: NOON_MS + 100 }]
    const sends = [envelopeOf('taken'), envelopeOf('sent again'), envelopeOf('same')]
    const history = { revisions: 1, durationMs: 0 }
    await store.commit([commitOf('one', 0, { outcomes, sends }), commitOf('two', 0), commitOf('three', 0)])
    await store.commit([commitOf('one', 1, { history })])
    const changes = (await readAll(store)).map((before) => ({ before, after: sealed(before) }))
    assert.equal(changes.length, 8)
    await store.commit([
      commitOf('one', 2, {
        history,
        takes: ['taken'],
        sends: [envelopeOf('sent again', { header: 'other' })],
      }),
    ])
    await store.delete(actorId('two'), 1, BIRTH)
    await store.commit([commitOf('two', 0, { birth: BIRTH + 1 })])
    assert.equal(await archiveOf(store).replace(changes), 3, 'three, the outcome, and the envelope "same"')
    assertStored(await loadOne(store, 'one'), commitOf('one', 2))
    assertStored(await loadOne(store, 'two'), commitOf('two', 0, { birth: BIRTH + 1 }))
    assert.equal((await loadOne(store, 'three'))?.state?.typeUrl, 'sealed')
    const [again, same] = await store.envelopes(SYSTEM, ['sent again', 'same'])
    assert.deepEqual([again?.header, same?.header], ['other', 'sealed'])
    assert.equal((await store.loadOutcome(actorId('one'), 'k', NOON_MS))?.reply?.typeUrl, 'sealed')
  },
}
