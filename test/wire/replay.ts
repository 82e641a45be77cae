// Plays a recorded scenario against a proxy of ours: sends what the client sent, answers as the host answered, and names
// every field that came out otherwise. What may differ is decided by differences.ts.
//
// A request is sent when the clock says so and everything that was recorded before it has happened.

import { create, type DescMessage, fromBinary, toBinary } from '@bufbuild/protobuf'
import { AnySchema } from '@bufbuild/protobuf/wkt'

import type { Clock } from '../../src/base/index.ts'
import {
  type ActorInvocation,
  ActorInvocationResponseSchema,
  ActorInvocationSchema,
  InvocationResponseSchema,
  RegistrationResponseSchema,
  SpawnResponseSchema,
} from '../../src/protocol/gen/spawn/actors/protocol_pb.ts'
import { until } from '../../src/testing/index.ts'
import { type HostAnswer, HostServer } from '../hosts/host-server.ts'
import { fastClock } from './fast-clock.ts'
import {
  differingFields,
  type Exchange,
  type Fields,
  fieldsOf,
  type Recording,
  recordingOf,
} from './recording.ts'
import { WireClient } from './wire-client.ts'

export interface Difference {
  readonly scenario: string
  /** Which of the scenario's exchanges; -1: a call to the host that was not recorded. */
  readonly at: number
  /** `status`, `type`, `body`, or `reply.…` and `call.…` with the name of a field. */
  readonly field: string
  readonly recorded: string | undefined
  readonly ours: string | undefined
}

export interface ProxyUnderReplay {
  readonly url: string
  stop(): Promise<void>
}

/** Starts a fresh proxy that looks for its host at a port of this machine. */
export type StartProxy = (options: { clock: Clock; hostPort: number }) => Promise<ProxyUnderReplay>

const SYSTEM = 'spawn-system'
const REGISTRATION = '01-register'
/** How long what the scenario rests on may take, on the proxy's clock. */
const LEAD_MS = 1_200
const SPEED = 4
const OCTETS = 'application/octet-stream'

export async function replay(recording: Recording, startProxy: StartProxy): Promise<Difference[]> {
  const clock = fastClock(recording.startedAtMs - LEAD_MS, SPEED)
  const host = new RecordedHost(recording)
  await using server = await HostServer.start((call, bytes) => host.answer(call, bytes))
  const proxy = await startProxy({ clock, hostPort: server.port })
  const client = new WireClient(proxy.url, SYSTEM)
  try {
    if (recording.scenario !== REGISTRATION) await prepare(recording, client, host)
    host.plays = true
    const differences: Difference[] = []
    for (const [at, exchange] of recording.exchanges.entries()) {
      await until(`what is before exchange ${at} of ${recording.scenario}`, () =>
        host.isDue(at, clock.now() - recording.startedAtMs),
      )
      if (exchange.to === 'host') continue
      host.asking = at
      differences.push(...(await ask(client, recording, at)))
    }
    await until(`all calls of ${recording.scenario}`, () => host.isDue(recording.exchanges.length, Infinity))
    return [...differences, ...host.differences]
  } finally {
    client.close()
    await proxy.stop()
  }
}

/** The definitions of the session, and the states that earlier scenarios had left. */
async function prepare({ given }: Recording, client: WireClient, host: RecordedHost): Promise<void> {
  const [registration] = recordingOf(REGISTRATION).exchanges
  await client.send('POST', '/api/v1/system', bytesOf(registration?.request ?? ''))
  for (const [name, state] of Object.entries(given)) {
    host.given = bytesOf(state)
    await client.invoke({ name }, { actionName: 'inc' })
  }
}

class RecordedHost {
  readonly differences: Difference[] = []
  /** False: every call leaves the state `given`. */
  plays = false
  given: Uint8Array = new Uint8Array()
  /** The exchange that the client is at. What was recorded after the next one is not played before it. */
  asking = -1
  readonly #recording: Recording
  readonly #played = new Set<number>()

  constructor(recording: Recording) {
    this.#recording = recording
  }

  /** Whether all before an exchange has happened, and its time has come. */
  isDue(at: number, elapsedMs: number): boolean {
    const { exchanges } = this.#recording
    const before = exchanges.slice(0, at)
    const isTime = elapsedMs >= (exchanges[at]?.atMs ?? 0)
    return isTime && before.every(({ to }, index) => to === 'proxy' || this.#played.has(index))
  }

  answer(call: ActorInvocation, bytes: Buffer): HostAnswer {
    if (!this.plays) return reply(200, keeping(call, this.given))
    const { exchanges, scenario } = this.#recording
    const end = exchanges.findIndex(({ to }, index) => index > this.asking && to === 'proxy')
    const at = exchanges.findIndex(
      (exchange, index) => (end === -1 || index < end) && !this.#played.has(index) && isCall(exchange, call),
    )
    const exchange = exchanges[at]
    if (exchange === undefined) return this.#unrecorded(call)
    this.#played.add(at)
    const recorded = fieldsOf(ActorInvocationSchema, bytesOf(exchange.request))
    this.differences.push(...compared(scenario, at, 'call', recorded, fieldsOf(ActorInvocationSchema, bytes)))
    return reply(exchange.status ?? 500, bytesOf(exchange.reply))
  }

  /** A call that was not made then: answered as one of its kind was. */
  #unrecorded(call: ActorInvocation): HostAnswer {
    const { exchanges, scenario } = this.#recording
    // Timers go on when the recording has ended.
    if (!this.isDue(exchanges.length, Infinity)) {
      const ours = `${call.actor?.name}.${call.actionName}`
      this.differences.push({ scenario, at: -1, field: 'call', recorded: undefined, ours })
    }
    const similar = exchanges.find((exchange) => isCall(exchange, call))
    return similar === undefined ? reply(500, new Uint8Array()) : reply(200, bytesOf(similar.reply))
  }
}

function isCall(exchange: Exchange, { actionName, actor }: ActorInvocation): boolean {
  if (exchange.to !== 'host') return false
  const recorded = fromBinary(ActorInvocationSchema, bytesOf(exchange.request))
  return recorded.actionName === actionName && recorded.actor?.name === actor?.name
}

function keeping({ actor, actionName }: ActorInvocation, state: Uint8Array): Uint8Array {
  if (actionName !== 'inc' || state.length === 0) throw new Error(`${actor?.name}.${actionName} came early`)
  const response = create(ActorInvocationResponseSchema, {
    updatedContext: { state: fromBinary(AnySchema, state) },
  })
  return toBinary(ActorInvocationResponseSchema, response)
}

function reply(status: number, body: Uint8Array): HostAnswer {
  return { status, type: OCTETS, body, framing: 'length' }
}

/** Sends one recorded request, and compares the answer. */
async function ask(
  client: WireClient,
  { exchanges, scenario }: Recording,
  at: number,
): Promise<Difference[]> {
  const { method = '', path = '', ...exchange } = exchanges[at]!
  const answer = await client.send(method, path, bytesOf(exchange.request), exchange.requestType)
  const found: Difference[] = []
  const note = (field: string, recorded: string, ours: string): void => {
    if (recorded !== ours) found.push({ scenario, at, field, recorded, ours })
  }
  note('status', String(exchange.status), String(answer.status))
  note('type', mediaType(exchange.replyType), mediaType(answer.headers['content-type'] ?? null))
  const schema = replySchema(method, path)
  if (schema === null) {
    note('body', bytesOf(exchange.reply).toString(), answer.body.toString())
    return found
  }
  const recorded = fieldsOf(schema, bytesOf(exchange.reply))
  return [...found, ...compared(scenario, at, 'reply', recorded, fieldsOf(schema, answer.body))]
}

function compared(scenario: string, at: number, of: string, recorded: Fields, ours: Fields): Difference[] {
  return differingFields(recorded, ours).map((name) => {
    return { scenario, at, field: `${of}.${name}`, recorded: recorded.get(name), ours: ours.get(name) }
  })
}

function replySchema(method: string, path: string): DescMessage | null {
  if (method !== 'POST') return null
  if (path === '/api/v1/system') return RegistrationResponseSchema
  return path.endsWith('/spawn') ? SpawnResponseSchema : InvocationResponseSchema
}

const mediaType = (type: string | null): string => type?.split(';')[0] ?? 'none'

function bytesOf(hex: string): Buffer {
  return Buffer.from(hex, 'hex')
}
