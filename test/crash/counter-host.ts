// The counters of the crash test in a process of their own, without our SDK: `node counter-host.ts <host port> <proxy
// port>`. It registers again and again: so it is found by a proxy that was begun after it.

import { setTimeout as sleep } from 'node:timers/promises'

import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import type { Any } from '@bufbuild/protobuf/wkt'

import { Kind } from '../../src/protocol/gen/spawn/actors/actor_pb.ts'
import {
  type ActorInvocation,
  ActorInvocationResponseSchema,
  JSONTypeSchema,
} from '../../src/protocol/gen/spawn/actors/protocol_pb.ts'
import { type HostAnswer, HostServer } from '../hosts/host-server.ts'
import { WireClient } from '../wire/wire-client.ts'
import { SYSTEM } from './server.ts'

const AGAIN_MS = 60
const [hostPort, proxyPort] = process.argv.slice(2).map(Number)

await HostServer.start(added, { port: hostPort ?? 0 })
const client = new WireClient(`http://127.0.0.1:${proxyPort}`, SYSTEM)
for (;;) {
  await client
    .register({ actorSystem: { name: SYSTEM, registry: { actors: { counter: definition() } } } })
    .catch(
      // The proxy is down: it is asked again.
      () => null,
    )
  await sleep(AGAIN_MS)
}

function definition() {
  const settings = { kind: Kind.UNNAMED, stateful: true }
  return { id: { name: 'counter', system: SYSTEM }, settings, actions: [{ name: 'add' }] }
}

function added({ actor, currentContext, payload }: ActorInvocation): HostAnswer {
  const before = currentContext?.state === undefined ? 0 : numberIn(currentContext.state, 'total')
  const total = before + (payload.case === 'value' ? numberIn(payload.value, 'value') : 0)
  const state = packed({ total })
  const response = create(ActorInvocationResponseSchema, {
    actorName: actor?.name ?? '',
    actorSystem: SYSTEM,
    updatedContext: { state },
    payload: { case: 'value', value: state },
  })
  const body = toBinary(ActorInvocationResponseSchema, response)
  return { status: 200, type: 'application/octet-stream', body, framing: 'length' }
}

function numberIn({ value }: Any, field: 'total' | 'value'): number {
  // Decoded JSON; a number is all that is taken from it.
  const found: unknown = Reflect.get(JSON.parse(fromBinary(JSONTypeSchema, value).content), field)
  if (typeof found !== 'number') throw new Error(`a JSON without "${field}"`)
  return found
}

function packed(value: object): Any {
  const content = create(JSONTypeSchema, { content: JSON.stringify(value) })
  return {
    $typeName: 'google.protobuf.Any',
    typeUrl: 'type.googleapis.com/spawn.JSONType',
    value: toBinary(JSONTypeSchema, content),
  }
}
