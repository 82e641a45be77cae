// Rows of the tables of Spawn's Elixir runtime, the same in every database. Decides nothing: what a row means is
// archive/spawn-row.ts's.

import type { SpawnPastRow, SpawnRow } from '../../ports/index.ts'
import type { Field, Row } from './rows.ts'

/** @param row id, system, actor, revision, tags, type of the data, data, when it was saved. */
export function spawnRow([id, system, actor, revision, tags, dataType, data, savedAtMs]: Row): SpawnRow {
  return {
    id: Number(id),
    system: textOf(system),
    actor: textOf(actor),
    revision: numberOf(revision),
    tags: textOf(tags),
    dataType: textOf(dataType),
    data: data instanceof Uint8Array ? data : null,
    savedAtMs: numberOf(savedAtMs),
  }
}

/** @param row the same of the past; behind it id, system and actor of the row that it belongs to, or nothing. */
export function spawnPastRow(row: Row): SpawnPastRow {
  const [ownerId, system, actor] = row.slice(8)
  const owner = ownerId === null ? null : { system: textOf(system), actor: textOf(actor) }
  return { ...spawnRow(row), owner }
}

export function bytesIn(rows: readonly Row[]): number {
  let bytes = 0
  for (const row of rows) for (const field of row) if (field instanceof Uint8Array) bytes += field.length
  return bytes
}

function textOf(field: Field | undefined): string | null {
  return field === null || field === undefined ? null : String(field)
}

function numberOf(field: Field | undefined): number | null {
  return field === null || field === undefined ? null : Number(field)
}
