// `spawn store erasures`: the proofs that actors were erased.

import type { Erasure } from '../../ports/index.ts'
import { command } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import { usageFailure } from '../failure.ts'
import { text } from '../option.ts'
import { STORE_OPTIONS } from '../store-options.ts'
import { printable } from '../terminal.ts'

const PAGE = 100

export const storeErasures = command({
  name: 'store erasures',
  summary: 'Show which actors were erased',
  about: `Shows the proof of each erasure in an encrypted store: which actor, the id of the key that was destroyed, its last revision,
and when. The id stands in front of all that the key encrypted, so a copy can be told to be of it. With --json each is
one line. An SQLite file belongs to one process at a time: stop the one that has it first.`,
  args: [],
  options: { ...STORE_OPTIONS, system: text('name', 'Those of one system', 's') },
  examples: [
    { line: 'spawn store erasures --store sqlite:my-system.db', what: 'all of a file' },
    { line: 'spawn store erasures --system shop --json', what: 'for the records' },
  ],
  async run({ options, json }, terminal) {
    const { startToRead, withStore } = await import('../store-line.ts')
    const { tableLines } = await import('../table.ts')
    const { isoTime } = await import('../../proxy/time-text.ts')
    return withStore(options, terminal, async (line) => {
      const { erasures } = line.store
      if (erasures === undefined)
        throw usageFailure('only an encrypted store has erasures', 'set SPAWN_STATESTORE_KEY')
      await startToRead(line)
      const found: Erasure[] = []
      for (let after: string | null | undefined; after !== null;) {
        const page = { limit: PAGE, ...(after !== undefined && { after }) }
        const { erasures: some, next } = await erasures.list(options.system ?? null, page)
        found.push(...some)
        after = next
      }
      const rows = found
        .toSorted((one, other) => one.doneAtMs - other.doneAtMs)
        .map(({ begunAtMs, doneAtMs, id, keyId, messages, revision }) => ({
          system: id.system,
          parent: id.parent,
          name: id.name,
          key: keyId,
          revision,
          messages,
          begunAt: isoTime(begunAtMs),
          doneAt: isoTime(doneAtMs),
        }))
      if (json) {
        for (const row of rows) await terminal.print(JSON.stringify(row))
        return EXIT.ok
      }
      if (rows.length === 0) terminal.note('nobody was erased')
      const cells = rows.map(({ doneAt, key, name, parent, revision, system }) =>
        [system, parent, name, key, String(revision), doneAt].map(printable),
      )
      const heading = ['SYSTEM', 'DEFINITION', 'NAME', 'KEY', 'REVISION', 'ERASED']
      if (rows.length > 0)
        for (const shown of tableLines([heading, ...cells], terminal.width)) await terminal.print(shown)
      return EXIT.ok
    })
  },
})
