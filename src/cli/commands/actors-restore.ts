// `spawn actors restore`: makes a revision of the past the newest one. It asks before, showing what that changes, and what
// it showed must still stand when it happens; where nobody can be asked, it needs --yes.

import { command } from '../command.ts'
import { checkAskable, confirm } from '../confirm.ts'
import { CONNECTION_OPTIONS } from '../connection-options.ts'
import type { Client } from '../client.ts'
import { EXIT } from '../exit-codes.ts'
import { Failure, usageFailure } from '../failure.ts'
import { flag, pastTime, text, whole } from '../option.ts'
import { printable, type Terminal } from '../terminal.ts'

/** Lines of what changes that are shown before the question. */
const LINES_SHOWN = 20

export const actorsRestore = command({
  name: 'actors restore',
  summary: 'Make a revision of the past the newest one',
  about: `Gives an actor the state and the tags back that it had in a revision of its past. That is a new revision: nothing of
the past is lost, and the restore itself can be undone by another one. What the actor has sent or scheduled is not undone.
It shows what changes and asks before; without a terminal it needs --yes.`,
  args: [{ name: 'actor', help: "the actor's name" }],
  options: {
    ...CONNECTION_OPTIONS,
    ref: text('definition', 'The unnamed definition that the actor is an instance of', 'r'),
    revision: whole('number', 'This revision', { least: 1, most: Number.MAX_SAFE_INTEGER }),
    at: pastTime('The revision that stood then: 30m, 7d, or a time'),
    yes: flag('Do not ask', 'y'),
  },
  examples: [
    { line: 'spawn actors restore user-1 --ref user --revision 3', what: 'shows what changes, and asks' },
    { line: 'spawn actors restore incrementor --at 2026-12-01T09:00:00Z', what: 'as it was then' },
    { line: 'spawn actors restore incrementor --at 1h --yes', what: 'in a script' },
  ],
  async run({ args: [actor = ''], options, json }, terminal) {
    const { ref, revision, at, yes } = options
    if ((revision === undefined) === (at === undefined))
      throw usageFailure('say which revision: one of --revision and --at')
    if (!yes) checkAskable('restored', terminal)
    const { withClient } = await import('../client.ts')
    return withClient(options, terminal.env, async (client) => {
      const address = printable(ref === undefined ? actor : `${ref}/${actor}`)
      const query = { ref, revision: revision === undefined ? undefined : String(revision), at }
      const follows = yes ? undefined : await asked(client, actor, address, query, terminal)
      const { from, revision: stands } = await client.restore(actor, query, follows)
      if (json) await terminal.print(JSON.stringify({ revision: stands, from }))
      else if (from === stands) terminal.note(`${address} stands at revision ${from} already`)
      else terminal.note(`restored ${address} to revision ${from}, as revision ${stands}`)
      return EXIT.ok
    })
  },
})

interface RevisionAsked {
  readonly ref: string | undefined
  readonly revision: string | undefined
  readonly at: string | undefined
}

/** @returns the revision that stood when the question was asked. */
async function asked(
  client: Client,
  actor: string,
  address: string,
  { at, ref, revision }: RevisionAsked,
  terminal: Terminal,
): Promise<number | undefined> {
  const { rows } = await client.history(actor, { ref, limit: '1' })
  const latest = rows[0]?.revision
  const to = await changes(client, actor, { ref, from: String(latest), to: revision ?? at }, terminal)
  const target = to ?? (revision === undefined ? `what it was at ${at ?? ''}` : `revision ${revision}`)
  await confirm(`Restore ${address} from revision ${latest ?? '-'} to ${target}?`, 'restored', terminal)
  return latest
}

/** Shows what a restore changes. @returns which revision it is; null: the actor's state cannot be compared. */
async function changes(
  client: Client,
  actor: string,
  query: { readonly ref: string | undefined; readonly from: string; readonly to: string | undefined },
  terminal: Terminal,
): Promise<string | null> {
  const { diffLines } = await import('../diff-view.ts')
  const { timeCell } = await import('../listing.ts')
  try {
    const diff = await client.diff(actor, query)
    const lines = diffLines(diff, terminal)
    for (const line of lines.slice(0, LINES_SHOWN)) terminal.note(line)
    if (lines.length > LINES_SHOWN) terminal.note(`… and ${lines.length - LINES_SHOWN} lines more`)
    return `revision ${diff.to.revision} of ${timeCell(diff.to.committedAt)}`
  } catch (thrown) {
    if (!(thrown instanceof Failure && thrown.code === 'STATE_UNREADABLE')) throw thrown
    terminal.note(`what changes cannot be shown: ${printable(thrown.text)}`)
    return null
  }
}
