// Requests and replies of all kinds, at random: for what must go through bytes and come out the same.
import * as fc from 'fast-check'
import { ERROR_CODES, type ErrorCode, SpawnError } from '../../src/base/index.ts'
import type { PeerReply, PeerRequest } from '../../src/mesh/peers/peer-request.ts'
import type {
  ChainLink,
  HandedEnvelope,
  RemoteAnnouncement,
  RemoteAnswer,
  RemoteCall,
} from '../../src/ports/index.ts'
import { type ActorId, Packed } from '../../src/protocol/index.ts'

/** Of all lengths at which something changes in how a text is written. */
const text = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 60 }),
  fc.string({ minLength: 20, maxLength: 200 }),
  fc.constantFrom(
    '',
    '\u0000',
    '__proto__',
    'ä'.repeat(42),
    'ä'.repeat(43),
    '漢'.repeat(42),
    'x'.repeat(20_000),
  ),
)
const nullable = <T>(of: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(of, { nil: null })
const actor: fc.Arbitrary<ActorId> = fc.record({ system: text, parent: text, name: text })
const packed = fc
  .tuple(text, fc.uint8Array({ maxLength: 300 }))
  .map(([typeUrl, value]) => new Packed(typeUrl, value))
const metadata = fc.dictionary(text, text, { maxKeys: 5, noNullPrototype: true })
const chain: fc.Arbitrary<ChainLink[]> = fc.array(
  fc.record({
    actor,
    action: text,
    member: text,
    turn: fc.maxSafeNat(),
    aside: fc.boolean(),
    starts: fc.boolean(),
  }),
  { maxLength: 3 },
)
const count = fc.maxSafeNat()

const call: fc.Arbitrary<RemoteCall> = fc.record({
  operation: fc.constantFrom('call', 'spawn', 'inspect', 'delete', 'erase', 'restore'),
  definition: text,
  name: text,
  action: text,
  payload: nullable(packed),
  metadata,
  caller: nullable(actor),
  chain,
  idempotencyKey: nullable(text),
  async: fc.boolean(),
  repeatable: fc.boolean(),
  timeoutMs: fc.nat({ max: 86_400_000 }),
  revision: nullable(fc.oneof(fc.record({ revision: count }), fc.record({ atMs: count }))),
  follows: nullable(count),
})

const answer: fc.Arbitrary<RemoteAnswer> = fc.record({
  response: nullable(packed),
  actor,
  action: text,
  revision: count,
  durability: fc.constantFrom('turn', 'snapshot', 'none'),
  json: nullable(text),
})

const error: fc.Arbitrary<SpawnError> = fc
  .record({
    code: fc.constantFrom(...(Object.keys(ERROR_CODES) as ErrorCode[])),
    message: text,
    retryable: fc.boolean(),
    details: fc.dictionary(fc.string(), fc.jsonValue(), { maxKeys: 3, noNullPrototype: true }),
  })
  // As JSON has it: no minus zero.
  .map(({ code, details, message, retryable }) => {
    const plain = JSON.parse(JSON.stringify(details)) as Record<string, unknown>
    return new SpawnError(code, message, { retryable, details: plain })
  })

const envelope: fc.Arbitrary<HandedEnvelope> = fc.record({
  envelope: fc.record({
    id: text,
    box: fc.constantFrom('delivery', 'schedule', 'timer', 'dead'),
    dueAtMs: count,
    header: text,
    payload: nullable(packed),
  }),
  asksForMs: nullable(fc.nat()),
  chain,
  member: nullable(text),
})

const announcement: fc.Arbitrary<RemoteAnnouncement> = fc.record({
  channel: text,
  payload: nullable(packed),
  from: nullable(actor),
  metadata,
})

export const anyRequest: fc.Arbitrary<PeerRequest> = fc.record({
  system: text,
  epoch: count,
  body: fc.oneof(
    fc.record({ kind: fc.constant('call' as const), call }),
    fc.record({ kind: fc.constant('release' as const), definition: text, name: text }),
    fc.record({
      kind: fc.constant('hand' as const),
      afresh: fc.boolean(),
      envelopes: fc.array(envelope, { maxLength: 4 }),
    }),
    fc.record({ kind: fc.constant('told' as const), envelope: text, end: fc.oneof(answer, error) }),
    fc.record({ kind: fc.constant('poke' as const) }),
    fc.record({ kind: fc.constant('announce' as const), announcement }),
  ),
})

export const anyReply: fc.Arbitrary<PeerReply> = fc.oneof(
  fc.record({ kind: fc.constant('answer' as const), answer }),
  fc.record({ kind: fc.constant('done' as const) }),
  fc.record({ kind: fc.constant('failed' as const), error }),
  fc.record({ kind: fc.constant('notOwner' as const), epoch: count }),
)

/** A call with nothing special. */
export function callOf(name: string, more: Partial<RemoteCall> = {}): PeerRequest {
  const plain: RemoteCall = {
    operation: 'call',
    definition: 'counter',
    name,
    action: 'add',
    payload: null,
    metadata: {},
    caller: null,
    chain: [],
    idempotencyKey: null,
    async: false,
    repeatable: false,
    timeoutMs: 0,
    revision: null,
    follows: null,
  }
  return { system: 'peers', epoch: 1, body: { kind: 'call', call: { ...plain, ...more } } }
}

/** What it is answered with. */
export function answerOf(name: string, response: Packed | null = null): PeerReply {
  const actor = { system: 'peers', parent: 'counter', name }
  return {
    kind: 'answer',
    answer: { response, actor, action: 'add', revision: 1, durability: 'turn', json: null },
  }
}

/** In comparable parts: bytes as text, an error as what of it travels. */
export function plain(value: PeerRequest | PeerReply): unknown {
  return plainPart(value)
}

function plainPart(value: unknown): unknown {
  if (value instanceof SpawnError) {
    const { code, details, message, retryable } = value
    return { code, details, message, retryable }
  }
  if (value instanceof Uint8Array) return `bytes ${Buffer.from(value).toString('base64')}`
  if (Array.isArray(value)) return value.map(plainPart)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, plainPart(part)]))
}
