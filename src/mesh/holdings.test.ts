import assert from 'node:assert/strict'
import { test } from 'node:test'
import { below, type Random, seededRandom } from '../base/index.ts'
import type { HostedDefinition } from '../ports/index.ts'
import { Holdings } from './holdings.ts'
import { nextRecord, type ViewMember, type ViewRecord, withMember, withoutMembers } from './view.ts'
import { Directory } from './directory.ts'

const SYSTEM = 's'
const hosted: HostedDefinition = {
  name: 'x',
  kind: 'unnamed',
  stateful: true,
  placement: { by: 'hash' },
  channels: [],
}

function member(id: string, changes: Partial<ViewMember> = {}): ViewMember {
  const fixed = { node: id, zone: '', labels: {}, capacity: 1, version: '', startedAtMs: 0 }
  return { id, session: '1', ...fixed, phase: 'up', hosts: [{ system: SYSTEM, hosted }], ...changes }
}

const NAMES = Array.from({ length: 6 }, (_, at) => `name-${at}`)

/** What is known of the members, wrong on purpose in one of them. */
type Bug =
  | 'none'
  | 'acks of later views count'
  | 'acks while more is to let go'
  | 'views before are forgotten'

/** One member of the model: what it has applied, holds, and knows of the others. */
class Modelled {
  self: ViewMember
  record: ViewRecord
  holdings: Holdings
  directory: Directory
  readonly held = new Set<string>()
  /** What it must let go of before it acknowledges. */
  readonly leaving = new Set<string>()
  acked: number
  /** What it has read of others' entries; it may be old. */
  readonly read = new Map<string, number>()

  constructor(self: ViewMember, record: ViewRecord, acked: number) {
    this.self = self
    this.acked = acked
    this.record = record
    this.holdings = new Holdings(record, SYSTEM, self.id, null)
    this.directory = new Directory(record.current, SYSTEM, self.id)
  }

  apply(record: ViewRecord, forgets: boolean): void {
    const seen = forgets ? { ...record, unsettled: [] } : record
    this.holdings = new Holdings(seen, SYSTEM, this.self.id, this.holdings)
    this.record = record
    this.directory = new Directory(record.current, SYSTEM, this.self.id)
    for (const name of this.held) if (!this.isMine(name)) this.leaving.add(name)
  }

  isMine(name: string): boolean {
    return this.directory.isMine('x', name)
  }

  isFree(name: string, laterCounts: boolean): boolean {
    this.holdings.update((other) => {
      const acked = this.read.get(`${other.id} ${other.session}`) ?? -1
      return laterCounts ? Math.min(acked, this.record.current.epoch) : acked
    })
    return this.holdings.isFree('x', name)
  }
}

class Model {
  readonly #random: Random
  readonly #bug: Bug
  #record: ViewRecord
  #members: Modelled[]
  #sessions = 1
  activations = 0
  moved = 0

  constructor(seed: number, bug: Bug) {
    this.#random = seededRandom(seed)
    this.#bug = bug
    const first = member('a')
    this.#record = nextRecord(null, [first], () => 0, 0)
    this.#members = [new Modelled(first, this.#record, 0)]
  }

  step(): void {
    const one = this.#members[below(this.#random, this.#members.length)]!
    const draw = this.#random.next()
    if (draw < 0.06) this.#join()
    else if (draw < 0.09) this.#lose(one)
    else if (draw < 0.13) this.#redraw(one)
    else if (draw < 0.25) {
      if (one.record.current.epoch < this.#record.current.epoch)
        one.apply(this.#record, this.#bug === 'views before are forgotten')
    } else if (draw < 0.35) this.#letGo(one)
    else if (draw < 0.45) this.#acknowledge(one)
    else if (draw < 0.65) this.#read(one)
    else if (draw < 0.75) this.#ask(one)
    else this.#activate(one)
  }

  #acked = (of: ViewMember): number =>
    this.#members.find(({ self }) => self.id === of.id && self.session === of.session)?.acked ?? -1

  #view(members: readonly ViewMember[]): void {
    this.#record = nextRecord(this.#record, members, this.#acked, 0)
  }

  #join(): void {
    if (this.#members.length >= 4) return
    this.#sessions += 1
    const id = ['a', 'b', 'c', 'd', 'e'][below(this.#random, 5)]!
    if (this.#members.some(({ self }) => self.id === id)) return
    const self = member(id, { session: String(this.#sessions) })
    const acked = this.#record.current.epoch
    this.#view(withMember(this.#record.current.members, self))
    this.#members.push(new Modelled(self, this.#record, acked))
  }

  /** Its lease is over before anyone hears of it. */
  #lose(one: Modelled): void {
    if (this.#members.length < 2) return
    this.#members = this.#members.filter((other) => other !== one)
    this.#view(
      withoutMembers(
        this.#record.current.members,
        ({ session, id }) => session === one.self.session && id === one.self.id,
      ),
    )
  }

  /** Something else of it changes where actors live. */
  #redraw(one: Modelled): void {
    const capacity = 1 + below(this.#random, 3)
    one.self = { ...one.self, capacity }
    this.#view(withMember(this.#record.current.members, one.self))
  }

  #letGo(one: Modelled): void {
    for (const name of one.leaving) {
      one.held.delete(name)
      one.leaving.delete(name)
      return
    }
  }

  #acknowledge(one: Modelled): void {
    const epoch = one.record.current.epoch
    if (this.#bug !== 'acks while more is to let go' && one.leaving.size > 0) return
    if (epoch > one.acked) one.acked = epoch
  }

  #read(one: Modelled): void {
    for (const { acked, self } of this.#members) {
      if (this.#random.next() < 0.5) one.read.set(`${self.id} ${self.session}`, acked)
    }
  }

  /** A new owner asks whoever may hold a name. */
  #ask(one: Modelled): void {
    const name = NAMES[below(this.#random, NAMES.length)]!
    if (!one.isMine(name) || one.isFree(name, false)) return
    const epoch = one.record.current.epoch
    for (const holder of one.holdings.holders('x', name)) {
      const other = this.#members.find(({ self }) => self.id === holder.id && self.session === holder.session)
      // One that has an older view waits for it; one whose it is says so.
      if (other === undefined || other.record.current.epoch < epoch || other.isMine(name)) continue
      other.held.delete(name)
      other.leaving.delete(name)
      one.holdings.released(holder, 'x', name, epoch)
    }
  }

  #activate(one: Modelled): void {
    const name = NAMES[below(this.#random, NAMES.length)]!
    if (one.held.has(name) || !one.isMine(name)) return
    if (!one.isFree(name, this.#bug === 'acks of later views count')) return
    const other = this.#members.find(({ held }) => held.has(name))
    assert.equal(other, undefined, `${name} is held by ${other?.self.id} and by ${one.self.id}`)
    one.held.add(name)
    this.activations += 1
    if (one.record.current.epoch > 1) this.moved += 1
  }
}

function play(seed: number, bug: Bug): Model {
  const model = new Model(seed, bug)
  for (let step = 0; step < 300; step += 1) model.step()
  return model
}

test('never do two members hold one actor, whatever each of them has heard', () => {
  let activations = 0
  for (let seed = 1; seed <= 400; seed += 1) activations += play(seed, 'none').activations
  assert.ok(activations > 4_000, `only ${activations} activations: the seeds try nothing`)
})

for (const bug of [
  'acks of later views count',
  'acks while more is to let go',
  'views before are forgotten',
] as const) {
  test(`the model sees a planted bug: ${bug}`, () => {
    assert.throws(() => {
      for (let seed = 1; seed <= 400; seed += 1) play(seed, bug)
    }, /is held by/)
  })
}

test('what does not move is free at once; what moves, when it was let go of', () => {
  const [a, b] = [member('a'), member('b')]
  const first = nextRecord(null, [a], () => 0, 0)
  const second = nextRecord(first, [a, b], () => 1, 0)
  const both = new Directory(second.current, SYSTEM, 'b')
  const moved = NAMES.filter((name) => both.isMine('x', name))
  assert.ok(moved.length > 0 && moved.length < NAMES.length, 'the names say something')
  const ofA = new Holdings(second, SYSTEM, 'a', null)
  ofA.update(({ id }) => (id === 'b' ? 1 : 0))
  for (const name of NAMES) if (!moved.includes(name)) assert.ok(ofA.isFree('x', name))
  const ofB = new Holdings(second, SYSTEM, 'b', null)
  ofB.update(() => 0)
  assert.equal(ofB.isSettled, false)
  const [one, other] = moved as [string, string]
  assert.deepEqual(ofB.holders('x', one), [a])
  ofB.released(a, 'x', one, 2)
  assert.ok(ofB.isFree('x', one))
  assert.equal(ofB.isFree('x', other), false)
  ofB.update(() => 2)
  assert.ok(ofB.isSettled && ofB.isFree('x', other))
})

test('where views were cut, anything may be held by who has not acknowledged since', () => {
  const [a, b] = [member('a'), member('b')]
  const record = { current: { epoch: 20, members: [a, b] }, unsettled: [], since: 12 }
  const holdings = new Holdings(record, SYSTEM, 'b', null)
  holdings.update(() => 11)
  for (const name of NAMES) assert.deepEqual(holdings.holders('x', name), [a])
  holdings.released(a, 'x', 'name-1', 20)
  assert.ok(holdings.isFree('x', 'name-1'))
  holdings.update(() => 12)
  assert.ok(holdings.isSettled)
})
