// The limit of activations: one thread that selects actors by their key, one after the other, with one prepared
// statement. Nothing is decoded, nothing crosses a thread, no actor is made.

import { BIRTH, openBare, STATE } from './bare-database.ts'
import { actorNames, Picker } from './drive.ts'
import type { Prepare } from './subject.ts'

export const prepare: Prepare = async ({ actors, directory }) => {
  const database = openBare(directory)
  const names = actorNames(actors)
  const insert = database.prepare('INSERT INTO actors VALUES (1, ?, 1, ?, 1, ?, NULL, 1, ?)')
  database.exec('BEGIN IMMEDIATE')
  for (const name of names) insert.run(name, BIRTH, Date.now(), STATE)
  database.exec('COMMIT')
  const select = database.prepare(
    'SELECT birth, revision, epoch, committed_at_ms, tags, state_type, state FROM actors WHERE family = 1 AND name = ?',
  )
  const picker = new Picker(actors)
  return {
    round: async () => {
      const from = performance.now()
      for (let count = 0; count < actors; count += 1) {
        if (select.get(names[picker.next()]!) === undefined) throw new Error('an actor is not there')
      }
      return { rate: actors / ((performance.now() - from) / 1_000) }
    },
    stop: async () => database.close(),
  }
}
