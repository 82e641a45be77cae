// `spawn cluster watch`: a line for each change of a cluster, until it is stopped. What a change is, cluster-changes.ts says.

import { systemClock } from '../../base/index.ts'
import type { Client } from '../client.ts'
import type { ClusterAnswer } from '../cluster-answer.ts'
import { changesBetween } from '../cluster-changes.ts'
import { command } from '../command.ts'
import { CONNECTION_OPTIONS } from '../connection-options.ts'
import { EXIT } from '../exit-codes.ts'
import { Failure } from '../failure.ts'
import { timeCell } from '../listing.ts'
import { duration } from '../option.ts'
import { StopSignal } from '../stop-signal.ts'
import { printable, type Terminal } from '../terminal.ts'

const LOOK_EVERY_MS = 1_000

export const clusterWatch = command({
  name: 'cluster watch',
  summary: 'Print each change of the cluster, until Ctrl-C',
  about: `Prints the members, and then a line for each change: members that join, leave, drain and are empty, what they host, and
the lease of the member that is asked. It goes by what that member sees. When it cannot be reached, that is told once, and tried
again; nothing that stands at the end is missed.`,
  args: [],
  options: {
    url: CONNECTION_OPTIONS.url,
    every: duration('How often to look; default 1s', { least: 100, most: 3_600_000 }),
  },
  examples: [
    { line: 'spawn cluster watch', what: 'beside a deploy' },
    {
      line: 'spawn cluster watch --json | jq -r "select(.change == \\"left\\") | .member"',
      what: 'who leaves',
    },
  ],
  async run({ options: { every = LOOK_EVERY_MS, url }, json }, terminal) {
    const { withClient } = await import('../client.ts')
    return withClient({ url, system: undefined }, terminal.env, async (client) => {
      // A server that does not answer must not keep it.
      const stop = new StopSignal(() => client.close())
      try {
        await watch(client, every, stop, terminal, json)
      } finally {
        stop.release()
      }
      return EXIT.ok
    })
  },
})

async function watch(
  client: Client,
  everyMs: number,
  stop: StopSignal,
  terminal: Terminal,
  json: boolean,
): Promise<void> {
  let seen: ClusterAnswer | null = null
  let isAway = false
  while (!stop.isGiven) {
    const look = await client.cluster().catch((thrown: unknown) => {
      if (stop.isGiven) return null
      // The first time, it is most likely the command line that is wrong.
      if (seen === null || !(thrown instanceof Failure)) throw thrown
      return thrown
    })
    if (look === null) return
    if (look instanceof Failure) {
      if (!isAway) tellAway(look, terminal, json)
      isAway = true
    } else {
      if (isAway && !json) terminal.note('it answers again')
      isAway = false
      await tell(seen, look, terminal, json)
      seen = look
    }
    await stop.pause(everyMs)
  }
}

async function tell(
  before: ClusterAnswer | null,
  after: ClusterAnswer,
  terminal: Terminal,
  json: boolean,
): Promise<void> {
  const at = new Date(systemClock.now()).toISOString()
  const { epoch } = after
  for (const { change, member, text } of changesBetween(before, after)) {
    await terminal.print(
      json
        ? JSON.stringify({ at, epoch, change, member })
        : `${timeCell(at)}  epoch ${epoch}  ${printable(text)}`,
    )
  }
}

function tellAway({ code, message, text }: Failure, terminal: Terminal, json: boolean): void {
  const again = 'it is tried again'
  terminal.note(
    json ? JSON.stringify({ error: { code, message, hint: again } }) : `${printable(text)}; ${again}`,
  )
}
