// `spawn store restore`: a store as it stood at a time, into a new one.

import type { RestoreCounts, Unreached } from '../../archive/index.ts'
import { LIMITS, systemClock } from '../../base/index.ts'
import { addressText } from '../../protocol/address.ts'
import { isoTime, pastTimeOf } from '../../proxy/time-text.ts'
import { storeText } from '../../stores/store-url.ts'
import { command } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import { usageFailure } from '../failure.ts'
import { duration, pastTime, text } from '../option.ts'
import { noteWarning, printable, type Terminal } from '../terminal.ts'

const YEAR_MS = 365 * 86_400_000

export const storeRestore = command({
  name: 'store restore',
  summary: 'Restore a store as it stood at a time, into a new one',
  about: `Reads a store and writes it, as it stood at a time, into another one that is empty. The store itself stays as it
is. An actor gets the revision that stood then, as far as the history of its definition reaches; those that it
does not reach are printed, one a line, and are not in the new store. Of what waits to be delivered those
messages are restored that were sent until then and wait still: what was under way then and has arrived since is
not, and what was deleted since then is gone. Replies that are kept under idempotency keys, and facts, are
restored when their turn was until then.`,
  args: [],
  options: {
    at: pastTime('The time: 90m, 2d, meaning so long ago, or 2026-12-01T09:00:00Z'),
    from: text('url', 'The store; default: the one that the environment names'),
    to: text('url', 'The new store: sqlite:<path>, postgres://… or mariadb://…'),
    'outcome-retention': duration('How long replies are kept under idempotency keys there; default 1d', {
      least: 0,
      most: 100 * YEAR_MS,
    }),
  },
  examples: [
    { line: 'spawn store restore --at 2h --to sqlite:then.db', what: 'two hours ago' },
    {
      line: 'spawn store restore --at 2026-12-01T09:00:00Z --from sqlite:shop.db --to sqlite:shop-then.db',
      what: 'as it stood that morning',
    },
    {
      line: "spawn store restore --at 2h --to sqlite:then.db --json | jq -r '.unreached.name // empty'",
      what: 'which actors it does not reach',
    },
  ],
  async run({ options, json }, terminal) {
    const { at, from, 'outcome-retention': outcomeRetentionMs = LIMITS.outcomeRetentionMs, to } = options
    if (at === undefined)
      throw usageFailure('--at is missing', 'say the time: --at 2h, or --at 2026-12-01T09:00:00Z')
    if (to === undefined)
      throw usageFailure('--to is missing', 'name a store that is not there yet: --to sqlite:then.db')
    const atMs = pastTimeOf(at, systemClock.now()) ?? 0
    if (atMs > systemClock.now()) throw usageFailure(`--at is in the future: ${isoTime(atMs)}`)
    const { startToRead, withStore } = await import('../store-line.ts')
    const { RestoreSource, takeIn } = await import('../../archive/index.ts')
    const { progressOn } = await import('../moving.ts')
    return withStore({ store: from, where: '--from' }, terminal, (source) =>
      withStore({ store: to, where: '--to' }, terminal, async (target) => {
        if (storeText(source.plan) === storeText(target.plan))
          throw usageFailure('--from and --to are the same store', 'a restore goes into a new one')
        await startToRead(source)
        await target.store.start()
        const restored = new RestoreSource({
          store: source.store,
          name: storeText(source.plan),
          atMs,
          outcomeRetentionMs,
          unreached: (actor) => tellUnreached(actor, terminal, json),
        })
        await takeIn({
          source: restored,
          target: target.store,
          targetName: storeText(target.plan),
          merges: false,
          clock: systemClock,
          progress: progressOn(terminal, systemClock, 'restoring'),
        })
        if (json) await terminal.print(JSON.stringify({ at: isoTime(atMs), counts: restored.counts }))
        else await tell(restored.counts, atMs, terminal)
        return EXIT.ok
      }),
    )
  },
})

async function tellUnreached(
  { committedAtMs, id, revision }: Unreached,
  terminal: Terminal,
  json: boolean,
): Promise<void> {
  const since = isoTime(committedAtMs)
  if (json) {
    const { name, parent, system } = id
    await terminal.print(
      JSON.stringify({ unreached: { system, parent, name, revision, committedAt: since } }),
    )
    return
  }
  const actor = `${printable(id.system)} ${printable(addressText(id))}`
  await terminal.print(`${actor}: its history begins with revision ${revision}, of ${since}`)
}

async function tell(counts: RestoreCounts, atMs: number, terminal: Terminal): Promise<void> {
  const { counted } = await import('../moving.ts')
  const { earlier, envelopesLeft, factsLeft, later, outcomesLeft, unchanged, unreached } = counts
  terminal.note(
    `restored ${counted(unchanged + earlier, 'actor')} as of ${isoTime(atMs)}, ${earlier.toLocaleString('en')} of them at an earlier revision`,
  )
  terminal.note(
    `left out, as of later: ${counted(later, 'actor')}, ${counted(outcomesLeft, 'outcome')}, ${counted(envelopesLeft, 'message')}, ${counted(factsLeft, 'fact')}`,
  )
  if (unreached > 0) {
    const what = counted(unreached, 'actor')
    const why = 'for history does not reach that far, or they were not there yet'
    noteWarning(terminal, `${what} could not be restored, ${why}`)
  }
  for (const [undated, what] of [
    [counts.envelopesUndated, 'message'],
    [counts.factsUndated, 'fact'],
  ] as const) {
    if (undated === 0) continue
    noteWarning(terminal, `restored all the same: ${counted(undated, what)} whose time cannot be read`)
  }
}
