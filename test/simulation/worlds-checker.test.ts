// The worlds, seen failing: each bug is planted between an otherwise sound runtime and its store, and must be found within a
// few seeds, in the words of the promise that it breaks. A world that finds nothing here would find nothing in the engine.

import assert from 'node:assert/strict'
import { aside } from '../aside.ts'
import type { Commit, Envelope, Statestore } from '../../src/ports/index.ts'
import { changed, replaced, withCommit } from './planted.ts'
import { bank, type CourseOptions, past, ring, run, schedules, timers } from './worlds/index.ts'
import type { WorldKind } from './worlds/world.ts'

const test = aside(import.meta.url)

const SEEDS = 80

async function finds(world: WorldKind, words: RegExp, fitted: CourseOptions['fitted']): Promise<void> {
  const seen = new Set<string>()
  for (let seed = 1; seed <= SEEDS; seed += 1) {
    const { violations } = await run(world, seed, fitted === undefined ? {} : { fitted })
    if (violations.some((violation) => words.test(violation))) return
    for (const violation of violations) seen.add(violation.slice(0, 80))
  }
  assert.fail(
    `no seed up to ${SEEDS} broke ${String(words)}; broken were: ${[...seen].slice(0, 5).join('; ')}`,
  )
}

type Change = (commit: Commit) => Partial<Commit>

/** Every commit, changed. */
function changing(change: Change): (store: Statestore) => Statestore {
  return (store) =>
    withCommit(store, (group) => store.commit(group.map((commit) => changed(commit, change(commit)))))
}

/** Every fifth commit that takes does not. */
function forgettingSome(): (store: Statestore) => Statestore {
  let taking = 0
  return changing(({ takes }) => {
    if (takes.length > 0) taking += 1
    return taking % 5 === 0 ? { takes: [] } : {}
  })
}

/** What is taken is gone from the outbox, but who comes second is not refused. */
const refusesNobody = (store: Statestore): Statestore =>
  withCommit(store, async (group) => {
    const taken = await store.envelopes(group[0]?.id.system ?? '', [
      ...new Set(group.flatMap(({ takes }) => takes)),
    ])
    const standing = new Set(taken.map((envelope) => envelope?.id))
    return store.commit(
      group.map((commit) => changed(commit, { takes: commit.takes.filter((id) => standing.has(id)) })),
    )
  })

/** The last envelope of every third commit that sends is lost. */
function losingSome(): (store: Statestore) => Statestore {
  let sending = 0
  return changing(({ sends }) => {
    if (sends.length > 0) sending += 1
    return sending % 3 === 0 ? { sends: sends.slice(0, -1) } : {}
  })
}

/** Envelopes come back from the store in the wrong order. */
const backwards = (store: Statestore): Statestore =>
  replaced(store, {
    due: async (...asked) => {
      const page = await store.due(...asked)
      return { ...page, envelopes: page.envelopes.toReversed() }
    },
  })

function delayed(byMs: number): (store: Statestore) => Statestore {
  return changing(({ sends }) => ({
    sends: sends.map(({ box, dueAtMs, header, id, payload }): Envelope => {
      return { box, header, id, payload, dueAtMs: dueAtMs === 0 ? 0 : Math.max(1, dueAtMs + byMs) }
    }),
  }))
}

test('a ring whose store forgets to take: tokens are doubled', () =>
  finds(ring, /stands twice/, forgettingSome()))

test('a ring whose store takes, and refuses nobody who takes again', () =>
  finds(ring, /stands twice|got \d+ of/, refusesNobody))

test('a ring whose store loses what is sent: tokens are lost', () => finds(ring, /is lost/, losingSome()))

test('a ring whose store hands out what is due in the wrong order', () =>
  finds(ring, /got \d+ of/, backwards))

test('a ring whose store acknowledges first and writes later', () =>
  finds(ring, /is lost|got \d+ of|stands twice/, (store, clock) =>
    withCommit(store, (group) => {
      clock.after(20, () => void store.commit(group).catch(() => {}))
      return Promise.resolve(group.map(() => 'committed'))
    }),
  ))

test('a bank whose store forgets to take: steps and compensations are done twice', () =>
  finds(bank, /ended|the sum is/, forgettingSome()))

test('a bank whose store loses what is sent: sagas do not end', () =>
  finds(bank, /over: not all has happened/, losingSome()))

test('schedules whose store forgets to take: they run twice', () =>
  finds(schedules, /times were to be/, forgettingSome()))

test('schedules whose store loses what is sent: they do not run', () =>
  finds(schedules, /no time|times were to be/, losingSome()))

test('schedules that come early', () => finds(schedules, /before \d+/, delayed(-50)))

test('cron schedules that come late', () => finds(schedules, /in the beat of/, delayed(1_000)))

test('timers whose ticks are lost', () => finds(timers, /ticked 0 times|has no timer/, losingSome()))

test('timers that lose their beat', () => finds(timers, /in beat|in the beat of|goes from/, delayed(-30)))

test('timers whose ticks come in a burst', () => {
  // Each tick is handed out for two.
  const doubled = (store: Statestore): Statestore =>
    replaced(store, {
      due: async (...asked) => {
        const page = await store.due(...asked)
        const again = page.envelopes.map((envelope) => ({ ...envelope, id: `${envelope.id} again` }))
        return { ...page, envelopes: [...page.envelopes, ...again] }
      },
      envelopes: (system, ids) => store.envelopes(system, ids.map(original)),
      commit: (group) =>
        store.commit(
          group.map((commit) =>
            changed(commit, { takes: [...new Set(commit.takes.map(original))], occasions: undefined }),
          ),
        ),
    })
  return finds(timers, /in beat|in the beat of|goes from/, doubled)
})

test('a past of which the store forgets a part', () =>
  finds(
    past,
    /is absent|neither an add nor/,
    changing(() => ({ history: { revisions: 1, durationMs: 0 } })),
  ))

test('a past whose store shows another revision than was asked for', () => {
  const mixedUp = (store: Statestore): Statestore =>
    replaced(store, {
      loadRevision: async (id, query) => {
        const [found, first] = [
          await store.loadRevision(id, query),
          await store.loadRevision(id, { revision: 1 }),
        ]
        return found === null || first === null ? found : { ...found, state: first.state }
      },
    })
  return finds(past, /was to be \d+ again, and is not/, mixedUp)
})

test('a past whose store lets anybody write over what stands', () => {
  const unfenced = (store: Statestore): Statestore =>
    withCommit(store, async (group) => {
      const stored = await store.load(group.map(({ id }) => id))
      return store.commit(
        group.map((commit, at) => {
          const { birth = commit.birth, revision: follows = commit.follows } = stored[at] ?? {}
          const turns = commit.revision - commit.follows
          return commit.id.name === ''
            ? commit
            : changed(commit, { follows, birth, revision: follows + turns })
        }),
      )
    })
  return finds(past, /was acknowledged at|was to follow|told to two|was refused by/, unfenced)
})

test('a past whose store acknowledges first and writes later', () =>
  finds(past, /was acknowledged at|and is not|absent/, (store, clock) =>
    withCommit(store, (group) => {
      clock.after(20, () => void store.commit(group).catch(() => {}))
      return Promise.resolve(group.map(() => 'committed'))
    }),
  ))

function original(id: string): string {
  return id.replace(/ again$/, '')
}
