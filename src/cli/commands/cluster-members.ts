// `spawn cluster members`: the members of a cluster as one of them sees them, as a table or one JSON document per line.

import { spanText } from '../../base/index.ts'
import { type ClusterAnswer, isSettled, type MemberRow } from '../cluster-answer.ts'
import { command } from '../command.ts'
import { CONNECTION_OPTIONS } from '../connection-options.ts'
import { EXIT } from '../exit-codes.ts'
import { printable } from '../terminal.ts'

export const clusterMembers = command({
  name: 'cluster members',
  summary: 'List the members of the cluster',
  about: `Lists the members of a cluster, as the one that is asked sees them; it is marked with *. HEARD is when its lease was
last seen to be renewed. A member is SETTLED when it has let go of all actors that live elsewhere now: one that drains is then
empty, and shown as drained.`,
  args: [],
  options: { url: CONNECTION_OPTIONS.url },
  examples: [
    { line: 'spawn cluster members', what: 'as a table' },
    { line: 'spawn cluster members --json | jq -r .version | sort | uniq -c', what: 'how far a deploy is' },
  ],
  async run({ options: { url }, json }, terminal) {
    const { withClient } = await import('../client.ts')
    const cluster = await withClient({ url, system: undefined }, terminal.env, (client) => client.cluster())
    const { epoch, holdsLease, members, self } = cluster
    if (json) {
      for (const member of members)
        await terminal.print(JSON.stringify({ ...member, self: member.id === self, epoch }))
      return EXIT.ok
    }
    const { tableLines } = await import('../table.ts')
    const rows = [HEADING, ...members.map((member) => cells(member, cluster))]
    const [head = '', ...lines] = tableLines(rows, terminal.width)
    await terminal.print(terminal.style('bold', head))
    for (const line of lines) await terminal.print(line)
    const serves = holdsLease ? '' : `; ${printable(self)} holds no lease now, so it serves nothing`
    terminal.note(`epoch ${epoch}${serves}`)
    return EXIT.ok
  },
})

const HEADING = ['  MEMBER', 'NODE', 'ZONE', 'PHASE', 'VERSION', 'HEARD', 'SETTLED', 'DEFINITIONS']

function cells(member: MemberRow, { epoch, self }: ClusterAnswer): string[] {
  const { acked, id, node, phase, seenMsAgo, version, zone } = member
  const settled = isSettled(member, epoch)
  return [
    `${id === self ? '*' : ' '} ${printable(id)}`,
    printable(node),
    printable(zone ?? '-'),
    phase === 'draining' && settled ? 'drained' : phase,
    printable(version),
    seenMsAgo === null ? '-' : agoCell(seenMsAgo),
    acked === null ? '-' : settled ? 'yes' : 'no',
    hostsCell(member),
  ]
}

function agoCell(ms: number): string {
  return ms < 1_000 ? '<1s' : spanText(Math.floor(ms / 1_000) * 1_000)
}

/** The system is said where there are several. */
function hostsCell({ systems }: MemberRow): string {
  const texts = systems.map(({ definitions, name }) => {
    const names = definitions.map((definition) => definition.name).join(', ')
    return systems.length === 1 ? names : `${name}: ${names}`
  })
  return printable(texts.join('; ')) || '-'
}
