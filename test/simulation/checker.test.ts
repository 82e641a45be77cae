// The rules of the simulation, seen failing: each bug is planted in an otherwise sound system and must be found, by the
// rule that says so, within a few seeds. A rule that finds nothing here would find nothing in the engine either.

import assert from 'node:assert/strict'
import { aside } from '../aside.ts'
import { SpawnError } from '../../src/base/index.ts'
import type {
  Call,
  Commit,
  Gateway,
  Host,
  Outcome,
  Statestore,
  Turn,
  Verdict,
} from '../../src/ports/index.ts'
import { asState } from './definitions.ts'
import type { PlantedBugs } from './life.ts'
import type { Plan } from './plan.ts'
import { changed, replaced, withCommit } from './planted.ts'
import { simulate } from './simulate.ts'

const test = aside(import.meta.url)

const SEEDS = 60
/** For a bug that shows in a few seeds of a hundred only. */
const MANY_SEEDS = 300

async function finds(
  rule: string,
  bugs: PlantedBugs,
  plan: Partial<Plan> = {},
  seeds = SEEDS,
): Promise<void> {
  const seen = new Set<string>()
  for (let seed = 1; seed <= seeds; seed += 1) {
    const { violations } = await simulate(seed, { bugs, plan, followed: rule === 'follower' })
    for (const violation of violations) seen.add(violation.slice(0, violation.indexOf(':')))
    if (seen.has(rule)) return
  }
  assert.fail(`no seed up to ${seeds} broke ${rule}; broken were: ${[...seen].join(', ') || 'none'}`)
}

test('a store that acknowledges and does not write', () =>
  finds('acknowledgedStands', {
    store: (store) => withCommit(store, async (group) => group.map(() => 'committed')),
  }))

const writesLater: PlantedBugs = {
  store: (store, clock) =>
    withCommit(store, async (group) => {
      clock.after(300, () => void store.commit(group).catch(() => {}))
      return group.map(() => 'committed')
    }),
}

test('a store that acknowledges first and writes later, when the process may be gone', () =>
  finds('acknowledgedStands', writesLater))

test('a message that leaves an actor before what it rests on is written', () =>
  finds('sightsWereReal', writesLater, { events: ['crash'] }))

test('a store without a fence', () =>
  finds('acknowledgedStands', { store: (store) => withCommit(store, (group) => overwrite(store, group)) }))

test('a store that writes what stood behind a refused commit', () =>
  finds(
    'acknowledgedStands',
    {
      store: (store) =>
        withCommit(store, async (group) => {
          const verdicts: Verdict[] = []
          for (const commit of group) verdicts.push(...(await store.commit([commit])))
          return verdicts
        }),
    },
    { events: ['twin', 'twin'], historyRevisions: 1, actors: 1 },
    MANY_SEEDS,
  ))

/** A store that does something else with the envelopes that are facts. */
const withFacts = (facts: (sends: Commit['sends']) => Commit['sends']): PlantedBugs => ({
  store: (store) =>
    withCommit(store, (group) =>
      store.commit(group.map((commit) => changed(commit, { sends: facts(commit.sends) }))),
    ),
})

test('a commit that leaves its facts out', () =>
  finds(
    'acknowledgedHasFact',
    withFacts(() => []),
  ))

test('a commit of several turns that has the fact of the last one alone', () =>
  finds(
    'factsInOrder',
    withFacts((sends) => sends.slice(-1)),
  ))

test('facts of one commit the other way round', () =>
  finds(
    'factsInOrder',
    withFacts((sends) => sends.toReversed()),
  ))

test('a fact that comes to stand before others that were read', () =>
  finds('follower', {
    store: (store) =>
      replaced(store, {
        facts: async (...asked) => {
          const { facts, isLast } = await store.facts(...asked)
          return { facts: facts.filter(({ place }, at) => place % 7 !== 0 || at + 5 < facts.length), isLast }
        },
      }),
  }))

test('facts that are committed beside their turns, and stand when those are refused', () =>
  finds('failedHasNoFact', {
    store: (store) =>
      withCommit(store, async (group) => {
        const outside = { follows: 0, revision: 0, birth: 0, state: null, tags: {}, outcomes: [], takes: [] }
        for (const { id, sends, ...rest } of group.map((commit) => changed(commit, {}))) {
          const nobody = { system: id.system, parent: '', name: '' }
          if (sends.length > 0) await store.commit([{ ...rest, ...outside, id: nobody, sends }])
        }
        return store.commit(group.map((commit) => changed(commit, { sends: [] })))
      }),
  }))

test('a store that loses the tags', () =>
  finds('tagsFollowState', {
    store: (store) =>
      withCommit(store, (group) =>
        store.commit(group.map((commit) => ({ ...commit, tags: { count: '1' } }))),
      ),
  }))

test('a store that forgets the outcomes of idempotent calls', () =>
  finds(
    'distinct',
    {
      store: (store) =>
        withCommit(store, (group) => store.commit(group.map((commit) => ({ ...commit, outcomes: [] })))),
    },
    { keyed: 0.8 },
  ))

test('a store that answers with what it had before', () => {
  const loads = new Map<string, ReturnType<Statestore['load']>>()
  const stale = (store: Statestore): Statestore =>
    replaced(store, {
      load: (ids) => {
        const key = ids.map((id) => id.name).join(' ')
        const kept = loads.get(key) ?? store.load(ids)
        loads.set(key, kept)
        return kept
      },
    })
  return finds('alive', { store: stale })
})

test('a host that applies a turn twice', () =>
  finds('distinct', {
    host: (host) =>
      withOutcome(host, (outcome) => {
        if (!outcome.changed) return outcome
        const { entries } = asState(outcome.state)
        return { ...outcome, state: { entries: [...entries, ...entries.slice(-1)] } }
      }),
  }))

test('a host that makes turns up', () =>
  finds('nothingInvented', {
    host: (host) =>
      withOutcome(host, (outcome) => {
        if (!outcome.changed) return outcome
        return {
          ...outcome,
          state: { entries: [...asState(outcome.state).entries, { id: 'ghost', from: null }] },
        }
      }),
  }))

test('a gateway that lets replies overtake each other', () => {
  let calls = 0
  return finds(
    'repliesInOrder',
    {
      gateway: (gateway, clock) =>
        withInvoke(gateway, async (name, call) => {
          calls += 1
          const delayMs = calls % 3 === 0 ? 20 : 0
          const reply = await gateway.invoke(name, call)
          await new Promise<void>((resolve) => void clock.after(delayMs, resolve))
          return reply
        }),
    },
    { burst: 10 },
  )
})

test('a gateway that lets calls overtake each other', () => {
  let calls = 0
  return finds(
    'messagesInOrder',
    {
      gateway: (gateway, clock) =>
        withInvoke(gateway, async (name, call) => {
          calls += 1
          const delayMs = calls % 3 === 0 ? 20 : 0
          await new Promise<void>((resolve) => void clock.after(delayMs, resolve))
          return gateway.invoke(name, call)
        }),
    },
    { burst: 10 },
  )
})

test('a gateway that answers reads from a cache', () => {
  const cache = new Map<string, unknown>()
  return finds('acknowledgedIsSeen', {
    gateway: (gateway) =>
      withInvoke(gateway, async (name, call) => {
        if (call.action !== 'read') return gateway.invoke(name, call)
        const reply = cache.get(name) ?? (await gateway.invoke(name, call))
        cache.set(name, reply)
        return reply
      }),
  })
})

test('a gateway that sends a failed call again', () =>
  finds('alarms', {
    gateway: (gateway) =>
      withInvoke(gateway, (name, call) => gateway.invoke(name, call).catch(() => gateway.invoke(name, call))),
  }))

test('a gateway that answers late', () =>
  finds('answered', {
    gateway: (gateway, clock) =>
      withInvoke(gateway, async (name, call) => {
        const reply = await gateway.invoke(name, call)
        await new Promise<void>((resolve) => void clock.after(70_000, resolve))
        return reply
      }),
  }))

test('a gateway that is still answering when it has stopped', () =>
  finds(
    'answeredBeforeStop',
    {
      gateway: (gateway, clock) =>
        withInvoke(gateway, async (name, call) => {
          const reply = await gateway.invoke(name, call)
          await new Promise<void>((resolve) => void clock.after(500, resolve))
          return reply
        }),
    },
    { events: ['stop', 'stop'] },
  ))

test('a gateway that answers a repeated call anew', () => {
  let count = 0
  return finds('repeatsAgree', {
    gateway: (gateway) =>
      withInvoke(gateway, async (name, call) => {
        const reply = await gateway.invoke(name, call)
        count += 1
        if (call.idempotencyKey === undefined || call.action !== 'add') return reply
        return { actor: name, last: '', count }
      }),
  })
})

test('a mailbox that takes more than it should', () =>
  finds('mailboxBound', { mailboxLimit: 20 }, { mailboxLimit: 2, burst: 12, actors: 1 }))

test('a gateway that does not answer', () =>
  finds('course', { gateway: (gateway) => withInvoke(gateway, () => new Promise(() => {})) }))

test('a gateway that reports success as failure', () =>
  finds('failedLeftNoTrace', {
    gateway: (gateway) =>
      withInvoke(gateway, async (name, call) => {
        await gateway.invoke(name, call)
        throw new SpawnError('ACTION_FAILED', 'it failed')
      }),
  }))

test('a system that refuses everything', () =>
  finds('calmSucceeds', {
    gateway: (gateway) =>
      withInvoke(gateway, async () => {
        throw new SpawnError('DRAINING', 'not now')
      }),
  }))

function withInvoke(gateway: Gateway, invoke: (name: string, call: Call) => Promise<unknown>): Gateway {
  return replaced(gateway, { invoke })
}

function withOutcome(host: Host, change: (outcome: Outcome) => Outcome): Host {
  return {
    run(turn: Turn) {
      const result = host.run(turn)
      return 'then' in result ? Promise.resolve(result).then(change) : change(result)
    },
  }
}

/** Writes over whatever stands there. */
async function overwrite(store: Statestore, group: readonly Commit[]): Promise<Verdict[]> {
  for (const commit of group) {
    const [stored] = await store.load([commit.id])
    const follows = stored?.revision ?? 0
    await store.commit([{ ...commit, follows, revision: follows + 1, birth: stored?.birth ?? commit.birth }])
  }
  return group.map(() => 'committed')
}
