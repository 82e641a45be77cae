// `spawn actors history`: the revisions of an actor that are kept, newest first, as a table or one JSON document per line.

import type { HistoryRows, RevisionRow } from '../answer.ts'
import { command } from '../command.ts'
import { CONNECTION_OPTIONS } from '../connection-options.ts'
import { EXIT } from '../exit-codes.ts'
import { checkListing, LISTING_OPTIONS, showListing, tagsCell, timeCell } from '../listing.ts'
import { text } from '../option.ts'
import type { QueryValues } from '../question.ts'
import { spanText } from '../../base/index.ts'

export const actorsHistory = command({
  name: 'actors history',
  summary: 'List the revisions of an actor that are kept',
  about: `Lists the revisions of an actor that can be shown, compared and restored, newest first, and tells what its definition
keeps. With --json each revision is one line.`,
  args: [{ name: 'actor', help: "the actor's name" }],
  options: {
    ...CONNECTION_OPTIONS,
    ref: text('definition', 'The unnamed definition that the actor is an instance of', 'r'),
    ...LISTING_OPTIONS,
  },
  examples: [
    { line: 'spawn actors history incrementor', what: 'a named actor' },
    {
      line: 'spawn actors history user-1 --ref user --limit 10',
      what: 'the last ten revisions of an instance',
    },
    { line: 'spawn actors history incrementor --all --json | jq .committedAt', what: 'for programs' },
  ],
  async run({ args: [actor = ''], options, json }, terminal) {
    checkListing(options)
    const { withClient } = await import('../client.ts')
    return withClient(options, terminal.env, async (client) => {
      let keeps: HistoryRows['keeps'] | null = null
      const listing = {
        heading: ['REVISION', 'COMMITTED', 'TAGS'],
        cells,
        page: async (query: QueryValues) => {
          const page = await client.history(actor, { ref: options.ref, ...query })
          keeps = page.keeps
          return page
        },
        empty: async () => 'no revisions are kept beyond there',
      }
      await showListing(listing, options, terminal, json)
      if (keeps !== null && !json) terminal.note(keepsText(keeps))
      return EXIT.ok
    })
  },
})

function cells({ committedAt, revision, tags }: RevisionRow): string[] {
  return [String(revision), timeCell(committedAt), tagsCell(tags)]
}

function keepsText({ durationMs, revisions }: HistoryRows['keeps']): string {
  const rules: string[] = []
  if (revisions > 0) rules.push(`${revisions} before the latest`)
  if (durationMs > 0) rules.push(`each for ${spanText(durationMs)} after it was replaced`)
  return rules.length === 0 ? 'kept: the latest revision only' : `kept: ${rules.join(', and ')}`
}
