// `spawn actors get`: what stands of one actor.

import { command } from '../command.ts'
import { CONNECTION_OPTIONS } from '../connection-options.ts'
import { EXIT } from '../exit-codes.ts'
import { usageFailure } from '../failure.ts'
import { pastTime, text, whole } from '../option.ts'

export const actorsGet = command({
  name: 'actors get',
  summary: "Show an actor's state, revision and tags",
  about: `Shows an actor's state, revision and tags as one JSON document: as it is, or with --revision or --at as it was, if its
history keeps that.`,
  args: [{ name: 'actor', help: "the actor's name" }],
  options: {
    ...CONNECTION_OPTIONS,
    ref: text('definition', 'The unnamed definition that the actor is an instance of', 'r'),
    revision: whole('number', 'As it was in this revision', { least: 1, most: Number.MAX_SAFE_INTEGER }),
    at: pastTime('As it was then: 30m or 7d ago, or a time'),
  },
  examples: [
    { line: 'spawn actors get incrementor', what: 'a named actor' },
    { line: 'spawn actors get user-1 --ref user', what: 'an instance' },
    { line: 'spawn actors get incrementor --revision 3', what: 'as it was in a revision' },
    { line: 'spawn actors get incrementor --at 1h', what: 'as it was an hour ago' },
    { line: 'spawn actors get incrementor --json | jq .state', what: 'its state alone' },
  ],
  async run({ args: [actor = ''], options, json }, terminal) {
    const { at, ref, revision } = options
    if (revision !== undefined && at !== undefined)
      throw usageFailure('--revision and --at exclude each other')
    const query = { ref, revision: revision === undefined ? undefined : String(revision), at }
    const { withClient } = await import('../client.ts')
    const { jsonLines } = await import('../json-view.ts')
    const found = await withClient(options, terminal.env, (client) => client.get(actor, query))
    await terminal.print(jsonLines(found, json ? null : terminal.width))
    return EXIT.ok
  },
})
