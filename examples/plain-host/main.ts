// A host without any library: an actor for each visitor, which counts its visits. The proxy keeps the counts; this process
// may be killed and started again. `spawn proxy`, then: node main.ts [port] [address of the proxy]

import { createServer } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'

const [, , port = '8090', proxy = 'http://127.0.0.1:9001'] = process.argv
const JSON_TYPE = 'type.googleapis.com/spawn.JSONType'
const PROTOBUF = { 'content-type': 'application/octet-stream' }

// Protobuf, as much of it as this host needs: numbers, and fields that hold bytes.

function varint(number: number): Buffer {
  return number < 128
    ? Buffer.from([number])
    : Buffer.concat([Buffer.from([(number & 127) | 128]), varint(number >>> 7)])
}

function field(no: number, content: string | number | Buffer): Buffer {
  if (typeof content === 'number') return Buffer.concat([varint(no << 3), varint(content)])
  const bytes = Buffer.from(content)
  return Buffer.concat([varint((no << 3) | 2), varint(bytes.length), bytes])
}

const message = (...fields: readonly Buffer[]): Buffer => Buffer.concat(fields)

/** The content of a message's field; empty when it is not there. */
function read(bytes: Buffer, wanted: number): Buffer {
  let at = 0
  const number = (): number => {
    let value = 0
    for (let shift = 0; ; shift += 7) {
      const byte = bytes.readUInt8(at++)
      value |= (byte & 127) << shift
      if (byte < 128) return value
    }
  }
  while (at < bytes.length) {
    const tag = number()
    const length = (tag & 7) === 2 ? number() : 0
    if (tag >> 3 === wanted && (tag & 7) === 2) return bytes.subarray(at, at + length)
    if ((tag & 7) === 0) number()
    at += length
  }
  return Buffer.alloc(0)
}

// A value is a google.protobuf.Any; JSON in it is a spawn.JSONType, whose field 1 is the text.

const packed = (value: unknown): Buffer =>
  message(field(1, JSON_TYPE), field(2, field(1, JSON.stringify(value))))

function unpacked(any: Buffer): unknown {
  const text = read(read(any, 2), 1).toString()
  return text === '' ? undefined : JSON.parse(text)
}

// POST /api/v1/actors/actions: a spawn.ActorInvocation in, a spawn.ActorInvocationResponse out.

function act(invocation: Buffer): Buffer {
  const visitor = read(read(invocation, 1), 1).toString()
  const before = (unpacked(read(read(invocation, 3), 1)) ?? { visits: 0 }) as { visits: number }
  const state = { visits: before.visits + 1 }
  const context = message(field(1, packed(state)))
  return message(field(3, context), field(4, packed({ visitor, ...state })))
}

createServer((request, response) => {
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => response.writeHead(200, PROTOBUF).end(act(Buffer.concat(chunks))))
}).listen(Number(port))

// POST /api/v1/system: a spawn.RegistrationRequest with one actor: unnamed (2), stateful, with the action `visit`.

const actor = message(
  field(1, message(field(1, 'visitor'), field(2, 'shop'))),
  field(3, message(field(1, 2), field(2, 1))),
  field(4, message(field(1, 'visit'))),
)
const registry = message(field(1, message(field(1, 'visitor'), field(2, actor))))
const registration = message(
  field(1, field(1, 'plain-host')),
  field(2, message(field(1, 'shop'), field(2, registry))),
)

// The proxy looks for hosts on port 8090, unless a registration says another.
const headers = { ...PROTOBUF, 'spawn-host-port': port }

for (;;) {
  const body = new Uint8Array(registration)
  const answer = await fetch(`${proxy}/api/v1/system`, { method: 'POST', headers, body }).catch(() => null)
  if (answer?.ok === true) break
  await sleep(500)
}
console.log(
  'registered; try: curl -X POST',
  `'${proxy}/api/v1/system/shop/actors/ada/actions/visit?ref=visitor'`,
)
