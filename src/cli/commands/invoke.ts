// `spawn invoke`: one call to an actor of a running system.

import { LIMITS } from '../../base/index.ts'
import { command } from '../command.ts'
import { CONNECTION_OPTIONS } from '../connection-options.ts'
import type { Invoked } from '../client.ts'
import { EXIT } from '../exit-codes.ts'
import { Failure, usageFailure } from '../failure.ts'
import { addressCell } from '../listing.ts'
import { checkHeader, METADATA_OPTION, metadataOf } from '../metadata.ts'
import { duration, flag, text, time } from '../option.ts'
import { MAX_TIME_MS } from '../../proxy/time-text.ts'
import { printable, type Terminal } from '../terminal.ts'

export const invoke = command({
  name: 'invoke',
  summary: 'Call an action of an actor and print its response',
  about: `Calls an action of an actor in a running system and prints the response as JSON; nothing when there is none.
With --async it returns when the call stands in the actor's mailbox. With --delay, --at or --cron the call is for later: it
returns when the call is durable, and prints the id of its schedule.`,
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
    metadata: METADATA_OPTION,
    delay: duration('Later, after this time: 30s, 10m, 2h, 1d', { least: 0, most: MAX_TIME_MS }),
    at: time('Later, at this time: ISO 8601 with an offset, or epoch milliseconds'),
    cron: text(
      'expression',
      'Again and again: five fields; six with seconds first, seven with the year last',
    ),
    timezone: text('zone', 'The time zone of --cron, such as Europe/Berlin; default UTC'),
    receipt: flag('Also tell what the response rests on: actor, revision, durability'),
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
    { line: 'spawn invoke user-1 remind --ref user --delay 2h', what: 'in two hours' },
    {
      line: `spawn invoke report send --cron '0 9 * * 1-5' --timezone Europe/Berlin`,
      what: 'on weekdays at nine',
    },
    { line: `spawn invoke till close '{}' --receipt --json`, what: 'with what it rests on' },
    { line: `spawn invoke incrementor get --json | jq .total`, what: 'for programs' },
  ],
  async run({ args, options, json }, terminal) {
    const [actor = '', action = '', given] = args
    const { ref, async, receipt, timeout, 'idempotency-key': idempotencyKey } = options
    const timing = timingOf(options)
    if (receipt && (async || timing !== undefined)) {
      throw usageFailure(
        '--receipt is for a call that is waited for, not for --async, --delay, --at or --cron',
      )
    }
    const metadata = metadataOf(options.metadata)
    if (idempotencyKey !== undefined) checkHeader('the idempotency key', idempotencyKey)
    const { readPayload } = await import('../payload.ts')
    const { withClient } = await import('../client.ts')
    const payload = await readPayload(given, terminal.stdin)
    const call = { payload, ref, async, receipt, timing, timeoutMs: timeout, metadata, idempotencyKey }
    const invoked = await withClient(options, terminal.env, (client) =>
      client.invoke(actor, action, call),
    ).catch((thrown: unknown) => {
      throw payload === undefined && isOfPayload(thrown) ? thrown.with({ hint: NO_PAYLOAD }) : thrown
    })
    await (json ? printDocument(invoked, terminal) : show(invoked, async, terminal))
    return EXIT.ok
  },
})

const NO_PAYLOAD = `it was called without a payload; one stands behind the action: '{"value":1}', @file, or - for stdin`

/** Whether a payload that is missing may be the reason: what found nothing in its place says `undefined`. */
function isOfPayload(thrown: unknown): thrown is Failure {
  if (!(thrown instanceof Failure)) return false
  return (
    (thrown.code === 'ACTION_FAILED' || thrown.code === 'INVALID_ARGUMENT') &&
    /undefined/.test(thrown.message)
  )
}

interface TimingOptions {
  readonly delay: number | undefined
  readonly at: string | undefined
  readonly cron: string | undefined
  readonly timezone: string | undefined
}

/** As the server's query takes it. */
function timingOf({
  delay,
  at,
  cron,
  timezone,
}: TimingOptions): Record<string, string | undefined> | undefined {
  const given = Object.entries({ delay, at, cron }).filter(([, value]) => value !== undefined)
  if (given.length > 1) {
    throw usageFailure(`${given.map(([name]) => `--${name}`).join(' and ')} exclude each other`)
  }
  if (timezone !== undefined && cron === undefined) throw usageFailure('--timezone goes with --cron')
  if (given.length === 0) return undefined
  return { delay: delay === undefined ? undefined : String(delay), at, cron, timezone }
}

/** The response is put in as the text that it is: no number is rounded. */
async function printDocument({ response, receipt, schedule }: Invoked, terminal: Terminal): Promise<void> {
  if (schedule !== null) return terminal.print(JSON.stringify({ schedule }))
  if (receipt === null) return terminal.print(response ?? 'null')
  const { actor, revision, durability } = receipt
  const facts = JSON.stringify({ actor, revision, durability })
  return terminal.print(response === null ? facts : `{"response":${response},${facts.slice(1)}`)
}

async function show(
  { response, receipt, schedule }: Invoked,
  async: boolean,
  terminal: Terminal,
): Promise<void> {
  if (schedule !== null) {
    await terminal.print(terminal.width === null ? schedule : printable(schedule))
    terminal.note('scheduled; `spawn schedules cancel` with this id takes it back')
    return
  }
  const { jsonLines } = await import('../json-view.ts')
  if (response !== null) await terminal.print(jsonLines(response, terminal.width))
  else terminal.note(async ? 'accepted' : 'done, without a response')
  if (receipt === null) return
  const { actor, revision, durability } = receipt
  terminal.note(`by ${addressCell(actor)} at revision ${revision}, durability ${printable(durability)}`)
}
