// `spawn dead-letters show`: one dead letter, with its payload.

import { command } from '../command.ts'
import { CONNECTION_OPTIONS } from '../connection-options.ts'
import { noDeadLetter } from '../dead-letters.ts'
import { EXIT } from '../exit-codes.ts'

export const deadLettersShow = command({
  name: 'dead-letters show',
  summary: 'Show a dead letter with its payload',
  about:
    'Shows one dead letter as a JSON document: who to whom, what for, its payload and metadata, and why it died.',
  args: [{ name: 'id', help: 'its id, as `spawn dead-letters list` shows it' }],
  options: CONNECTION_OPTIONS,
  examples: [
    { line: 'spawn dead-letters show 1x7k2p9qa3z-1', what: 'an id from the list' },
    { line: 'spawn dead-letters show 1x7k2p9qa3z-1 --json | jq .payload', what: 'its payload alone' },
  ],
  async run({ args: [id = ''], options, json }, terminal) {
    const { withClient } = await import('../client.ts')
    const { jsonLines } = await import('../json-view.ts')
    const letter = await withClient(options, terminal.env, (client) => client.deadLetter(id))
    if (letter === null) throw noDeadLetter(id)
    await terminal.print(jsonLines(letter, json ? null : terminal.width))
    return EXIT.ok
  },
})
