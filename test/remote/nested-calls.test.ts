// Calls that a host's action makes while it runs, through a whole proxy: they take their turns even where every place at the
// host is taken by actions that wait for them.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import { seededRandom, systemClock } from '../../src/base/index.ts'
import { silentLogger } from '../../src/ports/index.ts'
import { composeProxy } from '../../src/proxy/compose.ts'
import { DEFAULTS } from '../../src/proxy/config/proxy-config.ts'
import {
  InvocationRequestSchema,
  InvocationResponseSchema,
  RegistrationRequestSchema,
  Status,
} from '../../src/protocol/gen/spawn/actors/protocol_pb.ts'
import { COUNTER, registration } from './fixture.ts'
import { answering } from './host-server.ts'

const TYPE = { 'content-type': 'application/octet-stream' }

test('a chain of calls through a host that runs one action at once', async () => {
  let url = ''
  const invoke = async (name: string, caller?: string) => {
    const request = create(InvocationRequestSchema, {
      system: { name: 'test' },
      actor: { id: { name, system: 'test' } },
      actionName: 'add',
      payload: { case: 'noop', value: {} },
      ...(caller !== undefined && { caller: { name: caller, system: 'test' } }),
      metadata: { 'request-timeout': '5000' },
    })
    const body = toBinary(InvocationRequestSchema, request)
    const response = await fetch(`${url}/api/v1/system/test/actors/${name}/invoke`, {
      method: 'POST',
      headers: TYPE,
      body,
    })
    const { status } = fromBinary(InvocationResponseSchema, new Uint8Array(await response.arrayBuffer()))
    return status
  }
  const order: string[] = []
  await using host = await answering(async ({ actor }) => {
    const name = actor?.name ?? ''
    order.push(name)
    const next = { a: 'b', b: 'c' }[name]
    if (next !== undefined) assert.equal((await invoke(next, name))?.status, Status.OK)
    return { updatedContext: {} }
  })
  const config = {
    ...DEFAULTS,
    listen: { host: '127.0.0.1', port: 0, allowedHosts: [] },
    userFunction: host.address,
    store: { kind: 'memory' } as const,
    hosts: { ...DEFAULTS.hosts, concurrency: 1 },
  }
  const parts = { logger: silentLogger, clock: systemClock, random: seededRandom(1), version: '0' }
  const proxy = await composeProxy(config, parts)
  try {
    url = proxy.url
    const actors = registration({ a: COUNTER, b: COUNTER, c: COUNTER, d: COUNTER })
    const body = toBinary(RegistrationRequestSchema, actors)
    assert.equal((await fetch(`${url}/api/v1/system`, { method: 'POST', headers: TYPE, body })).status, 200)
    const statuses = await Promise.all([invoke('a'), invoke('d')])
    assert.deepEqual(
      statuses.map((status) => [status?.status, status?.message]),
      [
        [Status.OK, ''],
        [Status.OK, ''],
      ],
    )
    assert.deepEqual(order, ['a', 'b', 'c', 'd'])
  } finally {
    await proxy.stop()
  }
})
