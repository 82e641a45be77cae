// `spawn dead-letters list`: what was given up, as a table or one JSON document per line.

import type { DeadLetterRow, UnreadableRow } from '../answer.ts'
import {
  addressCell,
  checkListing,
  LISTING_OPTIONS,
  showListing,
  timeCell,
  whyUnreadable,
} from '../listing.ts'
import { command } from '../command.ts'
import { CONNECTION_OPTIONS } from '../connection-options.ts'
import { EXIT } from '../exit-codes.ts'
import type { QueryValues } from '../question.ts'
import { printable } from '../terminal.ts'

export const deadLettersList = command({
  name: 'dead-letters list',
  summary: 'List the messages whose delivery was given up',
  about: `Lists the effects, broadcasts and scheduled calls whose delivery was given up, oldest first, with the last error.
They stand until they are retried or discarded. With --json each one is one line; \`show\` has the payload too. One that
cannot be read is named with why, with --json as \`unreadable\`: it can be discarded by its id.`,
  args: [],
  options: { ...CONNECTION_OPTIONS, ...LISTING_OPTIONS },
  examples: [
    { line: 'spawn dead-letters list', what: 'the oldest hundred' },
    { line: 'spawn dead-letters list --all --json | jq -r .error.code | sort | uniq -c', what: 'by error' },
  ],
  async run({ options, json }, terminal) {
    checkListing(options)
    const { withClient } = await import('../client.ts')
    return withClient(options, terminal.env, async (client) => {
      const listing = {
        heading: ['ID', 'DIED', 'ACTOR', 'ACTION', 'TRIES', 'ERROR'],
        cells,
        page: (query: QueryValues) => client.deadLetters(query),
        empty: async () => `no dead letters stand in ${printable(await client.system())}`,
      }
      await showListing(listing, options, terminal, json)
      return EXIT.ok
    })
  },
})

function cells(row: DeadLetterRow | UnreadableRow): string[] {
  if ('unreadable' in row) {
    const { diedAt = '', id, unreadable } = row
    return [printable(id), timeCell(diedAt), '?', '?', '?', whyUnreadable(unreadable)]
  }
  const { id, diedAt, to, action, attempts, error } = row
  const why = printable(`${error.code}: ${error.message}`)
  return [printable(id), timeCell(diedAt), addressCell(to), printable(action), String(attempts), why]
}
