// The statements by which rows of an archive come into the tables, and their values: each a block that is part of a
// transaction. Of several rows with one key the last counts. Each answers how many rows stand now, or were replaced; null
// where it was stopped in the middle, see json-rows.ts.

import type { ArchiveChange, ArchiveKind, ArchiveRow } from '../../ports/index.ts'
import { packedOf } from '../archive-rows.ts'
import { boxNumber } from '../sql/box-number.ts'
import { packTags } from '../sql/tag-bytes.ts'
import { Bytes } from './bytes.ts'
import type { Value } from './connection.ts'
import { ADDRESS, addressText, ID, KEY, type Layout, NUMBER, rowsOf, SAME_ACTOR } from './json-rows.ts'

const VARIABLES = `
  DECLARE its_rows LONGTEXT CHARACTER SET utf8mb4 DEFAULT ?;
  DECLARE its_bytes LONGBLOB DEFAULT ?;
  DECLARE counted INT DEFAULT JSON_LENGTH(its_rows);
  SET @spawn_rows = 0;`

/** Where the bytes of a row begin, and how long each of them is; null: there are none. */
const BYTES = { starts: NUMBER, first: NUMBER, type: NUMBER, value: NUMBER } as const
/** Tags of an actor, or the header of an envelope. */
const FIRST = 'SUBSTR(its_bytes, u.starts, u.first)'
const TYPE = 'SUBSTR(its_bytes, u.starts + IFNULL(u.first, 0), u.type)'
const VALUE = 'SUBSTR(its_bytes, u.starts + IFNULL(u.first, 0) + IFNULL(u.type, 0), u.value)'

const REVISIONS = {
  ...ADDRESS,
  revision: NUMBER,
  birth: NUMBER,
  epoch: NUMBER,
  at_ms: NUMBER,
  replaced_at_ms: NUMBER,
  expires_at_ms: NUMBER,
  is_counted: NUMBER,
  ...BYTES,
} as const
const OUTCOMES = { ...ADDRESS, its_key: KEY, expires_at_ms: NUMBER, ...BYTES } as const
const ENVELOPES = { system: KEY, id: ID, place: NUMBER, box: NUMBER, due_at_ms: NUMBER, ...BYTES } as const

const REVISION = 'revision, birth, epoch, committed_at_ms, tags, state_type, state'
/** As a part of a number: counts the rows that a statement goes through. */
const COUNT_ROW = '0 * (@spawn_rows := @spawn_rows + 1)'
const COUNTED = 'SELECT IF(@spawn_rows <=> counted, counted, NULL);'

const REVISION_VALUES = `u.revision + ${COUNT_ROW}, u.birth, u.epoch, u.at_ms, ${FIRST}, ${TYPE}, ${VALUE}`
const KEPT = 'replaced_at_ms, expires_at_ms, is_counted'

const set = (columns: string): string =>
  columns
    .split(', ')
    .map((column) => `${column} = VALUES(${column})`)
    .join(', ')

/** What is not of the incarnation that stands, or not older than it, does not fit. */
const FITTING = `${rowsOf('its_rows', REVISIONS)} STRAIGHT_JOIN spawn_actors AS a
    ON ${SAME_ACTOR} AND a.birth = u.birth AND a.revision > u.revision`

const WRITES: Readonly<Record<ArchiveKind, string>> = {
  actor: `
  DELETE a FROM ${rowsOf('its_rows', REVISIONS)} STRAIGHT_JOIN spawn_past AS a ON ${SAME_ACTOR}
    WHERE a.birth <> u.birth OR a.revision >= u.revision;
  INSERT INTO spawn_actors (system, parent, name, ${REVISION})
    SELECT u.system, u.parent, u.name, ${REVISION_VALUES} FROM ${rowsOf('its_rows', REVISIONS)}
    ON DUPLICATE KEY UPDATE ${set(REVISION)};
  ${COUNTED}`,
  past: `
  SELECT COUNT(*) INTO counted FROM ${FITTING};
  INSERT INTO spawn_past (system, parent, name, ${REVISION}, ${KEPT})
    SELECT u.system, u.parent, u.name, ${REVISION_VALUES}, u.replaced_at_ms, u.expires_at_ms, u.is_counted
    FROM ${FITTING}
    ON DUPLICATE KEY UPDATE ${set(`${REVISION}, ${KEPT}`)};
  ${COUNTED}`,
  outcome: `
  INSERT INTO spawn_outcomes (system, parent, name, its_key, expires_at_ms, reply_type, reply)
    SELECT u.system, u.parent, u.name, u.its_key, u.expires_at_ms + ${COUNT_ROW}, ${TYPE}, ${VALUE}
    FROM ${rowsOf('its_rows', OUTCOMES)}
    ON DUPLICATE KEY UPDATE ${set('expires_at_ms, reply_type, reply')};
  ${COUNTED}`,
  // The next place is behind all that were written.
  envelope: `
  DELETE a FROM ${rowsOf('its_rows', ENVELOPES)} STRAIGHT_JOIN spawn_outbox AS a
    ON a.system = u.system AND a.id = u.id;
  INSERT INTO spawn_outbox (system, place, id, box, due_at_ms, header, payload_type, payload)
    SELECT u.system, u.place + ${COUNT_ROW}, u.id, u.box, u.due_at_ms, ${FIRST}, ${TYPE}, ${VALUE}
    FROM ${rowsOf('its_rows', ENVELOPES)};
  INSERT INTO spawn_places (system, last_place, last_fact_place)
    SELECT u.system, MAX(u.place), MAX(IF(u.box = ${boxNumber('fact')}, u.place, 0))
    FROM ${rowsOf('its_rows', ENVELOPES)} GROUP BY u.system
    ON DUPLICATE KEY UPDATE last_place = GREATEST(spawn_places.last_place, VALUES(last_place)),
      last_fact_place = GREATEST(spawn_places.last_fact_place, VALUES(last_fact_place));
  ${COUNTED}`,
}

/** Envelopes of other ids at the places of these. */
export const PLACES_TAKEN = `SELECT u.id, u.place FROM ${rowsOf('?', ENVELOPES)} STRAIGHT_JOIN spawn_outbox AS a
  ON a.system = u.system AND a.place = u.place AND a.id <> u.id LIMIT 1`

/** Where the bytes that a row had when it was read begin, and those that it is to have behind them. */
const CHANGED = { ...BYTES, new_first: NUMBER, new_type: NUMBER, new_value: NUMBER } as const
const NEW_STARTS = '(u.starts + IFNULL(u.first, 0) + IFNULL(u.type, 0) + IFNULL(u.value, 0))'
const NEW_FIRST = `SUBSTR(its_bytes, ${NEW_STARTS}, u.new_first)`
const NEW_TYPE = `SUBSTR(its_bytes, ${NEW_STARTS} + IFNULL(u.new_first, 0), u.new_type)`
const NEW_VALUE = `SUBSTR(its_bytes, ${NEW_STARTS} + IFNULL(u.new_first, 0) + IFNULL(u.new_type, 0), u.new_value)`

function change(
  table: string,
  layout: Layout,
  same: string,
  packed: readonly [type: string, value: string],
  more = '',
): string {
  const [type, value] = packed
  const matching = `${rowsOf('its_rows', { ...layout, ...CHANGED })} STRAIGHT_JOIN ${table} AS a ON ${same}
      AND a.${type} <=> ${TYPE} AND a.${value} <=> ${VALUE}`
  return `
  SELECT COUNT(*) INTO counted FROM ${matching} FOR UPDATE;
  UPDATE ${matching} SET a.${type} = IF((@spawn_rows := @spawn_rows + 1) > 0, ${NEW_TYPE}, NULL), a.${value} = ${NEW_VALUE}${more};
  ${COUNTED}`
}

const NUMBERED = { ...ADDRESS, revision: NUMBER, birth: NUMBER } as const
const SAME_REVISION = `${SAME_ACTOR} AND a.revision = u.revision AND a.birth = u.birth`

const CHANGES: Readonly<Record<ArchiveKind, string>> = {
  actor: change('spawn_actors', NUMBERED, SAME_REVISION, ['state_type', 'state']),
  past: change('spawn_past', NUMBERED, SAME_REVISION, ['state_type', 'state']),
  outcome: change(
    'spawn_outcomes',
    { ...ADDRESS, its_key: KEY, expires_at_ms: NUMBER },
    `${SAME_ACTOR} AND a.its_key = u.its_key AND a.expires_at_ms = u.expires_at_ms`,
    ['reply_type', 'reply'],
  ),
  envelope: change(
    'spawn_outbox',
    { system: KEY, id: ID, place: NUMBER },
    `a.system = u.system AND a.id = u.id AND a.place = u.place AND a.header = ${FIRST}`,
    ['payload_type', 'payload'],
    `, a.header = ${NEW_FIRST}`,
  ),
}

export const writing = (kind: ArchiveKind): string => `BEGIN NOT ATOMIC${VARIABLES}${WRITES[kind]}\nEND`
export const changing = (kind: ArchiveKind): string => `BEGIN NOT ATOMIC${VARIABLES}${CHANGES[kind]}\nEND`

/** @param rows all of one kind. */
export function writeValues(rows: readonly ArchiveRow[]): Value[] {
  const bytes = new Bytes()
  const lines = rows.map(
    (row) => `[${keyOf(row)},${restOf(row)}${bytes.length + 1},${lengthsOf(row, bytes)}]`,
  )
  return [`[${lines.join(',')}]`, bytes.written]
}

/** @param changes all of one kind. */
export function changeValues(changes: readonly ArchiveChange[]): Value[] {
  const bytes = new Bytes()
  const lines = changes.map(({ after, before }) => {
    const starts = bytes.length + 1
    return `[${keyOf(before)},${starts},${lengthsOf(before, bytes)},${lengthsOf(after, bytes)}]`
  })
  return [`[${lines.join(',')}]`, bytes.written]
}

/** By what a row is known, and by what it is told from another of its key. */
function keyOf(row: ArchiveRow): string {
  if (row.kind === 'envelope')
    return `${JSON.stringify(row.system)},${JSON.stringify(row.envelope.id)},${row.envelope.place}`
  if (row.kind === 'outcome')
    return `${addressText(row.id)},${JSON.stringify(row.outcome.key.toWellFormed())},${row.outcome.expiresAtMs}`
  return `${addressText(row.actor.id)},${row.actor.revision},${row.actor.birth}`
}

/** Each field with the comma behind it. */
function restOf(row: ArchiveRow): string {
  if (row.kind === 'envelope') return `${boxNumber(row.envelope.box)},${row.envelope.dueAtMs},`
  if (row.kind === 'outcome') return ''
  const kept = row.kind === 'past' ? `${row.replacedAtMs},${row.expiresAtMs},${row.counted ? 1 : 0}` : '0,0,0'
  return `${row.actor.epoch},${row.actor.committedAtMs},${kept},`
}

/** Writes what a row has of bytes, and answers their lengths. */
function lengthsOf(row: ArchiveRow, bytes: Bytes): string {
  const packed = packedOf(row)
  const first = firstOf(row, bytes)
  if (packed === null) return `${first},null,null`
  const type = bytes.addText(packed.typeUrl)
  bytes.add(packed.value)
  return `${first},${type},${packed.value.length}`
}

function firstOf(row: ArchiveRow, bytes: Bytes): number | null {
  if (row.kind === 'envelope') return bytes.addText(row.envelope.header)
  if (row.kind === 'outcome') return null
  const tags = packTags(row.actor.tags)
  if (tags === null) return null
  bytes.add(tags)
  return tags.length
}
