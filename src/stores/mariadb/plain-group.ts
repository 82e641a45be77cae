// A plain group: latest revisions of different actors and nothing else, each of which follows the one below its own and keeps no
// past, all of one system and of one member's moment. That is what most calls come to, so it goes over in a block of its own that
// does only that. Decides which groups are plain, their text and its values. What it checks is what commit-statement.ts checks.
//
// What all rows have in common goes over once, in variables of the session, which the server does not write down for its
// logs each time a row names them, as it does with other values.

import type { Commit } from '../../ports/index.ts'
import type { ActorId } from '../../protocol/index.ts'
import { keepsHistory } from '../history.ts'
import type { GroupPlan, PlannedActor } from '../sql/group-plan.ts'
import { packTags } from '../sql/tag-bytes.ts'
import { ENTER, HANDLERS, LANE, LEAVE } from './block.ts'
import { forget, hasScored, TEXT, update } from './commit-statement.ts'
import type { Value } from './connection.ts'
import { addMissing, bytesOf, fitsInline, INLINE_COLUMNS, sizeFor } from './inline-actors.ts'

/** As many as a group of the engine has at most. */
const MOST_ROWS = 1_024

/** Of states, tags and names together; with what else there is, it stays below what every server takes. */
const MOST_BYTES = 4 * 1_024 * 1_024
/** What a character of an address may take, in bytes, as a value and once more in JSON. */
const NAME_ROOM = 9

export interface PlainGroup {
  /** The statement. */
  readonly text: string
  /** In the order of its parameters, behind those that say who writes. */
  readonly values: readonly Value[]
}

/** Null: it is not plain. */
export function plainGroup(plan: GroupPlan): PlainGroup | null {
  const { actors, outcomes, renewed, sends, swept, taken } = plan
  const [first] = actors[0]?.writes ?? []
  const more = outcomes.length + renewed.length + sends.length + swept.length + taken.length
  if (first === undefined || more > 0 || actors.length > MOST_ROWS) return null
  let bytes = 0
  let isOfOneType = true
  for (const actor of actors) {
    if (!isPlain(actor, first)) return null
    for (const { id, state, tags } of actor.writes) {
      bytes += (state?.value.length ?? 0) + (packTags(tags)?.length ?? 0) + NAME_ROOM * namesOf(id)
      isOfOneType &&= state?.typeUrl === first.state?.typeUrl
    }
  }
  if (bytes > MOST_BYTES) return null
  return { text: textFor(sizeFor(actors.length), isOfOneType), values: valuesOf(actors, first, isOfOneType) }
}

function namesOf({ name, parent, system }: ActorId): number {
  return name.length + parent.length + system.length
}

function isPlain({ needs, writes }: PlannedActor, first: Commit): boolean {
  const [commit] = writes
  return (
    commit !== undefined &&
    writes.length === 1 &&
    fitsInline(commit, needs.revision) &&
    !keepsHistory(commit.history) &&
    commit.id.system === first.id.system &&
    commit.epoch === first.epoch &&
    commit.committedAtMs === first.committedAtMs
  )
}

function valuesOf(actors: readonly PlannedActor[], first: Commit, isOfOneType: boolean): readonly Value[] {
  const values: Value[] = [
    first.id.system,
    first.epoch,
    first.committedAtMs,
    isOfOneType ? (first.state?.typeUrl ?? null) : null,
  ]
  const replaced: (readonly string[])[] = []
  const columns = isOfOneType ? 6 : 7
  for (const { needs, writes } of actors)
    for (const { birth, id, revision, state, tags } of writes) {
      const { name, parent, system } = id
      values.push(parent, name, revision, birth, packTags(tags))
      if (!isOfOneType) values.push(state?.typeUrl ?? null)
      values.push(bytesOf(state))
      if (needs.revision > 0) replaced.push([name, parent, system])
    }
  addMissing(values, actors.length, columns)
  // An insert counts as one row, an update as two.
  values.push(actors.length + replaced.length, JSON.stringify(replaced))
  return values
}

/** In the order of INLINE_COLUMNS. */
const row = (isOfOneType: boolean): string =>
  `(@spawn_system, ?, ?, ?, ?, @spawn_epoch, @spawn_at_ms, ?, ${isOfOneType ? '@spawn_type' : '?'}, ?)`

const plainText = (rows: number, isOfOneType: boolean): string => `BEGIN NOT ATOMIC${LANE}
  DECLARE wave_forgotten ${TEXT};
  ${HANDLERS}${ENTER}
  SET @spawn_system = ?, @spawn_epoch = ?, @spawn_at_ms = ?, @spawn_type = ?;
  INSERT INTO spawn_actors (${INLINE_COLUMNS.join(', ')})
    VALUES ${Array.from({ length: rows }, () => row(isOfOneType)).join(', ')}
    ON DUPLICATE KEY UPDATE
        ${update('VALUES(revision) - 1', 'VALUES(birth)')};
  ${hasScored('?')}${forget('?')}${LEAVE}
END`

const texts = new Map<number, string>()

function textFor(rows: number, isOfOneType: boolean): string {
  const key = rows * 2 + (isOfOneType ? 1 : 0)
  let text = texts.get(key)
  if (text === undefined) texts.set(key, (text = plainText(rows, isOfOneType)))
  return text
}
