// `spawn invoke`: one call to an actor of a running system.

import { LIMITS } from '../../base/index.ts'
import { command } from '../command.ts'
import { CONNECTION_OPTIONS } from '../connection-options.ts'
import { EXIT } from '../exit-codes.ts'
import { usageFailure } from '../failure.ts'
import { duration, entries, flag, text } from '../option.ts'

export const invoke = command({
  name: 'invoke',
  summary: 'Call an action of an actor and print its response',
  about: `Calls an action of an actor in a running system and prints the response as JSON; nothing when there is none.
With --async it returns when the call stands in the actor's mailbox.`,
  args: [
    { name: 'actor', help: "the actor's name" },
    { name: 'action', help: "the action's name" },
    { name: 'json', help: 'the payload: JSON, @file, or - for stdin; none when left out', optional: true },
  ],
  options: {
    ...CONNECTION_OPTIONS,
    ref: text('definition', 'The unnamed definition that the actor is an instance of', 'r'),
    async: flag('Do not wait for the turn', 'a'),
    timeout: duration(`Give up after this time; default ${LIMITS.callTimeoutMs / 1000}s`, {
      least: 1,
      most: LIMITS.maxCallTimeoutMs,
    }),
    metadata: entries('key=value', 'Metadata of the call; may be repeated'),
    'idempotency-key': text('key', 'A second call with the same key gets the first reply again'),
  },
  examples: [
    { line: `spawn invoke incrementor add '{"value":1}'`, what: 'call an actor' },
    {
      line: `spawn invoke user-1 rename '{"name":"Ada"}' --ref user`,
      what: 'an instance of the definition user',
    },
    { line: 'spawn invoke importer load @rows.json --timeout 5m', what: 'the payload from a file' },
    { line: 'echo 1 | spawn invoke counter add - --async', what: 'from stdin, without waiting' },
    { line: `spawn invoke till pay '{"sum":5}' --idempotency-key order-7`, what: 'safe to send again' },
    { line: `spawn invoke incrementor get --json | jq .total`, what: 'for programs' },
  ],
  async run({ args, options, json }, terminal) {
    const [actor = '', action = '', given] = args
    const { ref, async, timeout, metadata, 'idempotency-key': idempotencyKey } = options
    checkMetadata(metadata)
    const { readPayload } = await import('../payload.ts')
    const { withClient } = await import('../client.ts')
    const { jsonLines } = await import('../json-view.ts')
    const payload = await readPayload(given, terminal.stdin)
    const call = { payload, ref, async, timeoutMs: timeout, metadata, idempotencyKey }
    const response = await withClient(options, terminal.env, (client) => client.invoke(actor, action, call))
    if (json) await terminal.print(response ?? 'null')
    else if (response !== null) await terminal.print(jsonLines(response, terminal.width))
    else terminal.note(async ? 'accepted' : 'done, without a response')
    return EXIT.ok
  },
})

/** Metadata travels as HTTP headers: a key is a header's name and its case is lost. */
function checkMetadata(metadata: Readonly<Record<string, string>>): void {
  for (const [key, value] of Object.entries(metadata)) {
    if (!/^[!#$%&'*+.^_`|~0-9a-z-]+$/.test(key)) {
      throw usageFailure(`the metadata key ${JSON.stringify(key)} is not lower-case letters, digits and -_.`)
    }
    if (/[\r\n\0]/.test(value)) throw usageFailure(`the metadata value of ${key} has a line break`)
  }
}
