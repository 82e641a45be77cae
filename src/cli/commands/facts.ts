// `spawn facts`: what the turns of sourceable actors have made of their states, in order, as a table or one JSON document per
// line; with --follow also those that come, until it is stopped.

import { LIMITS } from '../../base/index.ts'
import type { Client } from '../client.ts'
import { command } from '../command.ts'
import { CONNECTION_OPTIONS } from '../connection-options.ts'
import { EXIT } from '../exit-codes.ts'
import type { FactRow } from '../fact-answer.ts'
import { Failure, usageFailure } from '../failure.ts'
import { addressCell, timeCell } from '../listing.ts'
import { flag, text, whole } from '../option.ts'
import { StopSignal } from '../stop-signal.ts'
import { printable, type Terminal } from '../terminal.ts'

/** How long the server lets a question wait for one that comes, in milliseconds. */
const WAIT_MS = 20_000
/** How long it takes to ask again when none came: a server that is about to stop answers at once. */
const PAUSE_MS = 100

const HEADING = ['POSITION', 'AT', 'ACTOR', 'REVISION', 'ACTION', 'STATE']

export const facts = command({
  name: 'facts',
  summary: 'List or follow what turns have made of the states of sourceable actors',
  about: `Lists the facts of a running system in order, the oldest first: each is the state that one turn of a sourceable actor
has made, with the call's action and metadata. With --json each fact is one line. Its position is where to go on: --after takes
the position of the last one that was dealt with. With --follow it prints those that come, too, until Ctrl-C.`,
  args: [],
  options: {
    ...CONNECTION_OPTIONS,
    actor: text('name', 'Those of actors with this name'),
    definition: text('name', 'Those of the actors of this definition'),
    after: whole('position', 'Those behind this position; default 0: from the oldest on', {
      least: 0,
      most: Number.MAX_SAFE_INTEGER,
    }),
    limit: whole('count', `At most so many; default ${LIMITS.defaultPageSize}, with --follow no limit`, {
      least: 1,
      most: 1e9,
    }),
    all: flag('All that stand'),
    follow: flag('Go on with those that come', 'f'),
  },
  examples: [
    { line: 'spawn facts', what: 'the oldest hundred' },
    { line: 'spawn facts --actor cart-1 --definition cart --all', what: 'those of one instance' },
    {
      line: 'spawn facts --follow --after 1742 --json | my-projection',
      what: 'for a program that kept where it was',
    },
  ],
  async run({ options, json }, terminal) {
    const { actor, after = 0, all, definition, follow, limit } = options
    if (all && limit !== undefined) throw usageFailure('--all and --limit exclude each other')
    const most = limit ?? (all || follow ? Infinity : LIMITS.defaultPageSize)
    const { withClient } = await import('../client.ts')
    return withClient(options, terminal.env, async (client) => {
      const stop = new StopSignal(() => client.close())
      try {
        await show(client, { actor, definition, after, most, follow }, stop, terminal, json)
      } finally {
        stop.release()
      }
      return EXIT.ok
    })
  },
})

interface Asked {
  readonly actor: string | undefined
  readonly definition: string | undefined
  readonly after: number
  readonly most: number
  readonly follow: boolean
}

async function show(
  client: Client,
  { actor, after: from, definition, follow, most }: Asked,
  stop: StopSignal,
  terminal: Terminal,
  json: boolean,
): Promise<void> {
  let after = from
  let shown = 0
  let isLast = false
  const wait = follow ? String(WAIT_MS) : undefined
  while (shown < most && !(isLast && !follow) && !stop.isGiven) {
    const limit = String(Math.min(most - shown, LIMITS.pageSize))
    const page = await client
      .facts({ actor, definition, limit, after: String(after), wait })
      .catch((thrown: unknown) => {
        if (stop.isGiven) return null
        throw goingOn(thrown, after)
      })
    if (page === null) return
    if (page.facts.length > 0) await tell(page.facts, shown === 0, terminal, json)
    shown += page.facts.length
    after = page.next
    isLast = page.isLast
    if (isLast && follow && page.facts.length === 0) await stop.pause(PAUSE_MS)
  }
  if (follow) return
  if (shown === 0 && !json)
    terminal.note('no facts stand there: actors leave them whose definition is sourceable')
  if (!isLast)
    terminal.note(json ? JSON.stringify({ next: after }) : `there are more: --after ${after}, or --all`)
}

async function tell(
  rows: readonly FactRow[],
  first: boolean,
  terminal: Terminal,
  json: boolean,
): Promise<void> {
  if (json) {
    for (const row of rows) await terminal.print(JSON.stringify(row))
    return
  }
  const { tableLines } = await import('../table.ts')
  const [head = '', ...lines] = tableLines([HEADING, ...rows.map(cells)], terminal.width)
  if (first) await terminal.print(terminal.style('bold', head))
  for (const line of lines) await terminal.print(line)
}

function cells({ action, actor, at, position, revision, state }: FactRow): string[] {
  const json = state === undefined ? '-' : printable(JSON.stringify(state))
  return [String(position), timeCell(at), addressCell(actor), String(revision), printable(action), json]
}

/** What was printed before it need not be printed again. */
function goingOn(thrown: unknown, after: number): unknown {
  if (!(thrown instanceof Failure) || after === 0 || thrown.details?.['position'] !== undefined) return thrown
  const hint = [thrown.hint, `go on with --after ${after}`].filter(Boolean).join('; ')
  return thrown.with({ hint })
}
