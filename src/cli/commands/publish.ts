// `spawn publish`: one broadcast on a channel of a running system.

import { command } from '../command.ts'
import { CONNECTION_OPTIONS } from '../connection-options.ts'
import { EXIT } from '../exit-codes.ts'
import { METADATA_OPTION, metadataOf } from '../metadata.ts'
import { printable } from '../terminal.ts'

export const publish = command({
  name: 'publish',
  summary: 'Broadcast a payload on a channel',
  about: `Broadcasts a payload to all actors that listen to a channel of a running system. Returns when the broadcast is
durable; the actors take it after that. Sent again, it comes again.`,
  args: [
    { name: 'channel', help: "the channel's name" },
    { name: 'json', help: 'the payload: JSON, @file, or - for stdin; none when left out', optional: true },
  ],
  options: { ...CONNECTION_OPTIONS, metadata: METADATA_OPTION },
  examples: [
    { line: `spawn publish prices '{"sku":"a1","price":12}'`, what: 'tell all that listen to prices' },
    { line: 'spawn publish news @news.json --metadata source=desk', what: 'the payload from a file' },
    { line: 'spawn publish cache-cleared', what: 'without a payload' },
  ],
  async run({ args: [channel = '', given], options, json }, terminal) {
    const metadata = metadataOf(options.metadata)
    const { readPayload } = await import('../payload.ts')
    const { withClient } = await import('../client.ts')
    const payload = await readPayload(given, terminal.stdin)
    await withClient(options, terminal.env, (client) => client.publish(channel, payload, metadata))
    if (json) await terminal.print(JSON.stringify({ published: true }))
    else terminal.note(`published on ${printable(channel)}`)
    return EXIT.ok
  },
})
