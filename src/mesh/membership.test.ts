import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cluster, One } from '../../test/mesh/memberships.ts'
import { SharedEntries } from '../cluster/memory/index.ts'
import type { HostedDefinition } from '../ports/index.ts'
import { VirtualClock } from '../testing/index.ts'
import { readMember } from './member-entry.ts'
import { MESH_TIMING } from './timing.ts'
import { readView, VIEW_KEY, writeView } from './view-entry.ts'

const LOST_MS = MESH_TIMING.leaseMs + MESH_TIMING.marginMs

const HOSTED: HostedDefinition = {
  name: 'order',
  kind: 'unnamed',
  stateful: true,
  placement: { by: 'hash' },
  channels: [],
}

function standing(shared: SharedEntries): ReturnType<typeof readView> {
  return readView(shared.entry(VIEW_KEY)?.value ?? '')
}

test('members join one after the other, and all have one view, settled by all', async () => {
  const { all, clock, shared } = await cluster('a', 'b', 'c')
  for (const { ids, membership } of all) {
    assert.equal(ids, 'a b c')
    assert.equal(membership.view.epoch, 3)
    assert.equal(membership.stage, 'up')
    assert.ok(membership.serves)
    for (const member of membership.view.members) assert.equal(membership.acked(member), 3)
  }
  await clock.advance(600_000)
  assert.equal(standing(shared).current.epoch, 3, 'nothing changes when nothing happens')
  for (const { events, membership } of all) {
    assert.ok(membership.serves && membership.lease.ageMs <= MESH_TIMING.heartbeatMs)
    assert.ok(!events.includes('expelled'))
  }
})

test('ten that start at once are all in the view, soon', async () => {
  const clock = new VirtualClock()
  const shared = new SharedEntries()
  const all = 'abcdefghij'.split('').map((id) => new One(id, shared, clock))
  await clock.run(Promise.all(all.map(({ membership }) => membership.start())))
  await clock.advance(1_000)
  for (const { ids } of all) assert.equal(ids.length, 19)
})

test('one whose process has ended is lost at once, whatever it wrote last', async () => {
  const { all, clock, shared } = await cluster('a', 'b', 'c')
  const [a, b, c] = all as [One, One, One]
  b.isCut = true
  b.isFrozen = true
  a.membership.bury('b')
  // A renewal that was on its way when it ended.
  const { value = '', revision = 0 } = shared.entry('member.b') ?? {}
  shared.change('member.b', value, revision)
  await clock.advance(MESH_TIMING.retryMs * 2)
  assert.equal(a.ids, 'a c')
  assert.equal(c.ids, 'a c')
  assert.equal(readMember('member.b', shared.entry('member.b')?.value ?? '').sealed, true)
})

test('one that has no grounds to serve any more holds no lease from that moment', async () => {
  const { all, clock } = await cluster('a', 'b')
  const [a, b] = all as [One, One]
  b.stands = false
  await clock.advance(2)
  assert.equal(b.membership.serves, false)
  await clock.advance(MESH_TIMING.leaseMs)
  b.stands = true
  await clock.advance(MESH_TIMING.leaseMs)
  assert.equal(b.membership.serves, false, 'nor does a renewal give it one')
  assert.equal(a.ids, 'a')
})

test('one that crashes is lost after its lease and a margin, not before', async () => {
  const { all, clock, shared } = await cluster('a', 'b', 'c')
  const [a, b] = all as [One, One, One]
  b.isCut = true
  b.isFrozen = true
  await clock.advance(MESH_TIMING.leaseMs)
  assert.equal(a.ids, 'a b c')
  await clock.advance(LOST_MS - MESH_TIMING.leaseMs + 100)
  assert.equal(a.ids, 'a c')
  assert.equal(readMember('member.b', shared.entry('member.b')?.value ?? '').sealed, true)
  await clock.advance(LOST_MS * 3)
  assert.equal(shared.entry('member.b')?.value, null, 'what nobody needs is cleared away')
})

test('one that was frozen for longer than its lease serves nothing when it wakes, and comes back', async () => {
  const { all, clock } = await cluster('a', 'b')
  const [a, b] = all as [One, One]
  const { session } = b.membership.self
  b.isFrozen = true
  await clock.advance(LOST_MS + 1_000)
  assert.equal(a.ids, 'a')
  assert.equal(b.membership.serves, false, 'before anything of it has run')
  b.thaw()
  await clock.runUntil(() => b.membership.serves)
  await clock.advance(100)
  assert.equal(a.ids, 'a b')
  assert.notEqual(b.membership.self.session, session)
  assert.deepEqual(b.events.slice(-4), ['expelled', 'view 3', 'view 4', 'serving'])
})

test('one that was frozen shorter than the others wait, but longer than its lease, drops all and goes on', async () => {
  const { all, clock } = await cluster('a', 'b')
  const [a, b] = all as [One, One]
  const { session } = b.membership.self
  b.isFrozen = true
  await clock.advance(MESH_TIMING.leaseMs + 500)
  assert.equal(b.membership.serves, false)
  b.thaw()
  await clock.runUntil(() => b.membership.serves)
  assert.equal(a.ids, 'a b')
  assert.equal(b.membership.self.session, session, 'nobody has sealed it')
  assert.deepEqual(b.events.slice(-2), ['expelled', 'serving'])
})

test('one that has heard of the end of a session alone takes the next one of that member not for over', async () => {
  const { all, clock } = await cluster('a', 'b', 'c')
  const [a, b, c] = all as [One, One, One]
  a.isFrozen = true
  await clock.runUntil(() => b.ids === 'b c' && c.ids === 'b c')
  c.isDeaf = true
  a.thaw()
  await clock.runUntil(() => a.membership.serves && b.ids === 'b c a')
  const { session } = a.membership.self
  // What it proposes stands behind a view that it has to ask for: its own knowledge of the others is older.
  c.membership.host([{ system: 's', hosted: HOSTED }])
  assert.ok(await clock.run(c.membership.reached(() => c.membership.isListed, 5_000)))
  assert.equal(c.ids, 'b c a')
  c.isDeaf = false
  await clock.advance(10_000)
  assert.equal(a.membership.self.session, session)
  assert.equal(a.events.filter((event) => event === 'expelled').length, 1, 'when it had been frozen')
})

test('what was let go of under a view that has passed settles neither that nor the one that stands', async () => {
  const { all, clock, shared } = await cluster('a', 'b')
  const [a, b] = all as [One, One]
  a.keeps = true
  const acked = (): number => readMember('member.a', shared.entry('member.a')?.value ?? '').acked
  b.membership.host([{ system: 's', hosted: HOSTED }])
  await clock.runUntil(() => a.membership.view.epoch === 3)
  b.membership.host([])
  await clock.runUntil(() => a.membership.view.epoch === 4)
  a.membership.settled(3)
  await clock.advance(10_000)
  assert.equal(acked(), 2)
  a.membership.settled(4)
  await clock.advance(100)
  assert.equal(acked(), 4)
  assert.equal(b.membership.acked(a.membership.self), 4)
})

test('when the register is away for long, all stop serving, and afterwards nobody is taken for lost', async () => {
  const { all, clock, shared } = await cluster('a', 'b', 'c')
  for (const one of all) one.isCut = true
  await clock.advance(MESH_TIMING.leaseMs)
  for (const { membership } of all) assert.equal(membership.serves, false)
  await clock.advance(60_000)
  for (const one of all) one.isCut = false
  await clock.advance(3_000)
  for (const { events, membership } of all) {
    assert.ok(membership.serves)
    assert.deepEqual(events.slice(-2), ['expelled', 'serving'])
  }
  assert.equal(standing(shared).current.epoch, 3, 'with the view that stood')
})

test('a register that is away for less than a lease is not felt', async () => {
  const { all, clock } = await cluster('a', 'b')
  for (const one of all) one.isCut = true
  await clock.advance(3_000)
  for (const one of all) one.isCut = false
  await clock.advance(10_000)
  for (const { events, ids } of all) {
    assert.equal(ids, 'a b')
    assert.ok(!events.includes('expelled'))
  }
})

test('one that drains is left out of placement, has let go of all, and leaves when it stops', async () => {
  const { all, clock, shared } = await cluster('a', 'b')
  const [a, b] = all as [One, One]
  assert.equal(await clock.run(b.membership.drain(10_000)), true)
  await clock.advance(100)
  assert.equal(a.ids, 'a b?')
  assert.ok(b.membership.serves, 'it goes on as a door')
  b.isFrozen = true
  await clock.advance(LOST_MS + 1_000)
  b.thaw()
  await clock.advance(5_000)
  assert.equal(a.ids, 'a b?', 'and so when it comes back')
  await clock.run(b.membership.stop())
  await clock.advance(100)
  assert.equal(a.ids, 'a')
  assert.equal(shared.entry('member.b')?.value, null)
  assert.equal(b.membership.stage, 'left')
  await clock.run(a.membership.stop())
  assert.deepEqual(standing(shared).current.members, [])
})

test('a drain that takes too long says so', async () => {
  const { all, clock } = await cluster('a', 'b')
  const [, b] = all as [One, One]
  b.keeps = true
  assert.equal(await clock.run(b.membership.drain(10_000)), false)
})

test('one that stops leaves at once, and one that starts anew with its id is let in', async () => {
  const { all, clock, shared } = await cluster('a', 'b')
  const [a, b] = all as [One, One]
  await clock.run(b.membership.stop())
  await clock.advance(100)
  assert.equal(a.ids, 'a')
  const again = new One('b', shared, clock)
  await clock.run(again.membership.start())
  await clock.advance(100)
  assert.equal(a.ids, 'a b')
})

test('one with the id of another waits until that is lost; it does not take its place', async () => {
  const { all, clock, shared } = await cluster('a', 'b')
  const [a, b] = all as [One, One]
  const twin = new One('b', shared, clock)
  await assert.rejects(clock.run(twin.membership.start()), {
    code: 'MEMBER_UNAVAILABLE',
    message: /another one has its id/,
  })
  assert.ok(b.membership.serves)
  const heir = new One('b', shared, clock)
  b.isFrozen = true
  b.isCut = true
  await clock.run(heir.membership.start())
  await clock.advance(100)
  assert.equal(a.ids, 'a b')
  assert.ok(heir.membership.serves && !b.membership.serves)
})

test('what it hosts is known to all when the view says so', async () => {
  const { all, clock } = await cluster('a', 'b')
  const [a, b] = all as [One, One]
  b.membership.host([{ system: 's', hosted: HOSTED }])
  assert.equal(b.membership.isListed, false)
  assert.ok(await clock.run(b.membership.reached(() => b.membership.isListed, 1_000)))
  await clock.advance(10)
  assert.deepEqual(a.membership.view.members[1]?.hosts, [{ system: 's', hosted: HOSTED }])
  assert.equal(a.membership.view.epoch, 3)
})

test('a view that somebody removed is made anew, above its epoch', async () => {
  const { all, clock, shared } = await cluster('a', 'b')
  shared.change(VIEW_KEY, null, shared.entry(VIEW_KEY)?.revision ?? 0)
  await clock.advance(5_000)
  for (const { events, ids, membership } of all) {
    assert.equal(ids, 'a b')
    assert.equal(membership.view.epoch, 3)
    assert.ok(!events.includes('expelled'))
  }
})

test('a view of an older epoch is put above what is known, with all that live', async () => {
  const { all, clock, shared } = await cluster('a', 'b')
  const [a] = all as [One, One]
  const old = writeView({ current: { epoch: 1, members: [a.membership.self] }, unsettled: [], since: 0 })
  shared.change(VIEW_KEY, old, shared.entry(VIEW_KEY)?.revision ?? 0)
  await clock.advance(5_000)
  for (const { ids, membership } of all) {
    assert.equal(ids, 'a b')
    assert.ok(membership.view.epoch > 2)
  }
})

test('when all entries are gone, all come back as new sessions', async () => {
  const { all, clock, shared } = await cluster('a', 'b')
  for (const { key, revision, value } of shared.all) if (value !== null) shared.change(key, null, revision)
  await clock.advance(10_000)
  for (const { events, ids, membership } of all) {
    assert.equal(ids.split(' ').toSorted().join(' '), 'a b')
    assert.ok(membership.serves && events.includes('expelled'))
  }
})

test('a view that cannot be read stops serving, until there is one that can', async () => {
  const { all, clock, shared } = await cluster('a', 'b')
  const good = shared.entry(VIEW_KEY)?.value ?? ''
  const spoilt = shared.change(VIEW_KEY, '{"format":2}', shared.entry(VIEW_KEY)?.revision ?? 0)
  await clock.advance(20_000)
  for (const { membership } of all) assert.equal(membership.serves, false)
  shared.change(VIEW_KEY, good, spoilt ?? 0)
  await clock.advance(5_000)
  for (const { ids, membership } of all) {
    assert.ok(membership.serves)
    assert.equal(ids.split(' ').toSorted().join(' '), 'a b')
  }
})

test('any member can take another one, or itself, out of service and back in', async () => {
  const { all, clock } = await cluster('a', 'b')
  const [a, b] = all as [One, One]
  await clock.run(a.membership.setPhase('b', 'draining'))
  await clock.advance(10)
  assert.equal(b.ids, 'a b?')
  await clock.advance(30_000)
  assert.equal(b.ids, 'a b?', 'it stays so')
  assert.equal(b.membership.stage, 'up')
  b.isFrozen = true
  await clock.advance(LOST_MS + 1_000)
  b.thaw()
  await clock.runUntil(() => b.membership.serves)
  await clock.advance(1_000)
  assert.equal(a.ids, 'a b?', 'and when it comes back')
  await clock.run(a.membership.setPhase('b', 'up'))
  await clock.run(a.membership.setPhase('a', 'draining'))
  await clock.advance(10)
  assert.equal(b.ids, 'a? b')
  await clock.run(b.membership.setPhase('a', 'up'))
  assert.equal(b.ids, 'a b')
  await assert.rejects(b.membership.setPhase('c', 'up'), { code: 'INVALID_ARGUMENT', message: /it has a, b/ })
})

test('an id that a register could not keep is refused', () => {
  const shared = new SharedEntries()
  assert.throws(() => new One('a.b', shared, new VirtualClock()), {
    code: 'INVALID_ARGUMENT',
    message: /"a\.b"/,
  })
})
