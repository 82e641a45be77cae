import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type ErrorCode, seededRandom, SpawnError } from '../base/index.ts'
import { MemoryNetwork, MemoryRegister, SharedEntries } from '../cluster/memory/index.ts'
import { type HostedDefinition, type RemoteCall, silentLogger, type Tenant } from '../ports/index.ts'
import { FaultyWire, VirtualClock } from '../testing/index.ts'
import { Mesh } from './mesh.ts'

const SYSTEM = 's'
const HOSTED: HostedDefinition = {
  name: 'list',
  kind: 'unnamed',
  stateful: true,
  placement: { by: 'hash' },
  channels: [],
}

const LISTED = { system: SYSTEM, parent: 'list', name: 'one' }

interface One {
  readonly mesh: Mesh
  readonly wire: FaultyWire
  /** What becomes of the calls that it gets. */
  receive: Tenant['receive']
}

async function started(id: string, clock: VirtualClock, shared: SharedEntries, network: MemoryNetwork) {
  const random = seededRandom(id.codePointAt(0) ?? 0)
  const wire = new FaultyWire(network.wire(), { clock, random })
  const mesh = new Mesh({
    register: new MemoryRegister(shared),
    wire,
    clock,
    random,
    logger: silentLogger,
    id,
    node: id,
    version: '1',
  })
  const one: One = { mesh, wire, receive: () => Promise.reject(new Error('nobody calls')) }
  mesh.of(SYSTEM).attach({
    system: SYSTEM,
    released: 0,
    receive: (call, signal) => one.receive(call, signal),
    handed: () => {},
    told: () => {},
    poked: () => {},
    announced: () => {},
    release: () => Promise.resolve(),
    releaseAll: () => Promise.resolve(),
    passOn: () => Promise.resolve(),
    placed: () => {},
    expelled: () => {},
  })
  await clock.run(mesh.start())
  if (id !== 'a') await clock.run(mesh.of(SYSTEM).hosting([HOSTED]))
  return one
}

function callOf(name: string): RemoteCall {
  return {
    operation: 'call',
    definition: 'list',
    name,
    action: 'add',
    payload: null,
    metadata: {},
    caller: null,
    chain: [],
    idempotencyKey: 'once',
    async: false,
    repeatable: false,
    timeoutMs: 60_000,
    revision: null,
    follows: null,
  }
}

async function endOf(work: Promise<unknown>): Promise<unknown> {
  try {
    return await work
  } catch (thrown) {
    return thrown
  }
}

/** How a call with a key ends whose first member leaves before it answers, and whose second one fails it with an error. */
async function secondEnd(error: SpawnError): Promise<unknown> {
  const clock = new VirtualClock()
  const shared = new SharedEntries()
  const network = new MemoryNetwork({ clock })
  // The first hosts nothing: it is the door.
  const [a, b, c] = [
    await started('a', clock, shared, network),
    await started('b', clock, shared, network),
    await started('c', clock, shared, network),
  ]
  let calls = 0
  for (const one of [b, c]) {
    one.receive = () => {
      calls += 1
      if (calls > 1) return Promise.reject(error)
      one.wire.faults = { ...one.wire.faults, isCut: () => true }
      void one.mesh.stop()
      return new Promise(() => {})
    }
  }
  const made = a.mesh.of(SYSTEM).call(callOf('one'), undefined)
  const end = await endOf(clock.run(made))
  assert.equal(calls, 2)
  return end
}

test('a call that comes back goes first to the turn that waits for it, and then to where its actor lives', async () => {
  const clock = new VirtualClock()
  const shared = new SharedEntries()
  const network = new MemoryNetwork({ clock })
  const all = [
    await started('a', clock, shared, network),
    await started('b', clock, shared, network),
    await started('c', clock, shared, network),
  ] as const
  const [a, b, c] = all
  const owner = a.mesh.whereabouts(SYSTEM, 'list', 'one').member
  const [own, other] = owner === 'b' ? [b, c] : [c, b]
  const asked: string[] = []
  const answer = {
    response: null,
    actor: LISTED,
    action: 'add',
    revision: 1,
    durability: 'turn',
    json: null,
  } as const
  for (const one of all) {
    one.receive = () => {
      asked.push(one.mesh.id)
      return Promise.resolve({ ...answer, revision: asked.length })
    }
  }
  const link = { actor: LISTED, action: 'ask', turn: 1, aside: false, starts: false }
  const call = (member: string): RemoteCall => ({ ...callOf('one'), chain: [{ ...link, member }] })
  await clock.run(a.mesh.of(SYSTEM).call(call(other.mesh.id), undefined))
  assert.deepEqual(asked.splice(0), [other.mesh.id], 'to the turn that waits')
  await clock.run(a.mesh.of(SYSTEM).call(call('a'), undefined))
  assert.deepEqual(asked.splice(0), ['a'], 'also on this member')
  other.receive = () => {
    asked.push(other.mesh.id)
    return Promise.reject(new SpawnError('NOT_OWNER', 'the turn is over'))
  }
  await clock.run(a.mesh.of(SYSTEM).call(call(other.mesh.id), undefined))
  assert.deepEqual(asked.splice(0), [other.mesh.id, own.mesh.id])
  await clock.run(a.mesh.of(SYSTEM).call(call('gone'), undefined))
  assert.deepEqual(asked, [own.mesh.id], 'its member is gone, and with it the turn')
})

test('a call that was made again says that it may have happened, if its second end does not tell', async () => {
  for (const code of ['DEADLINE_EXCEEDED', 'MAILBOX_FULL', 'STORE_UNAVAILABLE'] satisfies ErrorCode[]) {
    const end = await secondEnd(new SpawnError(code, 'it did not run', { details: { limit: 'x' } }))
    assert.ok(end instanceof SpawnError)
    assert.equal(end.code, code)
    assert.match(end.message, /"add" of "list\/one" may have happened.*made again: it did not run/)
    assert.deepEqual(end.details, { limit: 'x', mayHaveRun: true })
  }
})

test('one that failed when it was made again had not happened before: under its key something would have been kept', async () => {
  const failed = new SpawnError('ACTION_FAILED', 'no more than three')
  const end = await secondEnd(failed)
  assert.ok(end instanceof SpawnError)
  assert.deepEqual([end.code, end.message], ['ACTION_FAILED', 'no more than three'])
})
