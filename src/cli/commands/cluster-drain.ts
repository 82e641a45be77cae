// `spawn cluster drain`: takes a member out of service, and waits until it holds nothing.

import { spanText } from '../../base/index.ts'
import { definitionsOf, memberNamed } from '../cluster-answer.ts'
import { command } from '../command.ts'
import { confirm } from '../confirm.ts'
import { CONNECTION_OPTIONS } from '../connection-options.ts'
import { onlyOn, untilEmpty } from '../draining.ts'
import { EXIT } from '../exit-codes.ts'
import { duration, flag } from '../option.ts'
import { printable } from '../terminal.ts'

const WAIT_MS = 300_000

export const clusterDrain = command({
  name: 'cluster drain',
  summary: 'Take a member out of service, and wait until it is empty',
  about: `Takes a member out of service: it gets no actors, and lets go of those that it has as soon as their turns are
done. Callers see latency, not errors. It stays a door: calls that come to it are brought on to the others. The member may be
named by its node, if it is alone there. Any member can be asked.

A member that stops in order (SIGTERM) does this by itself. \`spawn cluster undrain\` takes it back. When definitions are
hosted by no other member that is up, calls to them will fail, so it asks before; without a terminal that needs --yes.`,
  args: [{ name: 'member', help: 'its id, or its node, as `spawn cluster members` shows it' }],
  options: {
    url: CONNECTION_OPTIONS.url,
    timeout: duration(`How long to wait until it is empty; default ${spanText(WAIT_MS)}`, {
      least: 1_000,
      most: 86_400_000,
    }),
    'no-wait': flag('Return as soon as the members agree'),
    yes: flag('Do not ask', 'y'),
  },
  examples: [
    { line: 'spawn cluster drain shop-2', what: 'before its machine is rebooted' },
    { line: 'spawn cluster drain machine-2 --timeout 10m', what: 'by its node, with more patience' },
  ],
  async run({ args: [given = ''], options, json }, terminal) {
    const { timeout = WAIT_MS, url, yes } = options
    const { withClient } = await import('../client.ts')
    return withClient({ url, system: undefined }, terminal.env, async (client) => {
      const cluster = await client.cluster()
      const member = memberNamed(cluster, given)
      const shown = printable(member.id)
      const lost = member.phase === 'draining' ? [] : onlyOn(cluster, member)
      if (lost.length > 0 && !yes) {
        const what = lost.length === definitionsOf(member).length ? 'all that it hosts' : lost.join(', ')
        const question = `No other member that is up hosts ${printable(what)}: calls there will fail. Drain ${shown}?`
        await confirm(question, 'drained', terminal)
      }
      const { epoch } = await client.setPhase(member.id, 'draining')
      const end = options['no-wait'] ? null : await untilEmpty(client, member.id, epoch, timeout, terminal)
      if (json) {
        const told = {
          member: member.id,
          node: member.node,
          epoch,
          empty: end !== null,
          left: end === 'left',
        }
        await terminal.print(JSON.stringify(told))
      } else if (end === null) terminal.note(`${shown} drains`)
      else if (end === 'left') terminal.note(`${shown} has left the cluster`)
      else terminal.note(`${shown} is empty; it gets no actors until \`spawn cluster undrain ${shown}\``)
      return EXIT.ok
    })
  },
})
