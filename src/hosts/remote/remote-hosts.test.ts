import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import { COUNTER, failure, registration, remote, runOn } from '../../../test/remote/fixture.ts'
import { answering } from '../../../test/remote/host-server.ts'

const HERE = { host: '10.0.0.1', port: 8090 }
const THERE = { host: '10.0.0.2', port: 8090 }

const namesOf = (definitions: readonly { readonly name: string }[]): string[] =>
  definitions.map(({ name }) => name)

describe('a registration', () => {
  test('defines what it has', async () => {
    await using hosts = remote()
    const registered = hosts.hosts.register(HERE, registration({ a: COUNTER, b: COUNTER }, 'sys'))
    assert.equal(registered.system, 'sys')
    assert.deepEqual(namesOf(registered.define), ['a', 'b'])
    assert.deepEqual(registered.undefine, [])
  })

  test('again replaces what that host had in that system', async () => {
    await using hosts = remote()
    const register = (...args: Parameters<typeof hosts.hosts.register>) => hosts.hosts.register(...args)
    register(HERE, registration({ a: COUNTER, b: COUNTER }, 'sys'))
    register(HERE, registration({ a: COUNTER, b: COUNTER }, 'other'))
    const again = register(HERE, registration({ b: COUNTER, c: COUNTER }, 'sys'))
    assert.deepEqual(namesOf(again.define), ['b', 'c'])
    assert.deepEqual(again.undefine, ['a'])
    assert.deepEqual(hosts.hosts.hosts[0]?.definitions, { sys: 2, other: 2 })
  })

  test('takes nothing away that another host has', async () => {
    await using hosts = remote()
    hosts.hosts.register(HERE, registration({ a: COUNTER, b: COUNTER }))
    hosts.hosts.register(THERE, registration({ a: COUNTER }))
    assert.deepEqual(hosts.hosts.register(HERE, registration({})).undefine, ['b'])
    assert.deepEqual(hosts.hosts.register(THERE, registration({})).undefine, ['a'])
    assert.deepEqual(hosts.hosts.hosts, [])
  })

  test('that changes nothing gives the same definitions, and one that does gives others on the same host', async () => {
    await using hosts = remote()
    const [first] = hosts.hosts.register(HERE, registration({ a: COUNTER })).define
    const [same] = hosts.hosts.register(THERE, registration({ a: COUNTER })).define
    assert.equal(same, first)
    const [other] = hosts.hosts.register(
      HERE,
      registration({ a: { ...COUNTER, actions: [{ name: 'sub' }] } }),
    ).define
    assert.notEqual(other, first)
    assert.equal(other?.host, first?.host)
    assert.deepEqual([...(other?.actions.keys() ?? [])], ['sub'])
  })

  test('is refused whole', async () => {
    await using hosts = remote()
    hosts.hosts.register(HERE, registration({ a: COUNTER }))
    const bad = registration({ b: COUNTER, c: { ...COUNTER, actions: [{ name: '' }] } })
    assert.throws(
      () => hosts.hosts.register(HERE, bad),
      failure('INVALID_ARGUMENT', /"c" is refused: actions\[0\]/),
    )
    assert.throws(() => hosts.hosts.register(THERE, bad), failure('INVALID_ARGUMENT', /"c"/))
    assert.deepEqual(
      hosts.hosts.hosts.map(({ definitions, host }) => [host, definitions]),
      [['10.0.0.1', { test: 1 }]],
    )
    assert.deepEqual(hosts.hosts.register(HERE, registration({ a: COUNTER })).undefine, [])
  })

  test('needs an address that can be reached', async () => {
    await using hosts = remote()
    const bad = [
      { host: '10.0.0.1', port: 0 },
      { host: '10.0.0.1', port: 65_536 },
      { host: '10.0.0.1', port: 80.5 },
      { host: 'a b', port: 80 },
      { host: '1::2::3', port: 80 },
    ]
    for (const address of bad) {
      const refused = failure('INVALID_ARGUMENT', /is no address of a host/)
      assert.throws(() => hosts.hosts.register(address, registration({ a: COUNTER })), refused)
    }
    for (const host of ['::1', 'localhost', 'my-host.example'])
      hosts.hosts.register({ host, port: 8090 }, registration({ a: COUNTER }))
  })

  test('needs a system, and names that differ', async () => {
    await using hosts = remote()
    assert.throws(
      () => hosts.hosts.register(HERE, registration({}, '')),
      failure('INVALID_ARGUMENT', /system name/),
    )
    const twice = registration({ a: { ...COUNTER, id: { name: 'x' } }, b: { ...COUNTER, id: { name: 'x' } } })
    assert.throws(
      () => hosts.hosts.register(HERE, twice),
      failure('INVALID_ARGUMENT', /two actors have this name/),
    )
    const unnamed = registration({ '': COUNTER })
    assert.throws(() => hosts.hosts.register(HERE, unnamed), failure('INVALID_ARGUMENT', /definition name/))
  })

  test('names its actors by their ids, or else by their keys', async () => {
    await using hosts = remote()
    const request = registration({
      key: { ...COUNTER, id: { name: '' } },
      other: { ...COUNTER, id: { name: 'x' } },
    })
    assert.deepEqual(namesOf(hosts.hosts.register(HERE, request).define), ['key', 'x'])
  })
})

test('each system has its own actors on one host process', async () => {
  const asked: string[] = []
  await using host = await answering(({ actor }) => {
    asked.push(`${actor?.system}/${actor?.name}`)
    return { updatedContext: {} }
  })
  await using hosts = remote()
  for (const system of ['one', 'two']) {
    const [definition] = hosts.hosts.register(host.address, registration({ a: COUNTER }, system)).define
    assert.ok(definition)
    await runOn(definition, 'add', undefined, { self: { system, parent: '', name: 'a' } })
  }
  assert.deepEqual(asked, ['one/a', 'two/a'])
  assert.equal(host.connections, 1)
})

test('an address that only a server can have means this machine', async () => {
  await using host = await answering(() => ({ updatedContext: {} }))
  await using hosts = remote()
  hosts.register({ host: '0.0.0.0', port: host.address.port })
  assert.equal((await hosts.run()).changed, false)
})
