// `spawn cluster where`: the member that an actor lives on, or would live on.

import type { WhereAnswer } from '../cluster-answer.ts'
import { command } from '../command.ts'
import { CONNECTION_OPTIONS } from '../connection-options.ts'
import { EXIT } from '../exit-codes.ts'
import { Failure } from '../failure.ts'
import { addressCell } from '../listing.ts'
import { text } from '../option.ts'
import { printable } from '../terminal.ts'

export const clusterWhere = command({
  name: 'cluster where',
  summary: 'Say which member an actor lives on',
  about: `Says which member an actor lives on, or would, if it was called now. It need not exist: where it lives depends on its
name alone, and on the members that there are. Without --ref, an instance is looked up among the stored actors by its name.`,
  args: [{ name: 'actor', help: "the actor's name" }],
  options: { ...CONNECTION_OPTIONS, ref: text('definition', 'The unnamed definition it is an instance of') },
  examples: [
    { line: 'spawn cluster where till', what: 'a named actor' },
    { line: 'spawn cluster where user-1 --ref user --json | jq -r .node', what: 'the node of an instance' },
  ],
  async run({ args: [actor = ''], options: { ref, ...target }, json }, terminal) {
    const { withClient } = await import('../client.ts')
    const answer = await withClient(target, terminal.env, (client) => client.where(actor, ref))
    if (answer.member === null) throw nowhere(answer)
    if (json) {
      await terminal.print(JSON.stringify(answer))
      return EXIT.ok
    }
    await terminal.print(lineOf(answer))
    if (!answer.served)
      terminal.note('another member may still hold it: a call waits until that has let go of it')
    return EXIT.ok
  },
})

function lineOf(answer: WhereAnswer): string {
  const { hosts, member, node, placement } = answer
  const who = addressCell(answer)
  if (placement?.by === 'local')
    return `${who} lives on each member that hosts it: ${printable(hosts.join(', '))}`
  const where = printable(member ?? '')
  return node === null || node === member
    ? `${who} lives on ${where}`
    : `${who} lives on ${where}, on the node ${printable(node)}`
}

function nowhere(answer: WhereAnswer): Failure {
  const why = answer.reason === null ? '' : `: ${answer.reason}`
  return new Failure(`${addressCell(answer)} lives nowhere now${why}`, {
    exit: EXIT.busy,
    code: 'MEMBER_UNAVAILABLE',
    hint: 'see who is there with `spawn cluster members`',
    details: { retryable: true, hosts: answer.hosts },
  })
}
