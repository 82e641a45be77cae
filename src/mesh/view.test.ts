import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as fc from 'fast-check'
import type { HostedDefinition } from '../ports/index.ts'
import { readMember, writeMember } from './member-entry.ts'
import {
  type Acked,
  MAX_UNSETTLED,
  nextRecord,
  type ViewMember,
  type ViewRecord,
  withMember,
  withoutMembers,
} from './view.ts'
import { readView, writeView } from './view-entry.ts'

const order: HostedDefinition = {
  name: 'order',
  kind: 'unnamed',
  stateful: true,
  placement: { by: 'hash' },
  channels: [['orders', 'heard']],
}
const desk: HostedDefinition = {
  ...order,
  name: 'desk',
  kind: 'named',
  placement: { by: 'labels', labels: { disk: 'ssd', ['__proto__']: 'x' } },
  outOfReach: true,
}

function member(id: string, changes: Partial<ViewMember> = {}): ViewMember {
  return {
    id,
    session: `${id}-1`,
    node: `host-${id}`,
    zone: '',
    labels: {},
    capacity: 1,
    version: '0.1.0',
    startedAtMs: 7,
    phase: 'up',
    hosts: [{ system: 's', hosted: order }],
    ...changes,
  }
}

const ALL_ACKED = (): number => Infinity
const NONE_ACKED = (): number => 0

function grown(
  record: ViewRecord | null,
  members: readonly ViewMember[],
  acked: Acked = NONE_ACKED,
): ViewRecord {
  return nextRecord(record, members, acked, 0)
}

describe('how one view follows another', () => {
  const [a, b] = [member('a'), member('b')]

  test('the first one has nothing before it, and stands above what is known', () => {
    assert.deepEqual(grown(null, [a]), { current: { epoch: 1, members: [a] }, unsettled: [], since: 0 })
    assert.equal(nextRecord(null, [a], NONE_ACKED, 41).current.epoch, 42)
    assert.equal(nextRecord(grown(null, [a]), [a, b], NONE_ACKED, 41).current.epoch, 42)
  })

  test('a view counts until all that were in it, and still are, have acknowledged a later one', () => {
    const first = grown(null, [a])
    const second = grown(first, [a, b])
    assert.deepEqual(second.unsettled, [first.current])
    const acked = ({ id }: ViewMember): number => (id === 'a' ? 2 : 0)
    const third = grown(second, [a, b, member('c')], acked)
    assert.deepEqual(third.unsettled, [second.current], 'a has settled the first; b was not in it')
    const newcomer = member('a', { session: 'a-2' })
    assert.deepEqual(grown(second, [b, newcomer]).unsettled, [second.current], 'only b counts')
    assert.deepEqual(grown(second, [newcomer]).unsettled, [], 'nobody of then is there')
    assert.deepEqual(grown(third, [a, b], ALL_ACKED).unsettled, [])
  })

  test('no more than some are kept, and what is not is said', () => {
    let record = grown(null, [a, b])
    for (let round = 1; round <= MAX_UNSETTLED; round += 1) record = grown(record, [a, b])
    assert.equal(record.unsettled.length, MAX_UNSETTLED)
    assert.equal(record.since, 0)
    record = grown(record, [a, b])
    assert.equal(record.unsettled.length, MAX_UNSETTLED)
    assert.equal(record.since, 2)
    assert.equal(record.unsettled[0]?.epoch, 2)
    assert.equal(grown(record, [a], ALL_ACKED).since, 2)
  })

  test('members come to the end, change where they are, and go by their sessions', () => {
    const draining = member('a', { phase: 'draining' })
    assert.deepEqual(withMember([a, b], draining), [draining, b])
    const again = member('a', { session: 'a-2' })
    assert.deepEqual(withMember([a, b], again), [b, again])
    assert.deepEqual(withMember([a], b), [a, b])
    const list = [a, b]
    assert.equal(
      withoutMembers(list, ({ session }) => session === 'a-2'),
      list,
    )
    assert.deepEqual(
      withoutMembers(list, ({ session }) => session === 'a-1'),
      [b],
    )
  })
})

describe('the entry of a view', () => {
  const record: ViewRecord = {
    current: {
      epoch: 12,
      members: [
        member('a', { zone: 'z', labels: { disk: 'ssd' }, capacity: 2.5, phase: 'draining' }),
        member('b', {
          hosts: [
            { system: 's', hosted: desk },
            { system: 't', hosted: order },
          ],
        }),
      ],
    },
    unsettled: [
      { epoch: 9, members: [member('a')] },
      { epoch: 11, members: [] },
    ],
    since: 3,
  }

  test('is read as it was written, whatever is in it', () => {
    assert.deepEqual(readView(writeView(record)), record)
    fc.assert(
      fc.property(recordOf(), (any) => {
        assert.deepEqual(readView(writeView(any)), any)
      }),
    )
  })

  test('has each definition and each member once', () => {
    const text = writeView({ ...record, unsettled: [{ epoch: 11, members: record.current.members }] })
    assert.equal(text.match(/"node":"host-a"/g)?.length, 1)
    assert.equal(text.match(/"name":"order"/g)?.length, 2, 'of two systems')
  })

  test('stays small: eight views of eight members with a hundred definitions', () => {
    const hosts = Array.from({ length: 100 }, (_, at) => ({
      system: 'shop',
      hosted: { ...order, name: `definition-${at}` },
    }))
    const members = Array.from({ length: 8 }, (_, at) => member(`member-${at}`, { hosts }))
    let grownTo = grown(null, members)
    for (let round = 0; round < 9; round += 1) grownTo = grown(grownTo, members)
    assert.ok(writeView(grownTo).length < 32_768, `${writeView(grownTo).length} characters`)
  })

  const spoilt: readonly [what: string, text: string][] = [
    ['no JSON', '{'],
    ['no object', '[]'],
    ['another format', writeView(record).replace('"format":1', '"format":2')],
    ['no views', writeView(record).replace('"views":', '"other":')],
    ['a member that is not there', writeView(record).replace('"members":[0]', '"members":[7]')],
    ['a member twice', writeView(record).replace('"members":[0]', '"members":[0,0]')],
    ['views out of order', writeView(record).replace('"epoch":9', '"epoch":12')],
    ['a phase that is not known', writeView(record).replace('"phase":"draining"', '"phase":"asleep"')],
    ['a capacity of nothing', writeView(record).replace('"capacity":2.5', '"capacity":0')],
    ['a placement that is not known', writeView(record).replace('"by":"hash"', '"by":"moon"')],
    ['labels that are no text', writeView(record).replace('"disk":"ssd"', '"disk":1')],
    ['a kind that is not known', writeView(record).replace('"kind":"named"', '"kind":"x"')],
    ['an epoch of nothing', writeView(record).replace('"epoch":9', '"epoch":0')],
  ]
  for (const [what, text] of spoilt) {
    test(`is refused with ${what}`, () => {
      assert.notEqual(text, writeView(record), 'it is spoilt')
      assert.throws(() => readView(text), { code: 'MEMBER_UNAVAILABLE', message: /cannot be read at "view/ })
    })
  }
})

test('the entry of a member is read as it was written, and refused otherwise', () => {
  const entry = { id: 'a', session: 'a-1', beat: 3, acked: 9, sealed: false }
  assert.deepEqual(readMember('member.a', writeMember(entry)), entry)
  const text = writeMember(entry).replace('"beat":3', '"beat":-1')
  assert.throws(() => readMember('member.a', text), { message: /member\.a\.beat/ })
})

function recordOf(): fc.Arbitrary<ViewRecord> {
  const texts = fc.dictionary(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), { maxKeys: 3 })
  const plain = texts.map((entries) => Object.fromEntries(Object.entries(entries)))
  const placement = fc.oneof(
    fc.constantFrom({ by: 'hash' as const }, { by: 'local' as const }),
    fc.record({ by: fc.constant('zone' as const), zone: fc.string() }, { noNullPrototype: true }),
    fc.record({ by: fc.constant('labels' as const), labels: plain }, { noNullPrototype: true }),
  )
  const hosted = fc.record(
    {
      name: fc.string({ unit: 'binary' }),
      kind: fc.constantFrom('named' as const, 'unnamed' as const, 'pooled' as const),
      stateful: fc.boolean(),
      placement,
      channels: fc.array(fc.tuple(fc.string(), fc.string()), { maxLength: 2 }),
    },
    { noNullPrototype: true },
  )
  const host = fc.record({ system: fc.string(), hosted }, { noNullPrototype: true })
  const one = fc.record({ labels: plain, hosts: fc.array(host, { maxLength: 3 }) }, { noNullPrototype: true })
  const members = fc
    .array(one, { maxLength: 4 })
    .map((each) => each.map((part, at) => member(`m${at}`, part)))
  return fc.array(members, { minLength: 1, maxLength: 4 }).map((lists) => {
    const views = lists.map((list, at) => ({ epoch: at + 5, members: list }))
    return { unsettled: views.slice(0, -1), current: views.at(-1)!, since: 2 }
  })
}
