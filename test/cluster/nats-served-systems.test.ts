// Calls between our systems and those of the Elixir runtime, over a real NATS server: with what was recorded of that runtime, by
// raw clients. The server is this file's own: the name of the recorded system is always the same.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { connect, headers, type NatsConnection } from '@nats-io/transport-node'
import { isSpawnError, SpawnError } from '../../src/base/index.ts'
import { type LogFields, type Logger, silentLogger, type SystemCall } from '../../src/ports/index.ts'
import { jsonCodec, Packed } from '../../src/protocol/index.ts'
import { until } from '../../src/testing/index.ts'
import { PrivateNats } from '../servers/nats.ts'
import { recordingOf } from '../wire/recording.ts'
import {
  EMPTY,
  never,
  ANSWERED,
  ASKED,
  bytesOf,
  called,
  member,
  ownSystem,
  stopMembers,
  systemOf,
  TRACE,
  withoutContext,
} from './exchanges.ts'

let server: PrivateNats
let raw: NatsConnection

const memberHere = (logger?: Logger): ReturnType<typeof member> => member(logger, server)

before(async () => {
  server = await PrivateNats.start()
  raw = await connect({ servers: server.address })
})

after(async () => {
  await stopMembers()
  await raw.close()
  await server.end()
})

describe('another runtime calls us', () => {
  test('with the bytes that were recorded of it, and gets those that it reads', async () => {
    const ours = await memberHere()
    const system = systemOf('spawn-system')
    await ours.serve(system)
    await raw.flush()
    assert.ok(ASKED.length > 1 && ASKED.length === ANSWERED.length)
    for (const [at, { request }] of ASKED.entries()) {
      const { answer, value } = withoutContext(ANSWERED[at]?.reply ?? '')
      system.answer = async () => value
      const reply = await raw.request('spawn.spawn-system.actors.actions', bytesOf(request), {
        timeout: 5_000,
      })
      assert.equal(Buffer.from(reply.data).toString('hex'), answer)
      const { call, name } = system.calls.at(-1) ?? assert.fail('it was called')
      assert.deepEqual([name, call.action, call.timeoutMs], ['ora-counter', 'inc', undefined])
    }
    system.answer = async () => undefined
    const nothing = await raw.request('spawn.spawn-system.actors.actions', bytesOf(ASKED[0]?.request ?? ''))
    assert.match(Buffer.from(nothing.data).toString('hex'), /3200$/)
    await ours.leave()
  })

  test('and does not wait: it is answered with a word, or with nothing when it asks for no answer', async () => {
    const lines: [string, LogFields | undefined][] = []
    const warn = (message: string, fields?: LogFields): void => void lines.push([message, fields])
    const ours = await memberHere({ ...silentLogger, warn })
    const system = systemOf('spawn-system')
    await ours.serve(system)
    const exchange = recordingOf('10-async').exchanges.find(
      ({ path, to }) => to === 'proxy' && path?.endsWith('/invoke'),
    )
    const request = bytesOf(exchange?.request ?? '')
    const word = await raw.request('spawn.spawn-system.actors.actions', request, { timeout: 5_000 })
    assert.equal(word.string(), 'async')
    assert.equal(system.calls[0]?.call.async, true)
    const later = recordingOf('22-scheduled').exchanges.find(
      ({ path, to }) => to === 'proxy' && path?.endsWith('/invoke'),
    )
    const scheduled = await raw.request('spawn.spawn-system.actors.actions', bytesOf(later?.request ?? ''), {
      timeout: 5_000,
    })
    assert.equal(scheduled.string(), 'async')
    assert.ok((system.calls[1]?.call.scheduledToMs ?? 0) > 0)
    system.answer = () => Promise.reject(new SpawnError('MAILBOX_FULL', 'full'))
    raw.publish('spawn.spawn-system.actors.actions', request)
    await until('the call and its failure', () => lines.length === 1)
    assert.deepEqual(lines[0]?.[1], { system: 'spawn-system', code: 'MAILBOX_FULL', error: 'full' })
    await ours.leave()
  })

  test('with a trace, which stands in the header', async () => {
    const [ours, name] = [await memberHere(), ownSystem()]
    const system = systemOf(name)
    await ours.serve(system)
    const trace = headers()
    trace.set('traceparent', TRACE)
    const subject = `spawn.${name}.actors.actions`
    const foreign = await raw.request(subject, bytesOf(ASKED[0]?.request ?? ''), {
      timeout: 5_000,
      headers: trace,
    })
    assert.equal(
      foreign.string(),
      `[INVALID_ARGUMENT] the call is for the system "spawn-system", and has come to "${name}"`,
    )
    // The same for this system: its name stands in the message, and in the actor's id.
    const text = (ASKED[0]?.request ?? '').replaceAll(
      /0a0e0a0c737061776e2d73797374656d|120c737061776e2d73797374656d/g,
      '',
    )
    const own = bytesOf(text.replace('121d0a1b', '120f0a0d'))
    await raw.request(subject, own, { timeout: 5_000, headers: trace })
    assert.deepEqual(system.calls[0]?.call.metadata, { traceparent: TRACE })
    const nonsense = await raw.request(subject, Uint8Array.of(255, 255), { timeout: 5_000 })
    assert.match(nonsense.string(), /^\[INVALID_ARGUMENT\] the body is no spawn\.InvocationRequest/)
  })

  test('in turns: of several members of a system one takes each call', async () => {
    const name = ownSystem()
    const members = await Promise.all([memberHere(), memberHere()])
    const systems = members.map(() => systemOf(name))
    for (const [at, system] of systems.entries()) await members[at]?.serve(system)
    const theirs = await memberHere()
    const payloads = Array.from({ length: 100 }, (_, at) => jsonCodec.pack(at))
    const answers = await Promise.all(payloads.map((payload) => called(theirs, name, { payload })))
    assert.deepEqual(answers, payloads)
    assert.deepEqual(
      systems.map((system) => system.calls.length > 0),
      [true, true],
    )
    assert.equal(systems.flatMap((system) => system.calls).length, 100)
  })

  test('at the very moment at which the last member leaves: each call is answered, or refused at once', async () => {
    const [ours, name] = [await memberHere(), ownSystem()]
    const system = systemOf(name)
    const theirs = await memberHere()
    const codes: string[] = []
    for (let round = 0; round < 10; round += 1) {
      await ours.serve(system)
      const before = system.calls.length
      const calls = Array.from({ length: 200 }, () =>
        called(theirs, name, { timeoutMs: 4_000 }).then(
          () => 'answered',
          (thrown: unknown) => (isSpawnError(thrown) ? thrown.code : String(thrown)),
        ),
      )
      // Some have come by then, and some are on their way.
      await until('the first of them', () => system.calls.length > before, { pauseMs: 1 })
      await ours.leave()
      codes.push(...(await Promise.all(calls)))
    }
    assert.deepEqual(
      codes.filter((code) => code !== 'answered' && code !== 'MEMBER_UNAVAILABLE'),
      [],
    )
  })

  test('while a member leaves: what came to it is answered, what comes then goes to the others', async () => {
    const name = ownSystem()
    const [leaving, staying] = await Promise.all([memberHere(), memberHere()])
    const systems = [systemOf(name), systemOf(name)] as const
    for (const [at, exchange] of [leaving, staying].entries()) await exchange.serve(systems[at as 0 | 1])
    const theirs = await memberHere()
    const [first] = systems
    const gate = Promise.withResolvers<void>()
    first.answer = async ({ call }) => {
      await gate.promise
      return call.payload instanceof Packed ? call.payload : undefined
    }
    let going = true
    let answered = 0
    const caller = async (): Promise<void> => {
      for (; going; answered += 1)
        assert.ok(await called(theirs, name, { payload: jsonCodec.pack(1), timeoutMs: 60_000 }))
    }
    const early = Promise.all(Array.from({ length: 8 }, caller))
    await until('calls at both', () => systems.every(({ calls }) => calls.length > 0))
    await leaving.leave()
    const atLeave = first.calls.length
    // All of those may wait at the member that leaves.
    const late = Promise.all(Array.from({ length: 8 }, caller))
    let stopped = false
    const stop = leaving.stop().then(() => (stopped = true))
    const before = answered
    await until('calls to go on', () => answered > before + 100)
    assert.equal(first.calls.length, atLeave)
    assert.equal(stopped, false)
    gate.resolve()
    await stop
    going = false
    await Promise.all([early, late])
  })
})

describe('we call another runtime', () => {
  test('of another make: it is asked with the bytes that were recorded, and its answer is read', async () => {
    const theirs = await memberHere()
    const asked: string[] = []
    const answers = ANSWERED.map(({ reply }) => reply)
    const subject = 'spawn.spawn-system.actors.actions'
    const queue = raw.subscribe(subject, {
      queue: subject,
      callback: (_error, message) => {
        asked.push(Buffer.from(message.data).toString('hex'))
        message.respond(bytesOf(answers[asked.length - 1] ?? ''))
      },
    })
    await raw.flush()
    for (const [at, { request }] of ASKED.entries()) {
      const { value } = withoutContext(answers[at] ?? '')
      const any = bytesOf(request).subarray(-54)
      const payload = new Packed(any.subarray(4, 50).toString(), Uint8Array.from(any.subarray(52)))
      const call: SystemCall = { ...EMPTY, action: 'inc', payload }
      assert.deepEqual(await theirs.call('spawn-system', 'ora-counter', call, never), value)
    }
    assert.deepEqual(
      asked,
      ASKED.map(({ request }) => request),
    )
    queue.unsubscribe()
  })
})
