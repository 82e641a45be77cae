// `spawn actors erase`: destroys the key of an actor and removes it, so that no copy of it can be read. It cannot be undone,
// so it asks first; where nobody can be asked, it needs --yes.

import { command } from '../command.ts'
import { confirm } from '../confirm.ts'
import { CONNECTION_OPTIONS } from '../connection-options.ts'
import { EXIT } from '../exit-codes.ts'
import { flag, text } from '../option.ts'
import { printable } from '../terminal.ts'

export const actorsErase = command({
  name: 'actors erase',
  summary: 'Make an actor unreadable everywhere, for good',
  about: `Finishes the turns that wait, then destroys the actor's own key and removes all that the store has of it: state, past,
kept replies, and messages from it and to it. What was copied before can be read by nobody. Its definition must be
erasable. Erasing it again shows the same proof; spawn store erasures shows all of them. This cannot be undone: it asks
before, and without a terminal it needs --yes.`,
  args: [{ name: 'actor', help: "the actor's name" }],
  options: {
    ...CONNECTION_OPTIONS,
    ref: text('definition', 'The unnamed definition that the actor is an instance of', 'r'),
    yes: flag('Do not ask', 'y'),
  },
  examples: [
    { line: 'spawn actors erase user-1 --ref user', what: 'asks first' },
    { line: 'spawn actors erase user-1 --ref user --yes --json', what: 'the proof, for the records' },
  ],
  async run({ args: [actor = ''], options, json }, terminal) {
    const { withClient } = await import('../client.ts')
    return withClient(options, terminal.env, async (client) => {
      const address = options.ref === undefined ? actor : `${options.ref}/${actor}`
      if (!options.yes)
        await confirm(
          `Erase ${printable(address)} of ${printable(await client.system())} for good?`,
          'erased',
          terminal,
        )
      const erasure = await client.erase(actor, options.ref)
      if (json) await terminal.print(JSON.stringify(erasure))
      else
        terminal.note(
          `erased ${printable(address)}: key ${printable(erasure.key)} destroyed, revision ${erasure.revision} was its last`,
        )
      return EXIT.ok
    })
  },
})
