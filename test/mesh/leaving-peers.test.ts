// A member that leaves, over a wire that loses: what it was asked is answered, or surely has not run, before it is gone.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { callOf } from './peer-requests.ts'
import { answeredName, type MemberProcess, PeerWorld } from './peer-world.ts'

const SOON = { timeoutMs: 60_000 }
const LIMIT_MS = 1_000

async function pair(): Promise<{ world: PeerWorld; ann: MemberProcess; bob: MemberProcess }> {
  const world = new PeerWorld()
  const [ann, bob] = [await world.start('ann'), await world.start('bob')]
  await world.clock.run(ann.peers.request('bob', callOf('first'), SOON))
  return { world, ann, bob }
}

function cut({ wire }: MemberProcess, isCut: boolean): void {
  wire.faults = { ...wire.faults, isCut: () => isCut }
}

test('a reply that was lost is sent again, and has arrived by then', async () => {
  const { ann, bob, world } = await pair()
  cut(bob, true)
  const asked = ann.peers.request('bob', callOf('second'), SOON)
  await world.clock.runUntil(() => world.runs.get('second') === 1)
  await world.clock.advance(1)
  const replied = bob.peers.replied(LIMIT_MS)
  cut(bob, false)
  await world.clock.run(replied)
  ann.peers.forget('bob')
  assert.equal(answeredName(await asked), 'second')
})

test('a request that was lost is asked after and sent again, and is answered by then', async () => {
  const { ann, bob, world } = await pair()
  cut(ann, true)
  const asked = ann.peers.request('bob', callOf('second'), SOON)
  await world.clock.advance(1)
  cut(ann, false)
  await world.clock.run(bob.peers.replied(LIMIT_MS))
  ann.peers.forget('bob')
  assert.equal(answeredName(await asked), 'second')
})

test('so is one that was lost with every question after it, until shortly before', async () => {
  const { ann, bob, world } = await pair()
  cut(ann, true)
  const asked = ann.peers.request('bob', callOf('second'), SOON)
  await world.clock.advance(1)
  const replied = bob.peers.replied(LIMIT_MS)
  await world.clock.advance(LIMIT_MS * 0.7)
  cut(ann, false)
  await world.clock.run(replied)
  ann.peers.forget('bob')
  assert.equal(answeredName(await asked), 'second')
})

test('nobody is waited for longer than it takes to ask, where nobody waits', async () => {
  const { bob, world } = await pair()
  const fromMs = world.clock.now()
  await world.clock.run(bob.peers.replied(LIMIT_MS))
  const tookMs = world.clock.now() - fromMs
  assert.ok(tookMs <= 50, `${tookMs} ms`)
})

test('nobody is waited for who does not hear it, nor where nobody ever asked', async () => {
  const { ann, bob, world } = await pair()
  cut(bob, true)
  const asked = ann.peers.request('bob', callOf('second'), SOON).catch(() => null)
  await world.clock.runUntil(() => world.runs.get('second') === 1)
  const fromMs = world.clock.now()
  await world.clock.run(bob.peers.replied(LIMIT_MS))
  const tookMs = world.clock.now() - fromMs
  assert.ok(tookMs >= LIMIT_MS && tookMs < LIMIT_MS + 200, `${tookMs} ms`)
  const cid = await world.start('cid')
  const cidFromMs = world.clock.now()
  await world.clock.run(cid.peers.replied(LIMIT_MS))
  assert.equal(world.clock.now(), cidFromMs)
  ann.peers.forget('bob')
  assert.equal(await asked, null)
})

test('when a reply is lost to which a request took long, it is asked after when that time has passed once more', async () => {
  const { ann, bob, world } = await pair()
  bob.serve = async () => {
    await world.clock.sleep(700)
    cut(bob, true)
    world.clock.after(1, () => cut(bob, false))
    return { kind: 'done' }
  }
  const fromMs = world.clock.now()
  await world.clock.run(ann.peers.request('bob', callOf('slow'), SOON))
  const tookMs = world.clock.now() - fromMs
  assert.ok(tookMs < 1_800, `${tookMs} ms`)
})
