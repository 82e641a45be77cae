// What the tests of calls between systems over NATS are made of: members that serve and call, systems that keep what they are
// asked, and what was recorded of the Elixir runtime.
import assert from 'node:assert/strict'
import { isSpawnError, type SpawnError, systemClock } from '../../src/base/index.ts'
import { openNats } from '../../src/cluster/nats/index.ts'
import {
  type Call,
  type Logger,
  silentLogger,
  type SystemCall,
  type SystemExchange,
} from '../../src/ports/index.ts'
import { Packed } from '../../src/protocol/index.ts'
import { type NatsServer, natsServer, ownCluster } from '../servers/nats.ts'
import { recordingOf } from '../wire/recording.ts'

interface Called {
  readonly name: string
  readonly call: Call
}

/** A system of which only the calls are there. */
export interface System {
  readonly system: string
  readonly calls: Called[]
  answer: (called: Called) => Promise<Packed | undefined>
  invokePacked(name: string, call: Call): Promise<Packed | undefined>
}

export const TRACE = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
const running: SystemExchange[] = []

/** @param server default: the one that all tests of a run share. */
export async function member(logger: Logger = silentLogger, server?: NatsServer): Promise<SystemExchange> {
  const settings = { servers: [(server ?? (await natsServer())).address], identity: null, tls: null }
  const { systems } = openNats(settings, { cluster: ownCluster(), clock: systemClock, logger })
  await systems.start()
  running.push(systems)
  return systems
}

export const never = new AbortController().signal

export const EMPTY: SystemCall = {
  action: 'add',
  ref: '',
  payload: undefined,
  metadata: {},
  caller: null,
  async: false,
  timeoutMs: 5_000,
  deliveryKey: null,
}

/** Calls actor `a` of a system. */
export function called(
  by: SystemExchange,
  system: string,
  call: Partial<SystemCall> = {},
  signal = never,
): Promise<Packed | undefined> {
  return by.call(system, 'a', { ...EMPTY, ...call }, signal)
}

export function systemOf(name: string): System {
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

export async function errorOf(answer: Promise<unknown>): Promise<SpawnError> {
  const error: unknown = await answer.then(
    (value) => assert.fail(`it was answered with ${String(value)}`),
    (thrown: unknown) => thrown,
  )
  assert.ok(isSpawnError(error), String(error))
  return error
}

let systemsMade = 0
export const ownSystem = (): string => `system-${process.pid}.${(systemsMade += 1)}`

/** What Elixir's runtime is asked over HTTP, and what it was answered with by its host: it hands both on as they are. */
export const ASKED = recordingOf('02-invoke-named').exchanges.filter(
  ({ path, status, to }) => to === 'proxy' && status === 200 && path?.endsWith('/invoke') === true,
)
export const ANSWERED = recordingOf('02-invoke-named').exchanges.filter(({ to }) => to === 'host')

export function bytesOf(hex: string): Buffer {
  return Buffer.from(hex, 'hex')
}

/** The recorded answer of a host without the context, which is the actor's own; and the value in it. */
export function withoutContext(hex: string): { readonly answer: string; readonly value: Packed } {
  const bytes = bytesOf(hex)
  const names = 4 + (bytes[1] ?? 0) + (bytes[3 + (bytes[1] ?? 0)] ?? 0)
  assert.equal(bytes[names], 0x1a)
  const rest = bytes.subarray(names + 2 + (bytes[names + 1] ?? 0))
  assert.equal(rest[0], 0x22)
  const any = rest.subarray(2)
  const typeUrl = any.subarray(2, 2 + (any[1] ?? 0))
  const value = any.subarray(4 + typeUrl.length)
  return {
    answer: Buffer.concat([bytes.subarray(0, names), rest]).toString('hex'),
    value: new Packed(typeUrl.toString(), Uint8Array.from(value)),
  }
}

/** Stops all that were started. */
export async function stopMembers(): Promise<void> {
  for (const systems of running) await systems.stop()
}
