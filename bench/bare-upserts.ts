// The limit of durable calls on SQLite: one thread, one prepared upsert, a transaction around as many of them as there
// are callers; WAL and synchronous=FULL, so every transaction ends with an fsync of the log.
//
// The table has the columns of the store's own, one row per actor: the number of its family, name, revision, birth, epoch,
// time, tags and state (a JSON text as the store keeps it, of the same length). An upsert names the revision that it
// follows and the birth, as a commit does. Nothing is encoded, nobody waits for an answer, nothing crosses a thread.

import { BIRTH, openBare, STATE } from './bare-database.ts'
import { actorNames, Picker } from './drive.ts'
import type { Prepare } from './subject.ts'

const UPSERT = `INSERT INTO actors VALUES (1, ?, ?, ?, 1, ?, NULL, 1, ?)
  ON CONFLICT DO UPDATE SET revision = excluded.revision, birth = excluded.birth, epoch = excluded.epoch,
    committed_at_ms = excluded.committed_at_ms, tags = excluded.tags, state_type = excluded.state_type,
    state = excluded.state
  WHERE actors.revision = excluded.revision - 1 AND actors.birth = excluded.birth`

export const prepare: Prepare = async ({ actors, callers, directory }) => {
  const database = openBare(directory)
  const upsert = database.prepare(UPSERT)
  const names = actorNames(actors)
  const revisions = new Uint32Array(actors)
  const state = STATE

  const write = (at: number): void => {
    const revision = (revisions[at] ?? 0) + 1
    const { changes } = upsert.run(names[at]!, revision, BIRTH, Date.now(), state)
    if (changes !== 1)
      throw new Error(`an upsert of ${names[at]} to revision ${revision} changed ${changes} rows`)
    revisions[at] = revision
  }

  database.exec('BEGIN IMMEDIATE')
  for (let at = 0; at < actors; at += 1) write(at)
  database.exec('COMMIT')
  const picker = new Picker(actors)

  return {
    round: async (durationMs) => {
      let upserts = 0
      const from = performance.now()
      while (performance.now() - from < durationMs) {
        database.exec('BEGIN IMMEDIATE')
        for (let caller = 0; caller < callers; caller += 1) write(picker.next())
        database.exec('COMMIT')
        upserts += callers
      }
      return { rate: upserts / ((performance.now() - from) / 1_000) }
    },
    stop: async () => database.close(),
  }
}
