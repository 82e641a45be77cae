// What every statestore keeps of listings: filters, pages, and an order that all of them share.

import assert from 'node:assert/strict'
import type { ActorFilter, Commit, Statestore } from '../ports/index.ts'
import { LIMITS, isSpawnError } from '../base/index.ts'
import {
  actorId,
  assertStored,
  BIRTH,
  commitOf,
  envelopeOf,
  NOON_MS,
  outsideCommit,
  type StatestoreCases,
  SYSTEM,
} from './statestore-fixture.ts'

/** Everything that matches, page by page, as `parent/name`; and counts it. */
async function listed(store: Statestore, filter: Partial<ActorFilter>, limit = 100): Promise<string[]> {
  const found: string[] = []
  let after: string | undefined
  do {
    const page = await store.list(
      { system: SYSTEM, ...filter },
      after === undefined ? { limit } : { limit, after },
    )
    assert.ok(page.actors.length <= limit, 'a page has at most the rows asked')
    assert.ok(page.actors.length > 0 || page.next === null, 'a page that is not the last has a row')
    found.push(...page.actors.map(({ id }) => `${id.parent}/${id.name}`))
    after = page.next ?? undefined
  } while (after !== undefined)
  assert.equal(
    await store.count({ system: SYSTEM, ...filter }),
    found.length,
    'as many are counted as listed',
  )
  return found
}

async function fill(store: Statestore, places: readonly string[], more: Partial<Commit> = {}): Promise<void> {
  const group = places.map((place) => {
    const slash = place.indexOf('/')
    return commitOf(actorId(place.slice(slash + 1), place.slice(0, slash)), 0, more)
  })
  assert.ok((await store.commit(group)).every((verdict) => verdict === 'committed'))
}

export const listCases: StatestoreCases = {
  'nothing stored, nothing listed': async (store) => {
    assert.deepEqual(await store.list({ system: SYSTEM }, { limit: 10 }), { actors: [], next: null })
    assert.equal(await store.count({ system: SYSTEM }), 0)
    assert.deepEqual(await store.systems(), [])
  },

  'listed actors are whole': async (store) => {
    const commit = commitOf(actorId('one', 'user'), 0, { tags: { a: 'b' }, epoch: 4 })
    await store.commit([commit])
    const { actors, next } = await store.list({ system: SYSTEM }, { limit: 10 })
    assert.deepEqual([actors.length, next], [1, null])
    assertStored(actors[0] ?? null, commit)
  },

  'in order of parent, then name, by code point': async (store) => {
    // By UTF-16 unit the emoji would stand before U+FFFD.
    const inOrder = [
      '/\0',
      '/A',
      '/a',
      '/a\0',
      '/a b',
      '/b',
      '/\u00e9',
      '/\ufffd',
      '/\u{1f600}',
      '/\u{1f600}a',
    ]
    inOrder.push('A/z', 'a/z', 'a\0/a', 'b/a', '\ufffd/a', '\u{1f600}/a')
    await fill(store, inOrder.toReversed())
    assert.deepEqual(await listed(store, {}), inOrder)
    for (const limit of [1, 2, 3, 7, inOrder.length])
      assert.deepEqual(await listed(store, {}, limit), inOrder)
  },

  'by system, parent and name': async (store) => {
    await fill(store, ['/one', '/two', 'user/one', 'user/two', 'cart/one'])
    await store.commit([commitOf({ ...actorId('one'), system: 'other' }, 0)])
    assert.deepEqual(await listed(store, { system: 'other' }), ['/one'])
    assert.deepEqual(await listed(store, { system: 'nowhere' }), [])
    assert.deepEqual(await listed(store, { parent: 'user' }), ['user/one', 'user/two'])
    assert.deepEqual(await listed(store, { parent: '' }), ['/one', '/two'])
    assert.deepEqual(await listed(store, { name: 'one' }), ['/one', 'cart/one', 'user/one'])
    assert.deepEqual(await listed(store, { name: 'one' }, 1), ['/one', 'cart/one', 'user/one'])
    assert.deepEqual(await listed(store, { name: 'one', parent: 'user' }), ['user/one'])
    assert.deepEqual(await listed(store, { name: 'on' }), [])
    assert.deepEqual(await listed(store, { parent: 'nobody' }), [])
  },

  'by the beginning of the name, taken literally': async (store) => {
    await fill(store, [
      '/a%',
      '/a%b',
      '/a_b',
      '/ab',
      '/\u{10ffff}',
      '/\u{10ffff}\u{10ffff}x',
      '/\u{1f600}',
      'p/a%c',
    ])
    assert.deepEqual(await listed(store, { prefix: 'a%' }), ['/a%', '/a%b', 'p/a%c'])
    assert.deepEqual(await listed(store, { prefix: 'a%' }, 1), ['/a%', '/a%b', 'p/a%c'])
    assert.deepEqual(await listed(store, { prefix: '\u{10ffff}' }), ['/\u{10ffff}', '/\u{10ffff}\u{10ffff}x'])
    assert.deepEqual(await listed(store, { prefix: '', parent: 'p' }), ['p/a%c'])
    assert.deepEqual(await listed(store, { prefix: 'a%', name: 'ab' }), [])
    assert.deepEqual(await listed(store, { prefix: 'a', name: 'ab' }), ['/ab'])
  },

  'by tags: all of those asked, exactly': async (store) => {
    await fill(store, ['/a', '/d'], { tags: { region: 'eu', tier: 'gold' } })
    await fill(store, ['/b'], { tags: { region: 'eu' } })
    await fill(store, ['/c', 'p/e'], { tags: { region: 'us', note: '"region":"eu"' } })
    await fill(store, ['/f'])
    assert.deepEqual(await listed(store, { tags: { region: 'eu' } }), ['/a', '/b', '/d'])
    assert.deepEqual(await listed(store, { tags: { region: 'eu', tier: 'gold' } }, 1), ['/a', '/d'])
    assert.deepEqual(await listed(store, { tags: { region: 'eu', tier: 'silver' } }), [])
    assert.deepEqual(await listed(store, { tags: { toString: '' } }), [])
    assert.deepEqual(await listed(store, { tags: { region: 'us' }, parent: 'p' }), ['p/e'])
    assert.equal((await listed(store, { tags: {} })).length, 6)
  },

  'tags of the latest revision count': async (store) => {
    await fill(store, ['/one'], { tags: { old: 'yes' } })
    await store.commit([commitOf('one', 1, { tags: { new: 'yes' } })])
    assert.deepEqual(await listed(store, { tags: { old: 'yes' } }), [])
    assert.deepEqual(await listed(store, { tags: { new: 'yes' } }), ['/one'])
  },

  'by the time of the latest commit: from one time on, before another': async (store) => {
    for (const [place, offMs] of [
      ['/a', 0],
      ['/b', 1],
      ['p/c', 2],
      ['p/d', 3],
    ] as const) {
      await fill(store, [place], { committedAtMs: NOON_MS + offMs })
    }
    assert.deepEqual(await listed(store, { committedFromMs: NOON_MS + 1 }), ['/b', 'p/c', 'p/d'])
    assert.deepEqual(await listed(store, { committedBeforeMs: NOON_MS + 2 }, 1), ['/a', '/b'])
    assert.deepEqual(
      await listed(store, { committedFromMs: NOON_MS + 1, committedBeforeMs: NOON_MS + 3 }, 1),
      ['/b', 'p/c'],
    )
    assert.deepEqual(await listed(store, { committedFromMs: NOON_MS - 1, parent: 'p', name: 'd' }), ['p/d'])
    assert.deepEqual(await listed(store, { committedFromMs: NOON_MS + 4 }), [])
    assert.deepEqual(await listed(store, { committedBeforeMs: 0 }), [])
    assert.equal((await listed(store, { committedFromMs: 0 })).length, 4)
    // A turn that changed nothing is no commit of a revision.
    const unchanged = { revision: 1, committedAtMs: NOON_MS + 9 }
    const outcomes = [{ key: 'k', reply: null, expiresAtMs: NOON_MS + 99 }]
    await store.commit([commitOf('a', 1, { ...unchanged, outcomes })])
    await store.commit([commitOf('b', 1, { committedAtMs: NOON_MS + 9 })])
    assert.deepEqual(await listed(store, { committedFromMs: NOON_MS + 4 }), ['/b'])
  },

  'systems: those with an actor or an envelope': async (store) => {
    const names = ['b', 'a', '\ufffd', '\u{1f600}']
    for (const system of names) {
      await store.commit([commitOf({ system, parent: 'p', name: 'one' }, 0)])
    }
    const sender = { system: 'sends only', parent: '', name: '' }
    await store.commit([outsideCommit({ id: sender, sends: [envelopeOf('e')] })])
    const noted = { system: 'outcomes only', parent: '', name: 'one' }
    const outcomes = [{ key: 'k', reply: null, expiresAtMs: NOON_MS + 99 }]
    await store.commit([commitOf(noted, 0, { revision: 0, birth: 0, outcomes })])
    assert.deepEqual(await store.systems(), ['a', 'b', 'sends only', '\ufffd', '\u{1f600}'])
    assert.equal(await store.delete({ system: 'a', parent: 'p', name: 'one' }, 1, BIRTH), 'committed')
    await store.commit([outsideCommit({ id: sender, takes: ['e'] })])
    assert.deepEqual(await store.systems(), ['b', '\ufffd', '\u{1f600}'])
    assert.equal(await store.count({ system: 'b' }), 1)
    assert.equal(await store.count({ system: 'a' }), 0)
    assert.equal(await store.count({ system: 'outcomes only' }), 0)
  },

  'pages go on where the last one ended, whatever was committed or deleted since': async (store) => {
    await fill(store, ['/a', '/c', '/e', '/g'])
    const first = await store.list({ system: SYSTEM }, { limit: 2 })
    assert.equal(await store.delete(actorId('c'), 1, BIRTH), 'committed')
    assert.equal(await store.delete(actorId('e'), 1, BIRTH), 'committed')
    await fill(store, ['/b', '/d'])
    const second = await store.list({ system: SYSTEM }, { limit: 9, after: first.next ?? '' })
    assert.deepEqual(
      second.actors.map(({ id }) => id.name),
      ['d', 'g'],
    )
    assert.equal(second.next, null)
  },

  'a `next` that no page answered is refused': async (store) => {
    for (const after of ['', 'nonsense', Buffer.from('[1,2]').toString('base64url'), 'bnVsbA']) {
      await assert.rejects(
        store.list({ system: SYSTEM }, { limit: 10, after }),
        (error) => isSpawnError(error) && error.code === 'INVALID_ARGUMENT',
      )
    }
  },

  'many actors, few of which match': async (store) => {
    const names = Array.from({ length: 4_000 }, (_none, at) => `actor-${String(at).padStart(5, '0')}`)
    for (let from = 0; from < names.length; from += LIMITS.commitGroup) {
      const part = names.slice(from, from + LIMITS.commitGroup)
      const tags = (name: string) => (name.endsWith('999') ? { rare: 'yes' } : { rare: 'no' })
      await store.commit(part.map((name) => commitOf(actorId(name, 'user'), 0, { tags: tags(name) })))
    }
    const rare = names.filter((name) => name.endsWith('999')).map((name) => `user/${name}`)
    assert.deepEqual(await listed(store, { tags: { rare: 'yes' } }), rare)
    assert.deepEqual(await listed(store, { tags: { rare: 'yes' } }, 1), rare)
    assert.deepEqual((await listed(store, {}, LIMITS.pageSize)).length, names.length)
    assert.deepEqual(await listed(store, { prefix: 'actor-039', tags: { rare: 'yes' } }), [rare.at(-1)])
  },
}
