// `spawn actors list`: the stored actors of a running system, as a table or one JSON document per line.

import type { ActorRow } from '../answer.ts'
import { command } from '../command.ts'
import { CONNECTION_OPTIONS } from '../connection-options.ts'
import { EXIT } from '../exit-codes.ts'
import { usageFailure } from '../failure.ts'
import { checkListing, LISTING_OPTIONS, showListing, tagsCell, timeCell } from '../listing.ts'
import { entries, flag, pastTime, text } from '../option.ts'
import type { QueryValues } from '../question.ts'
import { printable } from '../terminal.ts'

export const actorsList = command({
  name: 'actors list',
  summary: 'List the stored actors',
  about: `Lists the stored actors of a running system, ordered by definition and name.
Filters add up: an actor is shown when all of them hold. With --json each actor is one line. The last activity of an actor is
its last commit: what only reads it leaves no trace.`,
  args: [],
  options: {
    ...CONNECTION_OPTIONS,
    prefix: text('text', 'Names that begin with this'),
    parent: text('definition', 'Instances of this definition only'),
    tag: entries('key=value', 'Actors with this tag; may be repeated'),
    'active-since': pastTime('Those that have committed since: 30m, 7d, or a time'),
    'idle-since': pastTime('Those that have committed nothing since'),
    count: flag('How many they are, and nothing else'),
    ...LISTING_OPTIONS,
  },
  examples: [
    { line: 'spawn actors list', what: 'the first hundred' },
    { line: 'spawn actors list --parent user --prefix user-1', what: 'some instances of user' },
    { line: 'spawn actors list --tag city=Oslo --tag tier=gold', what: 'by tags' },
    { line: 'spawn actors list --idle-since 30d --count', what: 'how many nobody has changed for a month' },
    {
      line: 'spawn actors list --active-since 2026-12-01T09:00:00Z --idle-since 10m',
      what: 'changed since then, but not in the last ten minutes',
    },
    { line: 'spawn actors list --all --json | jq -r .name', what: 'every name' },
  ],
  async run({ options, json }, terminal) {
    const { tag, prefix, parent, 'active-since': activeSince, 'idle-since': idleSince, count } = options
    checkListing(options)
    if (count && (options.all || options.limit !== undefined || options.after !== undefined))
      throw usageFailure('--count counts all that match: it goes with none of --limit, --all and --after')
    const tags = Object.entries(tag).map(([key, value]) => [`tag.${key}`, value] as const)
    const filter = { prefix, parent, activeSince, idleSince, ...Object.fromEntries(tags) }
    const which = Object.values(filter).some((value) => value !== undefined) ? ' that match' : ''
    const { withClient } = await import('../client.ts')
    return withClient(options, terminal.env, async (client) => {
      if (count) {
        const found = await client.count(filter)
        await terminal.print(json ? JSON.stringify({ count: found }) : String(found))
        return EXIT.ok
      }
      const listing = {
        heading: ['NAME', 'DEFINITION', 'REVISION', 'COMMITTED', 'TAGS'],
        cells,
        page: (query: QueryValues) => client.list({ ...filter, ...query }),
        empty: async () => `no actors are stored in ${printable(await client.system())}${which}`,
      }
      await showListing(listing, options, terminal, json)
      return EXIT.ok
    })
  },
})

function cells({ name, parent, revision, committedAt, tags }: ActorRow): string[] {
  const definition = parent === '' ? '-' : printable(parent)
  return [printable(name), definition, String(revision), timeCell(committedAt), tagsCell(tags)]
}
