// `spawn actors get`: what stands of one actor.

import { command } from '../command.ts'
import { CONNECTION_OPTIONS } from '../connection-options.ts'
import { EXIT } from '../exit-codes.ts'
import { text } from '../option.ts'

export const actorsGet = command({
  name: 'actors get',
  summary: "Show an actor's state, revision and tags",
  about: "Shows an actor's state, revision and tags as one JSON document.",
  args: [{ name: 'actor', help: "the actor's name" }],
  options: {
    ...CONNECTION_OPTIONS,
    ref: text('definition', 'The unnamed definition that the actor is an instance of', 'r'),
  },
  examples: [
    { line: 'spawn actors get incrementor', what: 'a named actor' },
    { line: 'spawn actors get user-1 --ref user', what: 'an instance' },
    { line: 'spawn actors get incrementor --json | jq .state', what: 'its state alone' },
  ],
  async run({ args: [actor = ''], options, json }, terminal) {
    const { withClient } = await import('../client.ts')
    const { jsonLines } = await import('../json-view.ts')
    const found = await withClient(options, terminal.env, (client) => client.get(actor, options.ref))
    await terminal.print(jsonLines(found, json ? null : terminal.width))
    return EXIT.ok
  },
})
