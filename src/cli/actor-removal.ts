// A command that removes an actor for good: `spawn actors delete` and `spawn actors erase`. It cannot be undone, so it asks
// first; where nobody can be asked, it needs --yes. What is removed is each command's.

import type { Client } from './client.ts'
import { type Command, command, type Example } from './command.ts'
import { confirm, type Deed } from './confirm.ts'
import { CONNECTION_OPTIONS } from './connection-options.ts'
import { EXIT } from './exit-codes.ts'
import { flag, text } from './option.ts'
import { printable } from './terminal.ts'

export interface Removal {
  readonly name: string
  readonly summary: string
  readonly about: string
  readonly examples: readonly Example[]
  /** What is asked, of texts that are safe to print. */
  readonly question: (address: string, system: string) => string
  readonly deed: Deed
  readonly remove: (client: Client, actor: string, ref: string | undefined) => Promise<Removed>
}

/** What was done. */
export interface Removed {
  readonly json: unknown
  /** @param address safe to print. */
  readonly text: (address: string) => string
}

export function actorRemoval({ about, examples, name, deed, question, remove, summary }: Removal): Command {
  return command({
    name,
    summary,
    about,
    args: [{ name: 'actor', help: "the actor's name" }],
    options: {
      ...CONNECTION_OPTIONS,
      ref: text('definition', 'The unnamed definition that the actor is an instance of', 'r'),
      yes: flag('Do not ask', 'y'),
    },
    examples,
    async run({ args: [actor = ''], options, json }, terminal) {
      const { withClient } = await import('./client.ts')
      return withClient(options, terminal.env, async (client) => {
        const address = printable(options.ref === undefined ? actor : `${options.ref}/${actor}`)
        if (!options.yes) await confirm(question(address, printable(await client.system())), deed, terminal)
        const removed = await remove(client, actor, options.ref)
        if (json) await terminal.print(JSON.stringify(removed.json))
        else terminal.note(removed.text(address))
        return EXIT.ok
      })
    },
  })
}
