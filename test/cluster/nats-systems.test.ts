// Calls between systems over a real NATS server, as the Elixir runtime makes and takes them: recorded bytes, raw clients.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { connect, headers, type Msg, type NatsConnection } from '@nats-io/transport-node'
import { isSpawnError, SpawnError, systemClock } from '../../src/base/index.ts'
import { openNats } from '../../src/cluster/nats/index.ts'
import { type Call, silentLogger } from '../../src/ports/index.ts'
import { jsonCodec, Packed } from '../../src/protocol/index.ts'
import { until } from '../../src/testing/index.ts'
import { endNats, natsServer, ownCluster } from '../servers/nats.ts'
import { recordingOf } from '../wire/recording.ts'

type Systems = ReturnType<typeof openNats>['systems']

interface Called {
  readonly name: string
  readonly call: Call
}

/** A system of which only the calls are there. */
interface System {
  readonly system: string
  readonly calls: Called[]
  answer: (called: Called) => Promise<Packed | undefined>
  invokePacked(name: string, call: Call): Promise<Packed | undefined>
}

const TRACE = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
const running: Systems[] = []
let raw: NatsConnection

before(async () => {
  raw = await connect({ servers: (await natsServer()).address })
})

after(async () => {
  for (const systems of running) await systems.stop()
  await raw.close()
  await endNats()
})

async function member(): Promise<Systems> {
  const settings = { servers: [(await natsServer()).address], identity: null, tls: null }
  const { systems } = openNats(settings, { cluster: ownCluster(), clock: systemClock, logger: silentLogger })
  await systems.start()
  running.push(systems)
  return systems
}

function systemOf(name: string): System {
  const calls: Called[] = []
  const system: System = {
    system: name,
    calls,
    answer: async ({ call }) => (call.payload instanceof Packed ? call.payload : undefined),
    invokePacked(actor, call) {
      const called = { name: actor, call }
      calls.push(called)
      return system.answer(called)
    },
  }
  return system
}

async function errorOf(answer: Promise<unknown>): Promise<SpawnError> {
  const error: unknown = await answer.then(
    (value) => assert.fail(`it was answered with ${String(value)}`),
    (thrown: unknown) => thrown,
  )
  assert.ok(isSpawnError(error), String(error))
  return error
}

let systemsMade = 0
const ownSystem = (): string => `system-${process.pid}.${(systemsMade += 1)}`

describe('another runtime calls us', () => {
  test('with recorded bytes, and gets the bytes that were recorded', async () => {
    const ours = await member()
    const system = systemOf('spawn-system')
    await ours.serve(system)
    await raw.flush()
    const exchanges = recordingOf('02-invoke-named').exchanges.filter(
      ({ path, to }) => to === 'proxy' && path?.endsWith('/invoke'),
    )
    assert.ok(exchanges.length > 0)
    for (const { reply, request, status } of exchanges) {
      if (status !== 200) continue
      // The counter of the recording answers with its new state.
      const recorded = Buffer.from(reply, 'hex')
      const total = recorded.subarray(recorded.lastIndexOf(Buffer.from([0x12])) + 2)
      system.answer = async ({ call }) =>
        call.payload instanceof Packed ? new Packed(call.payload.typeUrl, Uint8Array.from(total)) : undefined
      const answer = await raw.request('spawn.spawn-system.actors.actions', Buffer.from(request, 'hex'), {
        timeout: 5_000,
      })
      assert.equal(Buffer.from(answer.data).toString('hex'), reply)
      assert.equal(system.calls.at(-1)?.name, 'ora-counter')
    }
    ours.unserve('spawn-system')
  })

  test('with a trace, and an error is answered with a status that has its code', async () => {
    const [ours, name] = [await member(), ownSystem()]
    const system = systemOf(name)
    system.answer = () => Promise.reject(new SpawnError('MAILBOX_FULL', 'the mailbox of "a" is full'))
    await ours.serve(system)
    const theirs = await member()
    const metadata = { traceparent: TRACE, color: 'red' }
    const error = await errorOf(theirs.call(name, 'a', { action: 'add', metadata, timeoutMs: 5_000 }))
    assert.deepEqual([error.code, error.message], ['MAILBOX_FULL', 'the mailbox of "a" is full'])
    assert.deepEqual(system.calls[0]?.call.metadata, { ...metadata, 'request-timeout': '5000' })
    const trace = headers()
    trace.set('traceparent', TRACE)
    const bytes = Buffer.from(recordingOf('02-invoke-named').exchanges[0]?.request ?? '', 'hex')
    const foreign = await raw.request(`spawn.${name}.actors.actions`, bytes, {
      timeout: 5_000,
      headers: trace,
    })
    assert.match(foreign.string(), /\[INVALID_ARGUMENT\] the call is for the system "spawn-system"/)
    const nonsense = await raw.request(`spawn.${name}.actors.actions`, Uint8Array.of(255, 255), {
      timeout: 5_000,
    })
    assert.match(nonsense.string(), /\[INVALID_ARGUMENT\] the body is no spawn\.InvocationRequest/)
  })

  test('in turns: of several members of a system one takes each call', async () => {
    const name = ownSystem()
    const members = await Promise.all([member(), member()])
    const systems = members.map(() => systemOf(name))
    for (const [at, system] of systems.entries()) await members[at]?.serve(system)
    const theirs = await member()
    const calls = Array.from({ length: 100 }, (_, at) =>
      theirs.call(name, `a${at}`, { action: 'add', timeoutMs: 5_000 }),
    )
    await Promise.all(calls)
    assert.deepEqual(
      systems.map((system) => system.calls.length > 0),
      [true, true],
    )
    const names = systems.flatMap((system) => system.calls.map((called) => called.name))
    assert.equal(new Set(names).size, 100)
    assert.equal(names.length, 100)
  })
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
    const call: Call = { action: 'add', ref: 'counter', payload, caller, timeoutMs: 5_000 }
    const response = await theirs.call(name, 'c1', call)
    assert.deepEqual(jsonCodec.accept(response), { value: 1 })
    const came = system.calls[0]
    assert.deepEqual(
      [came?.name, came?.call.action, came?.call.ref, came?.call.caller],
      ['c1', 'add', 'counter', caller],
    )
    assert.equal(await theirs.call(name, 'c1', { ...call, async: true }), undefined)
    assert.equal(system.calls[1]?.call.async, true)
    assert.equal(await theirs.call(name, 'c1', { ...call, scheduledToMs: 9_000_000_000_000 }), undefined)
    assert.equal(system.calls[2]?.call.scheduledToMs, 9_000_000_000_000)
  })

  test('and the trace stands in the header', async () => {
    let seen = ''
    const answer = Buffer.from('0a020801', 'hex')
    const name = await foreign((message) => {
      seen = message.headers?.get('traceparent') ?? ''
      return answer
    })
    const theirs = await member()
    assert.equal(
      await theirs.call(name, 'a', { action: 'b', metadata: { traceparent: TRACE }, timeoutMs: 5_000 }),
      undefined,
    )
    assert.equal(seen, TRACE)
  })

  test('that answers with plain text: it has failed, and says why', async () => {
    const theirs = await member()
    const text = await foreign(() => 'error: Actor not found')
    const error = await errorOf(theirs.call(text, 'a', { action: 'b', timeoutMs: 5_000 }))
    assert.equal(error.code, 'ACTION_FAILED')
    assert.equal(error.message, `"a" action "b" of the system "${text}" has failed: error: Actor not found`)
    const nonsense = await foreign(() => Uint8Array.of(1, 2, 3, 255))
    assert.equal(
      (await errorOf(theirs.call(nonsense, 'a', { action: 'b', timeoutMs: 5_000 }))).code,
      'HOST_MALFORMED',
    )
    const elixir = await foreign(() =>
      Buffer.from(recordingOf('05-errors-action').exchanges[0]?.reply ?? '', 'hex'),
    )
    const told = await errorOf(theirs.call(elixir, 'a', { action: 'b', timeoutMs: 5_000 }))
    assert.equal(told.code, 'ACTION_FAILED')
    assert.match(told.message, /Action \[does_not_exist\] not found/)
  })

  test('that nobody serves: at once; that does not answer: in time; that is cancelled', async () => {
    const theirs = await member()
    const unserved = ownSystem()
    const error = await errorOf(theirs.call(unserved, 'a', { action: 'b', timeoutMs: 60_000 }))
    assert.deepEqual([error.code, error.details['mayHaveRun']], ['MEMBER_UNAVAILABLE', false])
    assert.match(error.message, /no member of that system is connected to this NATS/)
    const silent = await foreign(() => null)
    const late = await errorOf(theirs.call(silent, 'a', { action: 'b', timeoutMs: 50 }))
    assert.deepEqual([late.code, late.details['mayHaveRun']], ['DEADLINE_EXCEEDED', true])
    const caller = new AbortController()
    const cancelled = errorOf(
      theirs.call(silent, 'a', { action: 'b', timeoutMs: 60_000, signal: caller.signal }),
    )
    caller.abort()
    assert.equal((await cancelled).code, 'CANCELLED')
  })

  test('of a name that is no subject, with too much, or with what the wire has no place for: refused at once', async () => {
    const theirs = await member()
    for (const name of ['', 'a b', 'a.*', '>', 'a..b', '.a', 'a\u0000'])
      assert.equal(
        (await errorOf(theirs.call(name, 'a', { action: 'b' }))).code,
        'INVALID_ARGUMENT',
        JSON.stringify(name),
      )
    const large = new Packed('x', new Uint8Array(2_000_000))
    const tooMuch = await errorOf(theirs.call(ownSystem(), 'a', { action: 'b', payload: large }))
    assert.deepEqual([tooMuch.code, tooMuch.details['limit']], ['INVALID_ARGUMENT', 'payloadBytes'])
    const keyed = await errorOf(theirs.call(ownSystem(), 'a', { action: 'b', idempotencyKey: 'k' }))
    assert.match(keyed.message, /cannot be called with an idempotency key/)
  })

  test('and what is too large to answer with is answered with an error', async () => {
    const [ours, name] = [await member(), ownSystem()]
    const system = systemOf(name)
    system.answer = async () => new Packed('x', new Uint8Array(2_000_000))
    await ours.serve(system)
    const error = await errorOf((await member()).call(name, 'a', { action: 'b', timeoutMs: 5_000 }))
    assert.match(error.message, /the response takes \d+ bytes, and NATS takes \d+; the call has run/)
    await until('its call', () => system.calls.length === 1)
  })
})
