// `spawn actors list`: the stored actors of a running system, as a table or one JSON document per line.

import { LIMITS } from '../../base/index.ts'
import type { ActorRow } from '../answer.ts'
import { command } from '../command.ts'
import { CONNECTION_OPTIONS } from '../connection-options.ts'
import { EXIT } from '../exit-codes.ts'
import { usageFailure } from '../failure.ts'
import { entries, flag, text, whole } from '../option.ts'
import { printable, type Terminal } from '../terminal.ts'

export const actorsList = command({
  name: 'actors list',
  summary: 'List the stored actors',
  about: `Lists the stored actors of a running system, ordered by definition and name.
Filters add up: an actor is shown when all of them hold. With --json each actor is one line.`,
  args: [],
  options: {
    ...CONNECTION_OPTIONS,
    prefix: text('text', 'Names that begin with this'),
    parent: text('definition', 'Instances of this definition only'),
    tag: entries('key=value', 'Actors with this tag; may be repeated'),
    limit: whole('count', `At most so many actors; default ${LIMITS.defaultPageSize}`, {
      least: 1,
      most: 1e9,
    }),
    all: flag('All of them, page by page'),
    after: text('cursor', 'Go on where a list before ended'),
  },
  examples: [
    { line: 'spawn actors list', what: 'the first hundred' },
    { line: 'spawn actors list --parent user --prefix user-1', what: 'some instances of user' },
    { line: 'spawn actors list --tag city=Oslo --tag tier=gold', what: 'by tags' },
    { line: 'spawn actors list --all --json | jq -r .name', what: 'every name' },
  ],
  async run({ options, json }, terminal) {
    const { all, tag, prefix, parent } = options
    if (all && options.limit !== undefined) throw usageFailure('--all and --limit exclude each other')
    const tags = Object.entries(tag).map(([key, value]) => [`tag.${key}`, value] as const)
    const filter = { prefix, parent, ...Object.fromEntries(tags) }
    const { withClient } = await import('../client.ts')
    return withClient(options, terminal.env, async (client) => {
      let left = all ? Infinity : (options.limit ?? LIMITS.defaultPageSize)
      let after: string | null = options.after ?? null
      let shown = 0
      do {
        const limit = String(Math.min(left, LIMITS.pageSize))
        const page = await client.list({ ...filter, limit, after: after ?? undefined })
        await show(page.actors, shown === 0, terminal, json)
        shown += page.actors.length
        left -= page.actors.length
        after = page.next
      } while (after !== null && left > 0)
      if (shown === 0 && !json)
        terminal.note(`no actors are stored in ${printable(await client.system())} that match`)
      if (after !== null) tellRest(after, terminal, json)
      return EXIT.ok
    })
  },
})

async function show(
  actors: readonly ActorRow[],
  first: boolean,
  terminal: Terminal,
  json: boolean,
): Promise<void> {
  if (json) {
    for (const actor of actors) await terminal.print(JSON.stringify(actor))
    return
  }
  if (actors.length === 0) return
  const { tableLines } = await import('../table.ts')
  const rows = actors.map((actor) => [
    printable(actor.name),
    actor.parent === '' ? '-' : printable(actor.parent),
    String(actor.revision),
    actor.committedAt.replace(/\.\d+Z$/, 'Z'),
    printable(tagsText(actor.tags)),
  ])
  const [heading = '', ...lines] = tableLines([HEADING, ...rows], terminal.width)
  if (first) await terminal.print(terminal.style('bold', heading))
  for (const line of lines) await terminal.print(line)
}

const HEADING = ['NAME', 'DEFINITION', 'REVISION', 'COMMITTED', 'TAGS']

function tagsText(tags: ActorRow['tags']): string {
  return Object.entries(tags)
    .map(([key, value]) => `${key}=${value}`)
    .join(' ')
}

/** On stderr, so that stdout carries actors only. */
function tellRest(after: string, terminal: Terminal, json: boolean): void {
  if (json) terminal.note(JSON.stringify({ next: after }))
  else terminal.note(`there are more: --after ${after}, or --all`)
}
