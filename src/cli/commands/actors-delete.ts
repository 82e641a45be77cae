// `spawn actors delete`: removes an actor with its past. It cannot be undone, so it asks first; where nobody can be
// asked, it needs --yes.

import { command } from '../command.ts'
import { confirm } from '../confirm.ts'
import { CONNECTION_OPTIONS } from '../connection-options.ts'
import { EXIT } from '../exit-codes.ts'
import { flag, text } from '../option.ts'
import { printable } from '../terminal.ts'

export const actorsDelete = command({
  name: 'actors delete',
  summary: 'Remove an actor with its past',
  about: `Finishes the turns that wait, then removes an actor with its state, its tags and its past. This cannot be undone.
It asks before; without a terminal it needs --yes.`,
  args: [{ name: 'actor', help: "the actor's name" }],
  options: {
    ...CONNECTION_OPTIONS,
    ref: text('definition', 'The unnamed definition that the actor is an instance of', 'r'),
    yes: flag('Do not ask', 'y'),
  },
  examples: [
    { line: 'spawn actors delete user-1 --ref user', what: 'asks first' },
    { line: 'spawn actors delete incrementor --yes', what: 'in a script' },
  ],
  async run({ args: [actor = ''], options, json }, terminal) {
    const { withClient } = await import('../client.ts')
    return withClient(options, terminal.env, async (client) => {
      const address = options.ref === undefined ? actor : `${options.ref}/${actor}`
      if (!options.yes)
        await confirm(
          `Delete ${printable(address)} of ${printable(await client.system())} with its past?`,
          'deleted',
          terminal,
        )
      await client.delete(actor, options.ref)
      if (json) await terminal.print(JSON.stringify({ deleted: true }))
      else terminal.note(`deleted ${printable(address)}`)
      return EXIT.ok
    })
  },
})
