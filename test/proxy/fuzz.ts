// Wrong requests against a whole proxy, by the thousands: each is answered, with a status that says whose fault it was and
// a body that says it in Protobuf; what is no HTTP ends in a close. Used by the test and by its longer form.

import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

import { create, fromBinary, toBinary } from '@bufbuild/protobuf'

import { type Random, seededRandom } from '../../src/base/index.ts'
import {
  type ActorInvocation,
  ActorInvocationResponseSchema,
  InvocationResponseSchema,
  RegistrationResponseSchema,
  type RequestStatus,
  SpawnResponseSchema,
  Status,
} from '../../src/protocol/gen/spawn/actors/protocol_pb.ts'
import { type HostAnswer, HostServer } from '../hosts/host-server.ts'
import { readReplies } from '../http/raw-client.ts'
import { recordingOf } from '../wire/recording.ts'
import { WireClient, type WireReply } from '../wire/wire-client.ts'
import { type SpoiltRequest, spoiltBytes, spoiltRequest } from './mutation.ts'
import { startProxy } from './start-proxy.ts'

export interface FuzzOptions {
  readonly seed: number
  readonly requests: number
  /** Connections that send at once. */
  readonly atOnce?: number
}

export interface FuzzTally {
  readonly accepted: number
  readonly refused: number
  readonly closed: number
  /** By how much the heap grows with each request that is refused. */
  readonly bytesPerRefusal: number
}

const SYSTEM = 'spawn-system'
const ANSWER_MS = 20_000
/** One in so many is changed on the level of HTTP. */
const RAW_EVERY = 10
/** A spoilt registration that is accepted takes the actors away: they are brought back after so many requests. */
const REGISTERS_EVERY = 20
/** With fewer, what a heap holds by chance would count. */
const MEASURED = 2_000

export async function fuzz({ atOnce = 32, requests, seed }: FuzzOptions): Promise<FuzzTally> {
  await using host = await HostServer.start(echoed)
  const proxy = await startProxy({ hostPort: host.port })
  const client = new WireClient(proxy.url, SYSTEM)
  const random = seededRandom(seed)
  const tally = { accepted: 0, refused: 0, closed: 0 }
  try {
    await stillServes(client)
    await inTurns(atOnce, requests, async (left) => {
      if (left % REGISTERS_EVERY === 0) await register(client)
      const isRaw = left % RAW_EVERY === 0
      const fate = isRaw
        ? await sendRaw(proxy.url, spoiltBytes(random))
        : await sendSpoilt(client, spoiltRequest(random))
      tally[fate] += 1
    })
    await stillServes(client)
    assert.equal(host.running, 0, 'the host still has requests')
    return { ...tally, bytesPerRefusal: await bytesPerRefusal(client, random, requests) }
  } finally {
    client.close()
    await proxy.stop()
  }
}

async function inTurns(atOnce: number, count: number, send: (left: number) => Promise<void>): Promise<void> {
  let left = count
  const sender = async (): Promise<void> => {
    while (left > 0) {
      left -= 1
      await send(left)
    }
  }
  await Promise.all(Array.from({ length: atOnce }, sender))
}

/** What stays in memory of requests that are all refused: those that are accepted may leave actors and systems. */
async function bytesPerRefusal(client: WireClient, random: Random, requests: number): Promise<number> {
  const collect = collector()
  const count = Math.max(MEASURED, Math.ceil(requests / 5))
  const held: number[] = []
  for (let half = 0; half < 2; half += 1) {
    await inTurns(16, count, async () => {
      const request = spoiltRequest(random)
      // No message begins with a field of the number 0.
      const body = Buffer.concat([Buffer.from([0x07]), request.body])
      assert.equal(await sendSpoilt(client, { ...request, body }), 'refused')
    })
    held.push(await heapInUse(collect))
  }
  const [before = 0, after = 0] = held
  return (after - before) / count
}

/** The garbage collector, which the flag lets in where no command line did. */
function collector(): () => void {
  setFlagsFromString('--expose-gc')
  const collect: unknown = runInNewContext('gc')
  assert.ok(typeof collect === 'function')
  return () => void Reflect.apply(collect, undefined, [])
}

async function heapInUse(collect: () => void): Promise<number> {
  collect()
  // What the first one has let go is freed by its end; weak and finalized things by the second.
  await new Promise(setImmediate)
  collect()
  return process.memoryUsage().heapUsed
}

/** A host that answers anything with what it got, and no state. */
function echoed({ actor, payload }: ActorInvocation): HostAnswer {
  const response = create(ActorInvocationResponseSchema, {
    actorName: actor?.name ?? '',
    updatedContext: {},
    payload,
  })
  const body = toBinary(ActorInvocationResponseSchema, response)
  return { status: 200, type: 'application/octet-stream', body, framing: 'length' }
}

async function register(client: WireClient): Promise<void> {
  const [registration] = recordingOf('01-register').exchanges
  const bytes = Buffer.from(registration?.request ?? '', 'hex')
  assert.equal((await client.send('POST', '/api/v1/system', bytes)).status, 200)
}

/** A right registration and a right call are served, whatever came before. */
async function stillServes(client: WireClient): Promise<void> {
  await register(client)
  const { status } = await client.invoke({ name: 'ora-counter' }, { actionName: 'inc' })
  assert.equal(status?.status, Status.OK, status?.message)
}

async function sendSpoilt(client: WireClient, request: SpoiltRequest): Promise<'accepted' | 'refused'> {
  const { body, method, path, type } = request
  const described = `${method} ${path} ${type} ${body.toString('hex').slice(0, 2_000)}`
  const reply = await inTime(client.send(method, path.replaceAll(' ', '%20'), body, type), described)
  try {
    return judge(request, reply)
  } catch (error) {
    throw new Error(`${described} → ${reply.status} ${reply.body.toString('latin1')}`, { cause: error })
  }
}

async function inTime<T>(work: Promise<T>, described: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const stuck = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer to ${described}`)), ANSWER_MS)
  })
  try {
    return await Promise.race([work, stuck])
  } finally {
    clearTimeout(timer)
  }
}

function judge(
  { path, method }: SpoiltRequest,
  { body, headers, status }: WireReply,
): 'accepted' | 'refused' {
  assert.ok(status === 200 || (status >= 400 && status < 500), `status ${status}`)
  assert.equal(headers['content-length'], String(body.length))
  if (headers['content-type'] === 'application/problem+json') {
    // People's side of the port: no wire request has such a path or method.
    const { pathname } = new URL(path, 'http://localhost')
    const isWire =
      method === 'POST' && /^\/api\/v1\/system(\/[^/]+\/actors\/(spawn|[^/]+\/invoke))?$/.test(pathname)
    assert.ok(!isWire, 'a request of the wire is answered in Protobuf')
    assert.notEqual(status, 200)
    return 'refused'
  }
  if (method === 'GET' && path === '/api/v1/system') {
    // The list of the systems, for people. Like a refusal it leaves nothing.
    assert.equal(headers['content-type'], 'application/json')
    assert.equal(status, 200)
    return 'refused'
  }
  const said = statusIn(path, body)
  assert.ok(said !== undefined, 'a status is never missing')
  assert.equal(said.status === Status.OK, status === 200)
  if (status === 200) return 'accepted'
  assert.match(said.message, /^\[[A-Z_]+\] ./)
  return 'refused'
}

function statusIn(path: string, body: Buffer): RequestStatus | undefined {
  if (path === '/api/v1/system') return fromBinary(RegistrationResponseSchema, body).status
  const schema = path.includes('/spawn') ? SpawnResponseSchema : InvocationResponseSchema
  return fromBinary(schema, body).status
}

/** Sends bytes that are perhaps no HTTP; every whole reply is one that may be given, and the connection is closed. */
async function sendRaw(url: string, bytes: Buffer): Promise<'accepted' | 'refused' | 'closed'> {
  const received = await new Promise<string>((resolve, reject) => {
    let text = ''
    const socket = connect({ port: Number(new URL(url).port), host: '127.0.0.1' }, () => socket.end(bytes))
    socket.setTimeout(ANSWER_MS, () => reject(new Error(`no end of ${bytes.toString('hex')}`)))
    socket.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')))
    // A reset ends it as well as a close.
    socket.on('error', () => socket.destroy())
    socket.on('close', () => resolve(text))
  })
  const { replies, rest } = readReplies(received)
  assert.equal(rest, '', `a part of a reply to ${bytes.toString('hex')}`)
  for (const { status } of replies) {
    assert.ok(status === 200 || (status >= 400 && status < 500), `${status} to ${bytes.toString('hex')}`)
  }
  if (replies.length === 0) return 'closed'
  return replies.every(({ status }) => status === 200) ? 'accepted' : 'refused'
}
