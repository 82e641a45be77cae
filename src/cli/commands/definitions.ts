// `spawn definitions`: what a running system can be asked for, as a table or one JSON document per line.

import { command } from '../command.ts'
import { CONNECTION_OPTIONS } from '../connection-options.ts'
import type { DefinitionRow } from '../definition-answer.ts'
import { EXIT } from '../exit-codes.ts'
import { printable } from '../terminal.ts'

export const definitions = command({
  name: 'definitions',
  summary: 'List the actors that a system defines',
  about: `Lists the definitions of a running system: their kinds, the versions of their states, their actions, the channels that they
listen to, and the settings that are not the usual ones. In a cluster also the members that host each; of what the one that is
asked does not host itself, it knows no actions. With --json each definition is one line, with all of its settings.`,
  args: [],
  options: CONNECTION_OPTIONS,
  examples: [
    { line: 'spawn definitions', what: 'as a table' },
    { line: "spawn definitions --json | jq -r '.actions[]?.name'", what: 'the names of all actions' },
    { line: 'spawn definitions --url 9002 --system shop', what: 'of another system' },
  ],
  async run({ options, json }, terminal) {
    const [{ withClient }, cells, { tableLines }] = await Promise.all([
      import('../client.ts'),
      import('../definition-cells.ts'),
      import('../table.ts'),
    ])
    return withClient(options, terminal.env, async (client) => {
      const rows = await client.definitions()
      if (json) {
        for (const row of rows) await terminal.print(JSON.stringify(row))
        return EXIT.ok
      }
      if (rows.length === 0) {
        terminal.note(`nothing is defined in ${printable(await client.system())}`)
        return EXIT.ok
      }
      const { actionsCell, channelsCell, settingsCell, versionCell } = cells
      const isCluster = rows.some(({ members }) => members !== undefined)
      const line = (row: DefinitionRow): string[] => [
        printable(row.name),
        printable(row.kind),
        versionCell(row),
        ...(isCluster ? [printable(row.members?.join(', ') ?? '-')] : []),
        actionsCell(row),
        channelsCell(row),
        settingsCell(row),
      ]
      const heading = ['DEFINITION', 'KIND', 'VERSION', ...(isCluster ? ['MEMBERS'] : []), ...LAST]
      const [head = '', ...lines] = tableLines([heading, ...rows.map(line)], terminal.width)
      await terminal.print(terminal.style('bold', head))
      for (const each of lines) await terminal.print(each)
      return EXIT.ok
    })
  },
})

const LAST = ['ACTIONS', 'CHANNELS', 'SETTINGS']
