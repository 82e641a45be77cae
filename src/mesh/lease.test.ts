import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Lease } from './lease.ts'

function bench(): { lease: Lease; at: { elapsedMs: number; wallMs: number }; ended: () => number } {
  const at = { elapsedMs: 100, wallMs: 1_000_000 }
  const timers = { after: () => ({ cancel: () => {} }), defer: () => {} }
  let ended = 0
  const lease = new Lease({ elapsedMs: () => at.elapsedMs, now: () => at.wallMs, ...timers }, 6_000, () => {
    ended += 1
  })
  return { lease, at, ended: () => ended }
}

test('it holds from before its renewal was sent, and is found to be over when it is asked for', () => {
  const { at, ended, lease } = bench()
  assert.equal(lease.holds, false)
  const sent = lease.now()
  at.elapsedMs += 1_000
  lease.begin(sent)
  at.elapsedMs += 4_999
  assert.ok(lease.holds)
  assert.equal(lease.ageMs, 5_999)
  at.elapsedMs += 1
  assert.equal(ended(), 0, 'nobody has asked')
  assert.equal(lease.holds, false)
  assert.equal(ended(), 1)
})

test('what is over is not renewed, and begins anew only when it is begun', () => {
  const { at, ended, lease } = bench()
  lease.begin(lease.now())
  at.elapsedMs += 2_000
  assert.ok(lease.renew(lease.now()))
  at.elapsedMs += 5_000
  assert.ok(lease.holds)
  const sent = lease.now()
  at.elapsedMs += 1_000
  assert.equal(lease.renew(sent), false)
  assert.equal(lease.holds, false)
  assert.equal(ended(), 1, 'told once')
  lease.begin(sent)
  assert.ok(lease.holds)
  lease.end()
  lease.end()
  assert.equal(ended(), 2)
})

test('a machine that slept is seen by its wall clock; one whose wall clock was put back goes on', () => {
  const { at, lease } = bench()
  lease.begin(lease.now())
  at.wallMs -= 3_600_000
  at.elapsedMs += 1
  assert.ok(lease.holds)
  at.wallMs += 3_606_000
  at.elapsedMs += 1
  assert.equal(lease.holds, false)
})

test('it ends by the clock that never jumps, whatever wall time says', () => {
  const { at, ended, lease } = bench()
  lease.begin(lease.now())
  assert.ok(lease.holds)
  at.wallMs -= 3_600_000
  // Asked within the millisecond in which wall time is not read again, too.
  at.elapsedMs += 5_999.5
  assert.ok(lease.holds)
  at.elapsedMs += 0.5
  assert.equal(lease.holds, false)
  assert.equal(ended(), 1)
})
