// `spawn schedules cancel`: takes a call for a later time back.

import { command } from '../command.ts'
import { CONNECTION_OPTIONS } from '../connection-options.ts'
import { EXIT } from '../exit-codes.ts'
import { Failure } from '../failure.ts'
import { printable } from '../terminal.ts'

export const schedulesCancel = command({
  name: 'schedules cancel',
  summary: 'Take a call for a later time back',
  about: `Takes a call for a later time back: it does not run, and a recurring one not again. A call that runs already goes
on.`,
  args: [{ name: 'id', help: 'its id, as `spawn schedules list` shows it' }],
  options: CONNECTION_OPTIONS,
  examples: [{ line: 'spawn schedules cancel 1x7k2p9qa3z_1', what: 'an id from the list' }],
  async run({ args: [id = ''], options, json }, terminal) {
    const { withClient } = await import('../client.ts')
    if (!(await withClient(options, terminal.env, (client) => client.cancel(id)))) {
      throw new Failure(`there is no schedule ${JSON.stringify(id)}: it ran, was cancelled, or never was`, {
        exit: EXIT.failed,
        code: 'NOT_FOUND',
        hint: 'see what stands with `spawn schedules list`',
      })
    }
    if (json) await terminal.print(JSON.stringify({ cancelled: true }))
    else terminal.note(`cancelled ${printable(id)}`)
    return EXIT.ok
  },
})
