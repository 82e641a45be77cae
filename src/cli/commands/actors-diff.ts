// `spawn actors diff`: what changed between two revisions of an actor, field by field.

import { command } from '../command.ts'
import { CONNECTION_OPTIONS } from '../connection-options.ts'
import { EXIT } from '../exit-codes.ts'
import { moment, text } from '../option.ts'

export const actorsDiff = command({
  name: 'actors diff',
  summary: 'Show what changed between two revisions of an actor',
  about: `Shows what changed between two revisions of an actor, in its state and its tags, field by field. Without --to, up to
the latest revision; without --from, since the one that is kept before it. Both take a revision, a time, or how long ago.`,
  args: [{ name: 'actor', help: "the actor's name" }],
  options: {
    ...CONNECTION_OPTIONS,
    ref: text('definition', 'The unnamed definition that the actor is an instance of', 'r'),
    from: moment('The older one: a revision, or when it stood'),
    to: moment('The newer one, likewise; default the latest'),
  },
  examples: [
    { line: 'spawn actors diff incrementor', what: 'the last change' },
    { line: 'spawn actors diff user-1 --ref user --from 3 --to 5', what: 'between two revisions' },
    { line: 'spawn actors diff user-1 --ref user --from 1d', what: 'since yesterday' },
    { line: 'spawn actors diff incrementor --json | jq .state', what: 'for programs' },
  ],
  async run({ args: [actor = ''], options, json }, terminal) {
    const { ref, from, to } = options
    const { withClient } = await import('../client.ts')
    const found = await withClient(options, terminal.env, (client) => client.diff(actor, { ref, from, to }))
    if (json) {
      await terminal.print(JSON.stringify(found))
      return EXIT.ok
    }
    const { diffLines, diffTitle } = await import('../diff-view.ts')
    terminal.note(diffTitle(found))
    const lines = diffLines(found, terminal)
    for (const line of lines) await terminal.print(line)
    if (lines.length === 0) terminal.note('nothing changed')
    return EXIT.ok
  },
})
