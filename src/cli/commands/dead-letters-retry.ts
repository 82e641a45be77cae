// `spawn dead-letters retry`: delivers again what was given up, one letter or all.

import { command } from '../command.ts'
import { CONNECTION_OPTIONS } from '../connection-options.ts'
import { DEAD_LETTER_ARGUMENT, dealWithAll, dealWithOne, oneOrAll } from '../dead-letters.ts'
import { EXIT } from '../exit-codes.ts'
import { flag } from '../option.ts'

export const deadLettersRetry = command({
  name: 'dead-letters retry',
  summary: 'Deliver a dead letter again, or all of them',
  about: `Puts a dead letter back into delivery, with all its attempts before it. If they fail too, it is a dead letter
again. --all takes those that stand when it begins.`,
  args: [DEAD_LETTER_ARGUMENT],
  options: { ...CONNECTION_OPTIONS, all: flag('All of them') },
  examples: [
    { line: 'spawn dead-letters retry 1x7k2p9qa3z-1', what: 'one' },
    { line: 'spawn dead-letters retry --all', what: 'once the cause is gone' },
  ],
  async run({ args: [given], options, json }, terminal) {
    const id = oneOrAll(given, options.all)
    const { withClient } = await import('../client.ts')
    return withClient(options, terminal.env, async (client) => {
      const deed = { done: 'retried', act: (letter: string) => client.retry(letter) }
      if (id !== null) await dealWithOne(id, deed, terminal, json)
      else await dealWithAll(client, deed, terminal, json)
      return EXIT.ok
    })
  },
})
