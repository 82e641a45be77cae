// Requests of the wire, spoilt: bodies cut, changed, mixed and stretched, under right and wrong paths and types, and whole
// requests changed on the level of HTTP. Decides what is sent; what must come back is fuzz.ts's.

import { below, type Random } from '../../src/base/index.ts'
import { RECORDINGS } from '../wire/recording.ts'

export interface SpoiltRequest {
  readonly method: string
  readonly path: string
  readonly type: string | null
  readonly body: Buffer
}

interface Seed {
  readonly path: string
  readonly body: Buffer
}

const SEEDS: readonly Seed[] = RECORDINGS.flatMap(({ exchanges }) =>
  exchanges.flatMap(({ path, request, to }) =>
    to === 'proxy' && path !== undefined && request !== ''
      ? [{ path, body: Buffer.from(request, 'hex') }]
      : [],
  ),
)

const TYPES = [
  'application/octet-stream',
  'application/octet-stream',
  'application/protobuf',
  'application/x-protobuf',
  'application/json',
  'text/plain',
  'nonsense',
  null,
] as const

const PATHS = [
  '/api/v1/system',
  '/api/v1/system/spawn-system/actors/spawn',
  '/api/v1/system/spawn-system/actors/spawn?revision=1',
  '/api/v1/system/spawn-system/actors/spawn?revision=x',
  '/api/v1/system/spawn-system/actors/ora-counter/invoke',
  '/api/v1/system/nothing/actors/ora-counter/invoke',
  '/api/v1/system/spawn-system/actors/a b/invoke',
  '/api/v1/system/spawn-system/actors/%ff/invoke',
  '/api/v1/system/spawn-system/actors//invoke',
  '/api/v1/system/spawn-system/actors/a/b/c/invoke',
] as const

const METHODS = ['POST', 'POST', 'POST', 'POST', 'POST', 'POST', 'PUT', 'GET'] as const

export function spoiltRequest(random: Random): SpoiltRequest {
  const seed = pick(random, SEEDS)
  const isElsewhere = below(random, 4) === 0
  return {
    method: isElsewhere ? pick(random, METHODS) : 'POST',
    path: isElsewhere ? pick(random, PATHS) : seed.path,
    type: isElsewhere ? pick(random, TYPES) : TYPES[0],
    body: spoilt(random, seed.body),
  }
}

/** A whole request as bytes, with some of its head changed: often no HTTP any more. */
export function spoiltBytes(random: Random): Buffer {
  const { body, method, path, type } = spoiltRequest(random)
  const head = [
    `${method} ${path.replaceAll(' ', '%20')} HTTP/1.1`,
    'Host: 127.0.0.1',
    ...(type === null ? [] : [`Content-Type: ${type}`]),
    `Content-Length: ${body.length}`,
    'Connection: close',
  ].join('\r\n')
  const bytes = Buffer.concat([Buffer.from(`${head}\r\n\r\n`), body])
  const kind = below(random, 3)
  if (kind === 0) return bytes.subarray(0, below(random, bytes.length))
  const changed = changedBytes(random, bytes.subarray(0, head.length))
  return Buffer.concat([changed, bytes.subarray(head.length)])
}

function spoilt(random: Random, body: Buffer): Buffer {
  switch (below(random, 10)) {
    case 0:
      return body.subarray(0, below(random, body.length))
    case 1:
      return noise(random, below(random, 200))
    case 2:
      return Buffer.concat([body, noise(random, 1 + below(random, 20))])
    case 3:
      return stretched(random, body)
    case 4:
      return nested(random)
    case 5: {
      const other = pick(random, SEEDS).body
      return Buffer.concat([
        body.subarray(0, below(random, body.length)),
        other.subarray(below(random, other.length)),
      ])
    }
    case 6:
      return changedBytes(random, body)
    default:
      return flippedBit(random, body)
  }
}

function changedBytes(random: Random, bytes: Buffer): Buffer {
  const changed = Buffer.from(bytes)
  for (let count = 1 + below(random, 4); count > 0; count -= 1) {
    changed[below(random, changed.length)] = below(random, 256)
  }
  return changed
}

/** Often still a message: of another actor, another action, another type, another time. */
function flippedBit(random: Random, bytes: Buffer): Buffer {
  const changed = Buffer.from(bytes)
  const at = below(random, changed.length)
  changed.writeUInt8(changed.readUInt8(at) ^ (1 << below(random, 8)), at)
  return changed
}

/** A length that promises more, or much more, than there is. */
function stretched(random: Random, body: Buffer): Buffer {
  const at = below(random, body.length)
  const length = Buffer.from(
    pick(random, ['ff7f', 'ffffff7f', 'ffffffff07', 'ffffffffffffffff7f', 'ffffffffffffffffff01']),
    'hex',
  )
  return Buffer.concat([body.subarray(0, at), length, body.subarray(at)])
}

/** Groups or messages in each other, thousands deep. */
function nested(random: Random): Buffer {
  const depth = 1 + below(random, 3_000)
  return below(random, 2) === 0 ? Buffer.alloc(depth, 0x0b) : nestedMessages(Math.min(depth, 60))
}

function nestedMessages(depth: number): Buffer {
  let body = Buffer.alloc(0)
  for (let level = 0; level < depth && body.length < 120; level += 1) {
    body = Buffer.concat([Buffer.from([0x0a, body.length]), body])
  }
  return body
}

function noise(random: Random, length: number): Buffer {
  return Buffer.from(Array.from({ length }, () => below(random, 256)))
}

function pick<T>(random: Random, list: readonly T[]): T {
  const item = list[below(random, list.length)]
  if (item === undefined) throw new Error('nothing to pick from')
  return item
}
