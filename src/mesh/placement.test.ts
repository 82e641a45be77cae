import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { HostedDefinition, Placement } from '../ports/index.ts'
import { Directory } from './directory.ts'
import { vacancyError } from './placement.ts'
import type { ViewMember } from './view.ts'

const NAMES = Array.from({ length: 200 }, (_, at) => `order-${at}`)

function hosted(
  placement: Placement = { by: 'hash' },
  changes: Partial<HostedDefinition> = {},
): HostedDefinition {
  return { name: 'order', kind: 'unnamed', stateful: true, placement, channels: [], ...changes }
}

function member(
  id: string,
  definition: HostedDefinition | null,
  changes: Partial<ViewMember> = {},
): ViewMember {
  const hosts = definition === null ? [] : [{ system: 's', hosted: definition }]
  const fixed = { node: id, zone: '', labels: {}, capacity: 1, version: '', startedAtMs: 0 }
  return { id, session: '1', ...fixed, phase: 'up', hosts, ...changes }
}

function directory(self: string, ...members: ViewMember[]): Directory {
  return new Directory({ epoch: 1, members }, 's', self)
}

function owners(of: Directory, ask: 'owner' | 'keeper' = 'owner'): string[] {
  return [...new Set(NAMES.map((name) => of[ask]('order', name)?.id ?? 'nobody'))].toSorted()
}

test('an actor lives on one of the members that host its definition and are up, and all members say which', () => {
  const members = [
    member('a', hosted()),
    member('b', hosted()),
    member('c', null),
    member('d', hosted(), { phase: 'draining' }),
    member('e', { ...hosted(), name: 'other' }),
  ]
  const [ofA, ofC] = [directory('a', ...members), directory('c', ...members.toReversed())]
  assert.deepEqual(owners(ofA), ['a', 'b'])
  for (const name of NAMES) {
    assert.equal(ofA.owner('order', name)?.id, ofC.owner('order', name)?.id)
    assert.equal(ofA.isMine('order', name), ofA.owner('order', name)?.id === 'a')
    assert.equal(ofA.keeper('order', name), ofA.owner('order', name))
  }
  assert.deepEqual(ofA.hosts('order'), ['b', 'd'])
})

test('where its code is out of reach, an actor lives elsewhere if it can', () => {
  const lost = hosted({ by: 'hash' }, { outOfReach: true })
  assert.deepEqual(owners(directory('a', member('a', lost), member('b', hosted()))), ['b'])
  assert.deepEqual(owners(directory('a', member('a', lost), member('b', lost))), ['a', 'b'])
  const zoned = (definition: HostedDefinition, zone: string): ViewMember =>
    member(zone, { ...definition, placement: { by: 'zone', zone: 'x' } }, { zone })
  assert.deepEqual(owners(directory('a', zoned(lost, 'x'), zoned(hosted(), 'y'))), ['x'])
  const local = hosted({ by: 'local' })
  const pools = [member('a', { ...local, outOfReach: true }), member('b', local)]
  assert.deepEqual(owners(directory('a', ...pools)), ['b'])
})

test('a zone and labels are kept to', () => {
  const zoned = [
    member('a', hosted({ by: 'zone', zone: 'x' }), { zone: 'x' }),
    member('b', hosted(), { zone: 'y' }),
  ]
  assert.deepEqual(owners(directory('a', ...zoned)), ['a'])
  const labels = { by: 'labels', labels: { disk: 'ssd', rack: '1' } } as const
  const labelled = [
    member('a', hosted(labels), { labels: { disk: 'ssd' } }),
    member('b', hosted(labels), { labels: { disk: 'ssd', rack: '1', more: '' } }),
  ]
  assert.deepEqual(owners(directory('a', ...labelled)), ['b'])
})

test('a local one lives where it is asked for, if that hosts it; one member sees to what was sent to it', () => {
  const members = [
    member('a', hosted({ by: 'local' })),
    member('b', hosted({ by: 'local' })),
    member('c', null),
  ]
  assert.deepEqual(owners(directory('a', ...members)), ['a'])
  assert.deepEqual(owners(directory('b', ...members)), ['b'])
  assert.deepEqual(owners(directory('c', ...members)), ['a', 'b'])
  for (const name of NAMES) {
    const keepers = ['a', 'b', 'c'].map((self) => directory(self, ...members).keeper('order', name)?.id)
    assert.equal(new Set(keepers).size, 1)
  }
})

test('where members differ, the one that is there for the longest time counts', () => {
  const members = [
    member('a', hosted({ by: 'zone', zone: 'x' }), { phase: 'draining', zone: 'x' }),
    member('b', hosted({ by: 'zone', zone: 'y' }), { zone: 'y' }),
    member('c', hosted(), { zone: 'x' }),
  ]
  assert.deepEqual(owners(directory('a', ...members)), ['b'])
})

test('while a definition becomes a local one, or ceases to be, each of its actors lives on one member', () => {
  const members = [
    member('a', hosted({ by: 'local' }, { stateful: false })),
    member('b', hosted()),
    member('c', hosted()),
  ]
  for (const order of [members, members.toReversed()])
    for (const name of NAMES) {
      const serving = ['a', 'b', 'c'].filter((self) => directory(self, ...order).isMine('order', name))
      assert.equal(serving.length, 1, `${name} is served by ${serving.join(' and ')}`)
    }
  const leaving = [member('a', hosted(), { phase: 'draining' }), ...members.slice(0, 1)]
  assert.equal(directory('a', ...leaving).place('order').isLocal, false, 'one that leaves may still hold it')
})

test('who asks for an actor that has no place is told why', () => {
  const message = (...members: ViewMember[]): string => {
    const of = directory('a', ...members)
    assert.deepEqual(owners(of), ['nobody'])
    const { code, message: text } = vacancyError(of.place('order'), 's', 'order', 'order-7')
    return `${code} ${text}`
  }
  assert.match(message(member('a', null)), /^ACTOR_NOT_FOUND .*no member of the cluster hosts "order"/)
  const leaving = member('a', hosted(), { phase: 'draining' })
  assert.match(message(leaving), /^MEMBER_UNAVAILABLE .*is leaving/)
  assert.match(message(member('a', hosted({ by: 'zone', zone: 'x' }))), /^MEMBER_UNAVAILABLE .*zone "x"/)
  assert.match(message(member('a', hosted({ by: 'labels', labels: { d: 's' } }))), /labels d=s/)
})

test('what nobody hosts is seen to by one of the members that are up, what only waits for a place by none', () => {
  const up = [member('a', null), member('b', null), member('c', null, { phase: 'draining' })]
  assert.deepEqual(owners(directory('a', ...up), 'keeper'), ['a', 'b'])
  const running = ['d', 'e'].map((id) => member(id, hosted({ by: 'hash' }, { name: 'other' })))
  assert.deepEqual(owners(directory('a', ...up, ...running), 'keeper'), ['d', 'e'], 'where its system runs')
  assert.deepEqual(owners(directory('a', ...up, member('d', hosted({ by: 'zone', zone: 'x' }))), 'keeper'), [
    'nobody',
  ])
})

test('listeners are the definitions of other members, each once', () => {
  const listens = hosted({ by: 'hash' }, { channels: [['news', 'hear']] })
  const members = [
    member('a', { ...listens, name: 'own' }),
    member('b', listens),
    member('c', listens),
    member('d', hosted({ by: 'hash' }, { name: 'deaf' })),
  ]
  const of = directory('a', ...members)
  assert.deepEqual(of.listeners('news'), [listens])
  assert.deepEqual(of.listeners('other'), [])
  assert.deepEqual(of.neighbours(), ['b', 'c', 'd'])
  assert.equal(of.definition('own')?.name, 'own')
  assert.equal(of.definition('nobody'), null)
})
