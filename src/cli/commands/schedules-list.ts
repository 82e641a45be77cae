// `spawn schedules list`: the calls for a later time, as a table or one JSON document per line.

import type { ScheduleRow, UnreadableRow } from '../answer.ts'
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

export const schedulesList = command({
  name: 'schedules list',
  summary: 'List the calls for a later time',
  about: `Lists the calls for a later time of a running system, in the order in which they come: those that were scheduled
from outside, and the delayed effects of actors. With --json each schedule is one line.`,
  args: [],
  options: { ...CONNECTION_OPTIONS, ...LISTING_OPTIONS },
  examples: [
    { line: 'spawn schedules list', what: 'the next hundred' },
    { line: 'spawn schedules list --limit 1', what: 'what comes next' },
    { line: 'spawn schedules list --all --json | jq -r .id', what: 'every id' },
  ],
  async run({ options, json }, terminal) {
    checkListing(options)
    const { withClient } = await import('../client.ts')
    return withClient(options, terminal.env, async (client) => {
      const listing = {
        heading: ['ID', 'DUE', 'ACTOR', 'ACTION', 'FROM', 'REPEATS'],
        cells,
        page: (query: QueryValues) => client.schedules(query),
        empty: async () => `nothing is scheduled in ${printable(await client.system())}`,
      }
      await showListing(listing, options, terminal, json)
      return EXIT.ok
    })
  },
})

function cells(row: ScheduleRow | UnreadableRow): string[] {
  if ('unreadable' in row) {
    const { dueAt = '', id, unreadable } = row
    return [printable(id), timeCell(dueAt), '?', '?', '?', whyUnreadable(unreadable)]
  }
  const { id, dueAt, to, action, from, cron, timeZone } = row
  const repeats = cron === null ? '-' : `${cron} ${timeZone ?? ''}`.trimEnd()
  const sender = from === null ? '-' : addressCell(from)
  return [printable(id), timeCell(dueAt), addressCell(to), printable(action), sender, printable(repeats)]
}
