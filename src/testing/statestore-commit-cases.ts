// What every statestore keeps of commits: the fence, groups, and each field exactly. See ports/statestore.ts.

import assert from 'node:assert/strict'
import { LIMITS } from '../base/index.ts'
import type { Commit } from '../ports/index.ts'
import { Packed } from '../protocol/index.ts'
import {
  actorId,
  assertStored,
  commitOf,
  json,
  loadOne,
  NOON_MS,
  type StatestoreCases,
} from './statestore-fixture.ts'

export const commitCases: StatestoreCases = {
  'an actor that was never stored loads as null': async (store) => {
    assert.deepEqual(await store.load([actorId('nobody')]), [null])
    assert.deepEqual(await store.load([]), [])
    assert.deepEqual(await store.commit([]), [])
  },

  'what was committed is loaded, each field exactly': async (store) => {
    const commit = commitOf('one', 0, { epoch: 7, tags: { region: 'eu', 'a"b': '', ['__proto__']: 'x' } })
    assert.deepEqual(await store.commit([commit]), ['committed'])
    assertStored(await loadOne(store, 'one'), commit)
  },

  'loads answer in the order asked, with nulls in place': async (store) => {
    await store.commit([commitOf('a', 0), commitOf(actorId('a', 'p'), 0, { state: json('other') })])
    const ids = [
      actorId('a', 'p'),
      actorId('z'),
      actorId('a'),
      actorId('a', 'p'),
      { ...actorId('a'), system: 'no' },
    ]
    const actors = await store.load(ids)
    assert.deepEqual(
      actors.map((actor) => actor && [actor.id.parent, Buffer.from(actor.state?.value ?? []).toString()]),
      [['p', '"other"'], null, ['', '"r1"'], ['p', '"other"'], null],
    )
  },

  'a commit that does not follow the stored revision is a conflict and changes nothing': async (store) => {
    const stands = commitOf('one', 0)
    await store.commit([stands])
    for (const follows of [0, 2, 5]) {
      const stale = commitOf('one', follows, { state: json('stale'), tags: { stale: 'yes' } })
      assert.deepEqual(await store.commit([stale]), ['conflict'])
    }
    assert.deepEqual(await store.commit([commitOf('two', 1)]), ['conflict'], 'nothing is stored to follow')
    assertStored(await loadOne(store, 'one'), stands)
    assert.equal(await loadOne(store, 'two'), null)
  },

  'a commit may stand for many turns': async (store) => {
    const commit = commitOf('one', 0, { revision: 40 })
    assert.deepEqual(await store.commit([commit]), ['committed'])
    assert.deepEqual(await store.commit([commitOf('one', 1)]), ['conflict'])
    assert.deepEqual(await store.commit([commitOf('one', 40)]), ['committed'])
    assert.equal((await loadOne(store, 'one'))?.revision, 41)
  },

  'a conflict fails its own commit and what follows it, never its neighbours': async (store) => {
    await store.commit([commitOf('b', 0)])
    const group = [
      commitOf('a', 0),
      commitOf('b', 0, { state: json('stale') }),
      commitOf('c', 0),
      commitOf('b', 1),
      commitOf('a', 1),
    ]
    const verdicts = await store.commit(group)
    assert.deepEqual(verdicts, ['committed', 'conflict', 'committed', 'conflict', 'committed'])
    const actors = await store.load([actorId('a'), actorId('b'), actorId('c')])
    assert.deepEqual(
      actors.map((actor) => actor?.revision),
      [2, 1, 1],
    )
  },

  'commits of one actor in one group follow each other': async (store) => {
    const last = commitOf('one', 2)
    const group = [commitOf('one', 0), commitOf('one', 1), last]
    assert.deepEqual(await store.commit(group), ['committed', 'committed', 'committed'])
    assertStored(await loadOne(store, 'one'), last)
  },

  'what stands behind a conflict is refused, even where its revision would fit': async (store) => {
    // Another owner is ahead by one: the second commit's number fits, but it rests on the first one's state.
    const stands = commitOf('one', 0, { state: json('of the other owner') })
    await store.commit([stands])
    const group = [commitOf('one', 0), commitOf('one', 1), commitOf('two', 0), commitOf('one', 1)]
    assert.deepEqual(await store.commit(group), ['conflict', 'conflict', 'committed', 'conflict'])
    assertStored(await loadOne(store, 'one'), stands)
    assert.deepEqual(
      await store.commit([commitOf('one', 1)]),
      ['committed'],
      'in the next group it is judged anew',
    )
  },

  'an actor may be stored without a state, with tags only, and get one later': async (store) => {
    const bare = commitOf('one', 0, { state: null, tags: { kind: 'bare' } })
    await store.commit([bare])
    assertStored(await loadOne(store, 'one'), bare)
    const full = commitOf('one', 1, { tags: {} })
    await store.commit([full])
    assertStored(await loadOne(store, 'one'), full)
    const empty = commitOf('one', 2, { state: new Packed('', new Uint8Array()) })
    await store.commit([empty])
    assertStored(await loadOne(store, 'one'), empty)
  },

  'the state is kept as committed, though the committer uses its bytes again': async (store) => {
    const value = new TextEncoder().encode('"before"')
    const committed = store.commit([commitOf('one', 0, { state: new Packed('t', value) })])
    await committed
    value.fill(0)
    assert.equal(Buffer.from((await loadOne(store, 'one'))?.state?.value ?? []).toString(), '"before"')
  },

  'so is the reply': async (store) => {
    const reply = new Packed('t', new TextEncoder().encode('"before"'))
    const outcomes = [{ key: 'k', reply, expiresAtMs: 2_000 }]
    const committed = store.commit([commitOf('one', 0, { outcomes })])
    await committed
    reply.value.fill(0)
    const kept = await store.loadOutcome(actorId('one'), 'k', 1_000)
    assert.equal(Buffer.from(kept?.reply?.value ?? []).toString(), '"before"')
  },

  'numbers are kept up to 2^53 - 1': async (store) => {
    const largest = Number.MAX_SAFE_INTEGER
    const [birth, epoch, committedAtMs] = [largest, largest, largest]
    const commit = commitOf('one', 0, { revision: largest - 1, birth, epoch, committedAtMs })
    assert.deepEqual(await store.commit([commit]), ['committed'])
    assertStored(await loadOne(store, 'one'), commit)
    const stale = commitOf('one', largest - 2, { birth, committedAtMs: 0 })
    assert.deepEqual(await store.commit([stale]), ['conflict'])
    const last = commitOf('one', largest - 1, { birth, committedAtMs })
    assert.deepEqual(await store.commit([last]), ['committed'])
    assert.equal((await loadOne(store, 'one'))?.revision, largest)
    assert.equal((await store.loadRevision(actorId('one'), { revision: largest }))?.revision, largest)
  },

  'names are kept exactly: NUL, quotes, emoji, combining marks, case, 512 bytes': async (store) => {
    const names = [
      'a',
      'A',
      'a\0',
      'a\0b',
      '\0',
      ' a',
      "'; --",
      '%',
      '_',
      '\u00e9',
      'e\u0301',
      '\ufffd',
      '\u{1f600}',
    ]
    names.push('x'.repeat(512), '\u{10ffff}'.repeat(128), '\u2028', '../..', '{"a":1}')
    const ids = names.flatMap((name) => [
      actorId(name),
      actorId('n', name),
      { ...actorId('n'), system: name },
    ])
    const group = ids.map((id, at) => commitOf(id, 0, { state: json(at) }))
    assert.ok((await store.commit(group)).every((verdict) => verdict === 'committed'))
    const actors = await store.load(ids)
    for (const [at, actor] of actors.entries()) assertStored(actor, group[at] ?? commitOf('', 0))
  },

  'types, tags and keys are kept exactly too': async (store) => {
    const odd = 'a\0\u{1f600}\ufffd"\\'
    const outcome = { key: odd, reply: new Packed(odd, Uint8Array.of(0, 255)), expiresAtMs: NOON_MS * 2 }
    const state = new Packed(odd, Uint8Array.of(0, 1, 254, 255))
    const commit = commitOf('one', 0, { tags: { [odd]: odd }, state, outcomes: [outcome] })
    await store.commit([commit])
    assertStored(await loadOne(store, 'one'), commit)
    assert.deepEqual((await store.loadOutcome(actorId('one'), odd, 0))?.reply?.typeUrl, odd)
  },

  'a state of 1 MiB is kept, beside small ones': async (store) => {
    const value = new Uint8Array(1_048_576).map((_zero, at) => (at * 31) % 251)
    const group = [
      commitOf('small', 0),
      commitOf('large', 0, { state: new Packed('t', value) }),
      commitOf('too', 0),
    ]
    assert.deepEqual(await store.commit(group), ['committed', 'committed', 'committed'])
    const actors = await store.load([actorId('large'), actorId('small'), actorId('too')])
    assert.deepEqual(Buffer.from(actors[0]?.state?.value ?? []).equals(value), true)
    assert.deepEqual(
      actors.map((actor) => actor?.revision),
      [1, 1, 1],
    )
  },

  'a group of the largest size, conflicts within it, and a load of the largest size': async (store) => {
    const names = Array.from({ length: LIMITS.commitGroup }, (_none, at) => `actor-${at}`)
    await store.commit(names.filter((_name, at) => at % 3 === 0).map((name) => commitOf(name, 0)))
    const verdicts = await store.commit(names.map((name) => commitOf(name, 0, { state: json(name) })))
    assert.deepEqual(
      verdicts,
      names.map((_name, at) => (at % 3 === 0 ? 'conflict' : 'committed')),
    )
    const asked = names.slice(0, LIMITS.loadGroup)
    const states = (await store.load(asked.map((name) => actorId(name)))).map((actor) => actor?.state?.value)
    assert.deepEqual(
      states.map((value) => Buffer.from(value ?? []).toString()),
      asked.map((name, at) => JSON.stringify(at % 3 === 0 ? 'r1' : name)),
    )
  },

  'a large group of large states is one group': async (store) => {
    const state = new Packed('t', new Uint8Array(262_144).fill(7))
    const names = Array.from({ length: 40 }, (_none, at) => `actor-${at}`)
    const group: Commit[] = names.map((name) => commitOf(name, 0, { state }))
    group.push(commitOf('actor-0', 1, { state: null }), commitOf('actor-39', 0))
    assert.deepEqual(await store.commit(group), [...names.map(() => 'committed'), 'committed', 'conflict'])
    const [first, last] = await store.load([actorId('actor-0'), actorId('actor-39')])
    assert.deepEqual([first?.revision, last?.revision, last?.state?.value.length], [2, 1, 262_144])
  },

  'loads see every commit that resolved before them, whatever else is under way': async (store) => {
    const committed = new Map<string, number>()
    const write = async (name: string): Promise<void> => {
      for (let follows = 0; follows < 25; follows += 1) {
        assert.deepEqual(await store.commit([commitOf(name, follows)]), ['committed'])
        committed.set(name, follows + 1)
      }
    }
    const read = async (name: string): Promise<void> => {
      while ((committed.get(name) ?? 0) < 25) {
        const atLeast = committed.get(name) ?? 0
        assert.ok(((await loadOne(store, name))?.revision ?? 0) >= atLeast)
      }
    }
    const names = ['a', 'b', 'c', 'd']
    await Promise.all(names.flatMap((name) => [write(name), read(name)]))
  },

  'two committers that race for a revision: one wins': async (store) => {
    for (let follows = 0; follows < 10; follows += 1) {
      const attempts = ['left', 'right'].map((side) => commitOf('one', follows, { state: json(side) }))
      const verdicts = await Promise.all(attempts.map((attempt) => store.commit([attempt])))
      assert.deepEqual(verdicts.flat().sort(), ['committed', 'conflict'])
      const winner = attempts[verdicts.findIndex(([verdict]) => verdict === 'committed')]
      if (winner !== undefined) assertStored(await loadOne(store, 'one'), winner)
    }
  },
}
