// The statements by which rows of an archive come into the tables, and their values. Of several rows with one key the last
// counts, as `n` says. Each answers how many rows stand now, or were replaced.

import type { ArchiveChange, ArchiveRow } from '../../ports/index.ts'
import type { ActorId } from '../../protocol/index.ts'
import { packedOf } from '../archive-rows.ts'
import { boxNumber } from '../sql/box-number.ts'
import { packTags } from '../sql/tag-bytes.ts'
import { byteaArray, int4Array, int8Array } from './arrays.ts'
import { actorColumns } from './commit-values.ts'
import type { Statement, Value } from './connection.ts'
import { envelopeOf } from './one-by-one.ts'

type Kind = ArchiveRow['kind']

const SAME_ACTOR = 'a.system = u.system AND a.parent = u.parent AND a.name = u.name'
const REVISION = 'revision, birth, epoch, committed_at_ms, tags, state_type, state'
const REVISION_ARRAYS =
  '$4::int8[], $5::int8[], $6::int8[], $7::int8[], $8::bytea[], $9::bytea[], $10::bytea[]'
const ADDRESS_ARRAYS = '$1::bytea[], $2::bytea[], $3::bytea[]'

const set = (columns: string): string =>
  columns
    .split(', ')
    .map((column) => `${column} = excluded.${column}`)
    .join(', ')

const ACTOR = `WITH given AS (
    SELECT DISTINCT ON (system, parent, name) *
    FROM unnest(${ADDRESS_ARRAYS}, ${REVISION_ARRAYS}) WITH ORDINALITY AS u (system, parent, name, ${REVISION}, n)
    ORDER BY system, parent, name, n DESC),
  unfit AS (
    DELETE FROM spawn.past a USING given u
    WHERE ${SAME_ACTOR} AND (a.birth <> u.birth OR a.revision >= u.revision)),
  written AS (
    INSERT INTO spawn.actors (system, parent, name, ${REVISION}) SELECT system, parent, name, ${REVISION} FROM given
    ON CONFLICT (system, parent, name) DO UPDATE SET ${set(REVISION)})
  SELECT cardinality($1::bytea[])`

/** What is not of the incarnation that stands, or not older than it, is left out. */
const PAST = `WITH fitting AS (
    SELECT u.* FROM unnest(${ADDRESS_ARRAYS}, ${REVISION_ARRAYS}, $11::int8[], $12::int8[], $13::int4[])
      WITH ORDINALITY AS u (system, parent, name, ${REVISION}, replaced_at_ms, expires_at_ms, counted, n)
    JOIN spawn.actors a ON ${SAME_ACTOR} AND a.birth = u.birth AND a.revision > u.revision),
  written AS (
    INSERT INTO spawn.past (system, parent, name, ${REVISION}, replaced_at_ms, expires_at_ms, is_counted)
    SELECT DISTINCT ON (system, parent, name, revision) system, parent, name, ${REVISION}, replaced_at_ms,
      expires_at_ms, counted = 1
    FROM fitting ORDER BY system, parent, name, revision, n DESC
    ON CONFLICT (system, parent, name, revision)
      DO UPDATE SET ${set(`${REVISION}, replaced_at_ms, expires_at_ms, is_counted`)}),
  marked AS (
    UPDATE spawn.actors a SET has_past = true FROM (SELECT DISTINCT system, parent, name FROM fitting) AS u
    WHERE ${SAME_ACTOR} AND NOT a.has_past)
  SELECT count(*) FROM fitting`

const OUTCOME = `WITH written AS (
    INSERT INTO spawn.outcomes (system, parent, name, key, expires_at_ms, reply_type, reply)
    SELECT DISTINCT ON (system, parent, name, key) system, parent, name, key, expires_at_ms, reply_type, reply
    FROM unnest(${ADDRESS_ARRAYS}, $4::bytea[], $5::int8[], $6::bytea[], $7::bytea[])
      WITH ORDINALITY AS u (system, parent, name, key, expires_at_ms, reply_type, reply, n)
    ORDER BY system, parent, name, key, n DESC
    ON CONFLICT (system, parent, name, key) DO UPDATE SET ${set('expires_at_ms, reply_type, reply')})
  SELECT cardinality($1::bytea[])`

/** The next place is behind all that were written. */
const ENVELOPE = `WITH written AS (
    INSERT INTO spawn.outbox (system, id, place, box, due_at_ms, header, payload_type, payload)
    SELECT DISTINCT ON (system, id) system, id, place, box, due_at_ms, header, payload_type, payload
    FROM unnest($1::bytea[], $2::bytea[], $3::int8[], $4::int4[], $5::int8[], $6::bytea[], $7::bytea[], $8::bytea[])
      WITH ORDINALITY AS u (system, id, place, box, due_at_ms, header, payload_type, payload, n)
    ORDER BY system, id, n DESC
    ON CONFLICT (system, id) DO UPDATE SET ${set('place, box, due_at_ms, header, payload_type, payload')})
  SELECT cardinality($1::bytea[]), setval('spawn.place',
    greatest((SELECT max(p) FROM unnest($3::int8[]) p), (SELECT last_value FROM spawn.place)))`

export const WRITES: Readonly<Record<Kind, Statement>> = {
  actor: { name: '', text: ACTOR },
  past: { name: '', text: PAST },
  outcome: { name: '', text: OUTCOME },
  envelope: { name: '', text: ENVELOPE },
}

/** Envelopes of other ids at the places of these. Where all of them come behind every place that was given, nothing is read. */
export const PLACES_TAKEN: Statement = {
  name: '',
  text: `SELECT u.id, u.place FROM unnest($1::bytea[], $2::bytea[], $3::int8[]) AS u (system, id, place)
    JOIN spawn.outbox e ON e.place = u.place AND (e.system, e.id) <> (u.system, u.id)
    WHERE (SELECT min(p) FROM unnest($3::int8[]) p) <= (SELECT last_value FROM spawn.place) LIMIT 1`,
}

/** The bytes that a row had when it was read, and those that it is to have. */
const BYTES = 'type, value, new_type, new_value'
const isAsRead = (type: string, value: string): string =>
  `a.${type} IS NOT DISTINCT FROM u.type AND a.${value} IS NOT DISTINCT FROM u.value`

const changed = (
  table: string,
  type: string,
  value: string,
  arrays: string,
  columns: string,
  marks: string,
): string =>
  `WITH changed AS (
    UPDATE spawn.${table} a SET ${type} = u.new_type, ${value} = u.new_value
    FROM unnest(${ADDRESS_ARRAYS}, ${arrays}) AS u (system, parent, name, ${columns}, ${BYTES})
    WHERE ${SAME_ACTOR} AND ${marks} AND ${isAsRead(type, value)} RETURNING 1)
  SELECT count(*) FROM changed`

const NUMBERED = '$4::int8[], $5::int8[], $6::bytea[], $7::bytea[], $8::bytea[], $9::bytea[]'
const SAME_REVISION = 'a.revision = u.revision AND a.birth = u.birth'

export const CHANGES: Readonly<Record<Kind, Statement>> = {
  actor: {
    name: '',
    text: changed('actors', 'state_type', 'state', NUMBERED, 'revision, birth', SAME_REVISION),
  },
  past: {
    name: '',
    text: changed('past', 'state_type', 'state', NUMBERED, 'revision, birth', SAME_REVISION),
  },
  outcome: {
    name: '',
    text: changed(
      'outcomes',
      'reply_type',
      'reply',
      '$4::bytea[], $5::int8[], $6::bytea[], $7::bytea[], $8::bytea[], $9::bytea[]',
      'key, expires',
      'a.key = u.key AND a.expires_at_ms = u.expires',
    ),
  },
  envelope: {
    name: '',
    text: `WITH changed AS (
        UPDATE spawn.outbox a SET payload_type = u.new_type, payload = u.new_value, header = u.new_header
        FROM unnest($1::bytea[], $2::bytea[], $3::int8[], $4::bytea[], $5::bytea[], $6::bytea[], $7::bytea[],
          $8::bytea[], $9::bytea[]) AS u (system, id, place, header, new_header, ${BYTES})
          CROSS JOIN LATERAL ${envelopeOf('u.system', 'u.id')} AS f
        WHERE a.ctid = f.at AND a.place = u.place AND a.header = u.header
          AND ${isAsRead('payload_type', 'payload')} RETURNING 1)
      SELECT count(*) FROM changed`,
  },
}

/** @param rows all of one kind. */
export function writeValues(rows: readonly ArchiveRow[]): Value[] {
  const [actors, outcomes] = [revisionsIn(rows), outcomesIn(rows)]
  if (actors.length > 0)
    return [...addresses(rows), ...revisionColumns(actors), ...bytesColumns(rows), ...pastColumns(rows)]
  if (outcomes.length > 0) {
    const keys = byteaArray(outcomes.map(({ key }) => key))
    return [
      ...addresses(rows),
      keys,
      int8Array(outcomes.map(({ expiresAtMs }) => expiresAtMs)),
      ...bytesColumns(rows),
    ]
  }
  const envelopes = envelopesIn(rows)
  return [
    ...envelopeKeys(rows),
    int4Array(envelopes.map(({ box }) => boxNumber(box))),
    int8Array(envelopes.map(({ dueAtMs }) => dueAtMs)),
    byteaArray(envelopes.map(({ header }) => header)),
    ...bytesColumns(rows),
  ]
}

/** @param changes all of one kind. */
export function changeValues(changes: readonly ArchiveChange[]): Value[] {
  const before = changes.map((change) => change.before)
  const after = changes.map((change) => change.after)
  const bytes = [...bytesColumns(before), ...bytesColumns(after)]
  const [actors, outcomes] = [revisionsIn(before), outcomesIn(before)]
  if (actors.length > 0) return [...addresses(before), ...revisionColumns(actors).slice(0, 2), ...bytes]
  if (outcomes.length > 0) {
    const keys = byteaArray(outcomes.map(({ key }) => key))
    return [...addresses(before), keys, int8Array(outcomes.map(({ expiresAtMs }) => expiresAtMs)), ...bytes]
  }
  const headers = [envelopesIn(before), envelopesIn(after)].map((some) =>
    byteaArray(some.map(({ header }) => header)),
  )
  return [...envelopeKeys(before), ...headers, ...bytes]
}

function revisionsIn(rows: readonly ArchiveRow[]) {
  return rows.flatMap((row) => (row.kind === 'actor' || row.kind === 'past' ? row.actor : []))
}

function outcomesIn(rows: readonly ArchiveRow[]) {
  return rows.flatMap((row) => (row.kind === 'outcome' ? row.outcome : []))
}

function envelopesIn(rows: readonly ArchiveRow[]) {
  return rows.flatMap((row) => (row.kind === 'envelope' ? row.envelope : []))
}

function addresses(rows: readonly ArchiveRow[]): Value[] {
  return actorColumns(rows, (row): ActorId => {
    if (row.kind === 'envelope') return { system: row.system, parent: '', name: '' }
    return row.kind === 'outcome' ? row.id : row.actor.id
  })
}

function envelopeKeys(rows: readonly ArchiveRow[]): Value[] {
  const envelopes = envelopesIn(rows)
  const systems = rows.flatMap((row) => (row.kind === 'envelope' ? row.system : []))
  return [
    byteaArray(systems),
    byteaArray(envelopes.map(({ id }) => id)),
    int8Array(envelopes.map(({ place }) => place)),
  ]
}

function revisionColumns(actors: ReturnType<typeof revisionsIn>): Value[] {
  return [
    int8Array(actors.map(({ revision }) => revision)),
    int8Array(actors.map(({ birth }) => birth)),
    int8Array(actors.map(({ epoch }) => epoch)),
    int8Array(actors.map(({ committedAtMs }) => committedAtMs)),
    byteaArray(actors.map(({ tags }) => packTags(tags))),
  ]
}

function pastColumns(rows: readonly ArchiveRow[]): Value[] {
  const past = rows.flatMap((row) => (row.kind === 'past' ? row : []))
  if (past.length === 0) return []
  return [
    int8Array(past.map(({ replacedAtMs }) => replacedAtMs)),
    int8Array(past.map(({ expiresAtMs }) => expiresAtMs)),
    int4Array(past.map(({ counted }) => (counted ? 1 : 0))),
  ]
}

/** The type and the bytes of the state, reply or payload. */
function bytesColumns(rows: readonly ArchiveRow[]): Value[] {
  const all = rows.map(packedOf)
  return [
    byteaArray(all.map((packed) => packed?.typeUrl ?? null)),
    byteaArray(all.map((packed) => packed?.value ?? null)),
  ]
}
