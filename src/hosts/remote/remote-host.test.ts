import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import { failure, remote } from '../../../test/remote/fixture.ts'
import { answering, responding, talking } from '../../../test/remote/host-server.ts'
import { Packed } from '../../protocol/index.ts'

const STATE = new Packed('type.googleapis.com/test.State', Uint8Array.of(8, 1))

describe('a turn on a host', () => {
  test('is sent whole, and its answer is its outcome', async () => {
    const bodies: unknown[] = []
    await using host = await answering((invocation, request) => {
      bodies.push(invocation)
      assert.equal(request.url, '/api/v1/actors/actions')
      assert.equal(request.headers['content-type'], 'application/octet-stream')
      assert.ok(Number(request.headers['content-length']) > 0)
      return {
        updatedContext: { state: { typeUrl: STATE.typeUrl, value: Uint8Array.of(8, 2) } },
        payload: { case: 'value', value: { typeUrl: 'x/y', value: Uint8Array.of(7) } },
      }
    })
    await using hosts = remote()
    hosts.register(host.address)
    const outcome = await hosts.run({
      state: STATE,
      revision: 1,
      payload: new Packed('a/b', Uint8Array.of(9)),
    })
    assert.deepEqual(outcome, {
      changed: true,
      state: new Packed(STATE.typeUrl, Uint8Array.of(8, 2)),
      tags: null,
      response: new Packed('x/y', Uint8Array.of(7)),
      checkpoint: false,
      workflow: null,
    })
    assert.equal(bodies.length, 1)
  })

  test('fails when the host answers a failure', async () => {
    await using host = await responding((_body, response) => response.writeHead(400).end())
    await using hosts = remote()
    hosts.register(host.address)
    await assert.rejects(
      hosts.run(),
      failure(
        'ACTION_FAILED',
        /^"counter" action "add" failed: the host 127\.0\.0\.1:\d+ answered HTTP 400$/,
      ),
    )
  })

  test('fails at once when no host is there', async () => {
    const host = await answering(() => ({ updatedContext: {} }))
    await host.stop()
    await using hosts = remote()
    hosts.register(host.address)
    await assert.rejects(
      hosts.run(),
      failure('HOST_UNREACHABLE', /is not reachable: .*ECONNREFUSED.*; the action did not run/),
    )
  })

  test('fails when the host answers what is no HTTP', async () => {
    await using host = await talking((socket) => socket.write('hello\r\n'))
    await using hosts = remote()
    hosts.register(host.address)
    await assert.rejects(hosts.run(), failure('HOST_MALFORMED', /answered no valid HTTP/))
  })
})
