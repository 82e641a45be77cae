// Each kind of change between two looks at a cluster, and none where there is none.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import type { ClusterAnswer, MemberRow } from './cluster-answer.ts'
import { changesBetween } from './cluster-changes.ts'

const row = (id: string, over: Partial<MemberRow> = {}): MemberRow => ({
  id,
  node: `node-${id}`,
  zone: null,
  version: '1',
  startedAt: '2026-11-22T09:30:00.000Z',
  phase: 'up',
  acked: 5,
  seenMsAgo: 1,
  systems: [{ name: 'shop', definitions: [{ name: 'till' }] }],
  ...over,
})

const view = (
  epoch: number,
  members: readonly MemberRow[],
  over: Partial<ClusterAnswer> = {},
): ClusterAnswer => ({
  self: 'a',
  epoch,
  holdsLease: true,
  members,
  ...over,
})

const settled = (...ids: string[]): MemberRow[] => ids.map((id) => row(id, { acked: 99 }))
const told = (before: ClusterAnswer | null, after: ClusterAnswer): unknown[] =>
  changesBetween(before, after).map(({ change, member }) =>
    member === null ? change : `${member} ${change}`,
  )

test('in the beginning, what stands', () => {
  const members = [row('a'), row('b', { phase: 'draining', acked: 4 }), row('c', { phase: 'draining' })]
  assert.deepEqual(
    changesBetween(null, view(5, members, { holdsLease: false })).map(({ text }) => text),
    [
      'a is up, on node-a, version 1',
      'b drains, on node-b, version 1',
      'c is drained, on node-c, version 1',
      'a holds no lease, and serves nothing',
    ],
  )
})

test('nothing, when only time has passed', () => {
  const before = view(5, [row('a'), row('b', { acked: 4 })])
  assert.deepEqual(told(before, view(5, [row('a', { seenMsAgo: 900 }), row('b', { acked: 4 })])), [])
  assert.deepEqual(told(view(5, settled('a')), view(5, settled('a'))), [])
})

test('members that come, go, and come back as another process', () => {
  const before = view(5, [row('a'), row('b')])
  const later = '2026-11-22T10:00:00.000Z'
  assert.deepEqual(told(before, view(6, [row('a'), row('c')])), ['b left', 'c joined'])
  assert.deepEqual(told(before, view(7, [row('a'), row('b', { startedAt: later, phase: 'draining' })])), [
    'b restarted',
  ])
})

test('phases, up to the member that is empty, and back', () => {
  const up = view(5, settled('a', 'b'))
  const draining = view(6, [row('a', { acked: 6 }), row('b', { phase: 'draining' })])
  const drained = view(6, [row('a', { acked: 6 }), row('b', { phase: 'draining', acked: 6 })])
  assert.deepEqual(told(up, draining), ['b draining'])
  assert.deepEqual(told(draining, drained), ['b drained', 'settled'])
  assert.deepEqual(told(drained, view(7, settled('a', 'b'))), ['b up', 'settled'])
  // Both between two looks.
  assert.deepEqual(told(up, drained), ['b draining', 'b drained', 'settled'])
})

test('what a member hosts; with the same names in another system', () => {
  const before = view(5, [row('a')])
  const systems = [{ name: 'other', definitions: [{ name: 'till' }] }]
  assert.deepEqual(
    changesBetween(before, view(6, [row('a', { systems })])).map(({ text }) => text),
    ['a hosts other: till'],
  )
  const [nothing] = changesBetween(before, view(6, [row('a', { systems: [] })]))
  assert.equal(nothing?.text, 'a hosts nothing')
})

test('a view that came and went, or changed in what is not shown', () => {
  assert.deepEqual(told(view(5, [row('a')]), view(7, [row('a')])), ['view'])
  assert.deepEqual(told(view(5, settled('a')), view(7, settled('a'))), ['view', 'settled'])
})

test('the lease of the member that is asked, not of another one that answers now', () => {
  const members = [row('a', { acked: 4 })]
  const lost = view(5, members, { holdsLease: false })
  assert.deepEqual(told(view(5, members), lost), ['a lease-lost'])
  assert.deepEqual(told(lost, view(5, members)), ['a lease-held'])
  assert.deepEqual(told(lost, view(5, members, { self: 'b' })), [])
})
