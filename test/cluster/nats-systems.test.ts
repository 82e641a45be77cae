// Calls of other systems over a real NATS server, as the Elixir runtime takes them: recorded bytes, raw clients.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { connect, type Msg, type NatsConnection } from '@nats-io/transport-node'
import { SpawnError } from '../../src/base/index.ts'
import { silentLogger } from '../../src/ports/index.ts'
import { jsonCodec, Packed } from '../../src/protocol/index.ts'
import { until } from '../../src/testing/index.ts'
import { endNats, natsServer } from '../servers/nats.ts'
import { recordingOf } from '../wire/recording.ts'
import {
  ANSWERED,
  ASKED,
  bytesOf,
  called,
  errorOf,
  member,
  ownSystem,
  stopMembers,
  systemOf,
  TRACE,
  withoutContext,
} from './exchanges.ts'

let raw: NatsConnection

before(async () => {
  raw = await connect({ servers: (await natsServer()).address })
})

after(async () => {
  await stopMembers()
  await raw.close()
  await endNats()
})

describe('we call another system', () => {
  /** A runtime that answers with these bytes. */
  async function foreign(answer: (message: Msg) => Uint8Array | string | null): Promise<string> {
    const name = ownSystem()
    const subject = `spawn.${name}.actors.actions`
    raw.subscribe(subject, {
      queue: subject,
      callback: (_error, message) => {
        const reply = answer(message)
        if (reply !== null) message.respond(reply)
      },
    })
    await raw.flush()
    return name
  }

  test('with payload, caller and all that the wire has, and get its response', async () => {
    const [ours, name] = [await member(), ownSystem()]
    const system = systemOf(name)
    await ours.serve(system)
    const theirs = await member()
    const payload = jsonCodec.pack({ value: 1 })
    const caller = { system: 'here', parent: 'user', name: 'ann' }
    const call = { ref: 'counter', payload, caller, metadata: { color: 'red' }, timeoutMs: 4_000 }
    assert.deepEqual(await called(theirs, name, call), payload)
    const came = system.calls[0]
    assert.deepEqual(
      [came?.name, came?.call.action, came?.call.ref, came?.call.caller, came?.call.metadata],
      ['a', 'add', 'counter', caller, { color: 'red' }],
    )
    assert.deepEqual([came?.call.timeoutMs, came?.call.idempotencyKey], [4_000, undefined])
    assert.equal(await called(theirs, name, { ...call, async: true, deliveryKey: 'once' }), undefined)
    assert.deepEqual([system.calls[1]?.call.async, system.calls[1]?.call.idempotencyKey], [true, 'once'])
  })

  test('and the trace stands in the header, beside the time that there is', async () => {
    const seen: unknown[] = []
    const name = await foreign(({ headers: said }) => {
      seen.push(said?.get('traceparent'), said?.get('Spawn-Timeout'), said?.get('Idempotency-Key'))
      return 'async'
    })
    await called(await member(), name, { metadata: { traceparent: TRACE }, deliveryKey: 'k' })
    assert.deepEqual(seen, [TRACE, '5000', 'k'])
  })

  test('that answers with plain text: it has failed, and says why; but a word says that it was accepted', async () => {
    const theirs = await member()
    const failing = async (answer: Uint8Array | string): Promise<SpawnError> =>
      errorOf(called(theirs, await foreign(() => answer)))
    const text = 'Actor ann not found on ActorSystem crm'
    const error = await failing(text)
    assert.equal(error.code, 'ACTION_FAILED')
    assert.match(
      error.message,
      new RegExp(`^"a" action "add" of the system "system-[\\d.]+" has failed: ${text}$`),
    )
    for (const other of [
      'no_content',
      'timeout',
      '2 things went wrong',
      '"quoted"',
      '*',
      'not_found',
      ':error',
    ])
      assert.match((await failing(other)).message, / has failed: /)
    assert.equal(await called(theirs, await foreign(() => 'async')), undefined)
    for (const nonsense of [Uint8Array.of(1, 2, 3, 255), new Uint8Array(), bytesOf('0a05')])
      assert.equal((await failing(nonsense)).code, 'HOST_MALFORMED')
    const coded = await failing('[MAILBOX_FULL] the mailbox of "a" is full')
    assert.deepEqual([coded.code, coded.message], ['MAILBOX_FULL', 'the mailbox of "a" is full'])
  })

  test('that answers as over HTTP is understood, its errors above all', async () => {
    const theirs = await member()
    const { reply } = ASKED[0] ?? assert.fail('a recording')
    const { value } = withoutContext(ANSWERED[0]?.reply ?? '')
    assert.deepEqual(await called(theirs, await foreign(() => bytesOf(reply))), value)
    const failed = bytesOf(recordingOf('05-errors-action').exchanges[0]?.reply ?? '')
    const told = await errorOf(called(theirs, await foreign(() => failed)))
    assert.equal(told.code, 'ACTION_FAILED')
    assert.match(told.message, /Action \[does_not_exist\] not found/)
  })

  test('that fails: with the code of its error', async () => {
    const [ours, name] = [await member(), ownSystem()]
    const system = systemOf(name)
    await ours.serve(system)
    const theirs = await member()
    system.answer = () => Promise.reject(new SpawnError('STATE_CONFLICT', 'changed'))
    const error = await errorOf(called(theirs, name))
    assert.deepEqual([error.code, error.message], ['STATE_CONFLICT', 'changed'])
    system.answer = () => Promise.reject(new TypeError('a secret'))
    const defect = await errorOf(called(theirs, name))
    assert.equal(defect.code, 'DEFECT')
    assert.doesNotMatch(defect.message, /secret/)
  })

  test('that nobody serves: at once; that does not answer: in time; that is cancelled', async () => {
    const theirs = await member()
    const error = await errorOf(called(theirs, ownSystem(), { timeoutMs: 60_000 }))
    assert.deepEqual([error.code, error.details['mayHaveRun']], ['MEMBER_UNAVAILABLE', false])
    assert.match(error.message, /no member of that system is connected to this NATS/)
    const silent = await foreign(() => null)
    const late = await errorOf(called(theirs, silent, { timeoutMs: 50 }))
    assert.deepEqual([late.code, late.details['mayHaveRun']], ['DEADLINE_EXCEEDED', true])
    const caller = new AbortController()
    const cancelled = errorOf(called(theirs, silent, { timeoutMs: 60_000 }, caller.signal))
    caller.abort()
    assert.equal((await cancelled).code, 'CANCELLED')
    const early = await errorOf(called(theirs, silent, {}, caller.signal))
    assert.deepEqual([early.code, early.details['mayHaveRun']], ['CANCELLED', false])
  })

  test('of a name that is no subject, or with too much: refused at once; and nobody can call such a one of ours', async () => {
    const lines: string[] = []
    const warn = (message: string): void => void lines.push(message)
    const theirs = await member({ ...silentLogger, warn })
    for (const name of ['', 'a b', 'a.*', '>', 'a..b', '.a', 'a\u0000']) {
      const { code } = await errorOf(called(theirs, name))
      assert.equal(code, 'INVALID_ARGUMENT', JSON.stringify(name))
    }
    await theirs.serve(systemOf('a b'))
    assert.deepEqual(lines, [
      'Other systems cannot call this one: its name cannot be part of a subject of NATS',
    ])
    const large = new Packed('x', new Uint8Array(2_000_000))
    const tooMuch = await errorOf(called(theirs, ownSystem(), { payload: large }))
    assert.deepEqual([tooMuch.code, tooMuch.details['limit']], ['INVALID_ARGUMENT', 'payloadBytes'])
  })

  test('and what is too large to answer with is answered with an error', async () => {
    const [ours, name] = [await member(), ownSystem()]
    const system = systemOf(name)
    system.answer = async () => new Packed('x', new Uint8Array(2_000_000))
    await ours.serve(system)
    const error = await errorOf(called(await member(), name))
    assert.match(error.message, /the response takes \d+ bytes, and NATS takes \d+; the call has run/)
    await until('its call', () => system.calls.length === 1)
  })
})
