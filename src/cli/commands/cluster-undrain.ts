// `spawn cluster undrain`: takes a member that was drained back into service.

import { memberNamed } from '../cluster-answer.ts'
import { command } from '../command.ts'
import { CONNECTION_OPTIONS } from '../connection-options.ts'
import { EXIT } from '../exit-codes.ts'
import { printable } from '../terminal.ts'

export const clusterUndrain = command({
  name: 'cluster undrain',
  summary: 'Take a drained member back into service',
  about: `Takes a member that was drained back into service: it gets its share of the actors again. Returns as soon as the
members agree. The member may be named by its node, if it is alone there.`,
  args: [{ name: 'member', help: 'its id, or its node, as `spawn cluster members` shows it' }],
  options: { url: CONNECTION_OPTIONS.url },
  examples: [{ line: 'spawn cluster undrain shop-2', what: 'once its machine is back' }],
  async run({ args: [given = ''], options: { url }, json }, terminal) {
    const { withClient } = await import('../client.ts')
    return withClient({ url, system: undefined }, terminal.env, async (client) => {
      const member = memberNamed(await client.cluster(), given)
      const answer = await client.setPhase(member.id, 'up')
      if (json) await terminal.print(JSON.stringify(answer))
      else if (member.phase === 'up') terminal.note(`${printable(member.id)} was up already`)
      else terminal.note(`${printable(member.id)} is up: it gets its share of the actors`)
      return EXIT.ok
    })
  },
})
