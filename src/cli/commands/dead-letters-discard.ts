// `spawn dead-letters discard`: drops what was given up, one letter or all. It cannot be undone, so it asks first; where
// nobody can be asked, it needs --yes.

import { command } from '../command.ts'
import { confirm } from '../confirm.ts'
import { CONNECTION_OPTIONS } from '../connection-options.ts'
import { DEAD_LETTER_ARGUMENT, dealWithAll, dealWithOne, oneOrAll } from '../dead-letters.ts'
import { EXIT } from '../exit-codes.ts'
import { flag } from '../option.ts'
import { printable } from '../terminal.ts'

export const deadLettersDiscard = command({
  name: 'dead-letters discard',
  summary: 'Drop a dead letter, or all of them',
  about: `Drops a dead letter: what it was to do is never done. This cannot be undone. It asks before; without a terminal it
needs --yes. --all takes those that stand when it begins.`,
  args: [DEAD_LETTER_ARGUMENT],
  options: { ...CONNECTION_OPTIONS, all: flag('All of them'), yes: flag('Do not ask', 'y') },
  examples: [
    { line: 'spawn dead-letters discard 1x7k2p9qa3z-1', what: 'asks first' },
    { line: 'spawn dead-letters discard --all --yes', what: 'in a script' },
  ],
  async run({ args: [given], options: { all, yes, ...target }, json }, terminal) {
    const id = oneOrAll(given, all)
    const { withClient } = await import('../client.ts')
    return withClient(target, terminal.env, async (client) => {
      const deed = { done: 'discarded', act: (letter: string) => client.discard(letter) }
      const ask = async (what: string): Promise<void> => {
        if (!yes)
          await confirm(`Discard ${what} of ${printable(await client.system())}?`, 'discarded', terminal)
      }
      if (id === null) await dealWithAll(client, deed, terminal, json, ask)
      else {
        await ask(`the dead letter ${printable(id)}`)
        await dealWithOne(id, deed, terminal, json)
      }
      return EXIT.ok
    })
  },
})
