// `spawn systems`: the systems that a listener serves, as a table or one JSON document per line.

import { command } from '../command.ts'
import { CONNECTION_OPTIONS } from '../connection-options.ts'
import { EXIT } from '../exit-codes.ts'
import { printable } from '../terminal.ts'

export const systems = command({
  name: 'systems',
  summary: 'List the systems that are served',
  about: `Lists the systems that a listener serves: the one of an application, or all those of a proxy. A proxy of a cluster is also a
door to systems that only other members host; it lists them from their first call on.`,
  args: [],
  options: { url: CONNECTION_OPTIONS.url },
  examples: [
    { line: 'spawn systems', what: 'as a table' },
    { line: 'spawn systems --json | jq -r .name', what: 'their names' },
  ],
  async run({ options: { url }, json }, terminal) {
    const { withClient } = await import('../client.ts')
    const rows = await withClient({ url, system: undefined }, terminal.env, (client) => client.systems())
    if (json) {
      for (const row of rows) await terminal.print(JSON.stringify(row))
      return EXIT.ok
    }
    const { tableLines } = await import('../table.ts')
    const cells = rows.map(({ definitions, name }) => [printable(name), String(definitions)])
    const [head = '', ...lines] = tableLines([['SYSTEM', 'DEFINITIONS'], ...cells], terminal.width)
    await terminal.print(terminal.style('bold', head))
    for (const line of lines) await terminal.print(line)
    return EXIT.ok
  },
})
