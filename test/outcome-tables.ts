// Tables of kept outcomes in files of their own, for their tests: each with what a transaction of it is.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after } from 'node:test'
import type { OutcomeRecord } from '../src/ports/index.ts'
import { Packed } from '../src/protocol/packed.ts'
import { Database } from '../src/stores/sqlite/database.ts'
import { Dictionary } from '../src/stores/sqlite/dictionary.ts'
import { OutcomeTable } from '../src/stores/sqlite/outcome-table.ts'

const folder = mkdtempSync(join(tmpdir(), 'spawn-outcomes-'))
after(() => rmSync(folder, { recursive: true, force: true }))
let files = 0
export const newFile = (): string => join(folder, `${(files += 1)}.db`)

function tableOf(database: Database, dictionary: Dictionary, gathered: number | undefined): OutcomeTable {
  try {
    return new OutcomeTable(database, dictionary, gathered)
  } catch (thrown) {
    database.close()
    throw thrown
  }
}

export function opened(file = newFile(), gathered?: number) {
  const database = new Database(file)
  const dictionary = new Dictionary(database)
  const table = tableOf(database, dictionary, gathered)
  /** One transaction. */
  const change = <T>(work: () => T): T => {
    try {
      const result = database.durably(() => {
        const done = work()
        table.flush()
        return done
      })
      dictionary.settle(true)
      table.settle(true)
      return result
    } catch (thrown) {
      dictionary.settle(false)
      table.settle(false)
      throw thrown
    }
  }
  /** With nothing else in its row. */
  const writeRow = (...given: Parameters<OutcomeTable['write']>): void => {
    table.write(...given)
    table.flush()
  }
  return { file, database, table, change, writeRow, family: dictionary.family({ system: 's', parent: 'p' }) }
}

export const outcomeOf = (key: string, expiresAtMs = 100): OutcomeRecord => {
  return { key, expiresAtMs, reply: new Packed('t', Buffer.from(`reply to ${key}`)) }
}
