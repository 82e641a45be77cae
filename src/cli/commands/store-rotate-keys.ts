// `spawn store rotate-keys`: seals all of a store with the first key, so that the others may go.

import { command } from '../command.ts'
import { flag } from '../option.ts'
import { STORE_OPTIONS } from '../store-options.ts'

export const storeRotateKeys = command({
  name: 'store rotate-keys',
  summary: 'Encrypt all of a store with the first key',
  about: `Encrypts everything in a store with the first key of $SPAWN_STATESTORE_KEY, whichever of the others it was encrypted with;
with \`plain\` behind the keys, also what never was. It may run beside a system that has the first key already, except on
SQLite, whose file belongs to one process. One that was cut off goes on where it was. Rows that cannot be opened stay as they
are, are shown, and make it fail. With --check it counts rows by their keys and changes nothing: before you take a key
away, see that it has none.`,
  args: [],
  options: {
    ...STORE_OPTIONS,
    check: flag('Count rows by their keys, and change nothing'),
    'from-start': flag('Look at everything again, also what an earlier run has done'),
  },
  examples: [
    { line: 'spawn store rotate-keys', what: 'the store and the keys that the environment names' },
    { line: 'spawn store rotate-keys --check --store postgres://ada@db/shop', what: 'is 2026 still in use?' },
  ],
  async run({ options, json }, terminal) {
    const { withStore } = await import('../store-line.ts')
    const { rotateKeys } = await import('../key-rotation.ts')
    return withStore(options, terminal, (line) => {
      const { check, 'from-start': fromStart } = options
      return rotateKeys(line, { check, fromStart, json }, terminal)
    })
  },
})
