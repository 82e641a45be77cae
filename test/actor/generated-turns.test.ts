// Generated histories of queries, pools and calls that come back, on a store whose commits wait and fail at random. Each
// is a seed; what must hold of all of them is said in the tests' names.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { below, seededRandom } from '../../src/base/index.ts'
import type { Commit, Turn, Verdict } from '../../src/ports/index.ts'
import { jsonCodec } from '../../src/protocol/index.ts'
import { VirtualClock } from '../../src/testing/index.ts'
import { queried } from './asked.ts'
import { bench, counter, GatedStore, setTotal, type Total, totalOf } from './fixture.ts'

const SEEDS = Array.from({ length: 20 }, (_, at) => at + 1)

/** Remembers every total that ever stood. */
class WitnessStore extends GatedStore {
  readonly stood = new Set<number>([0])

  override async commit(group: readonly Commit[]): Promise<Verdict[]> {
    try {
      return await super.commit(group)
    } finally {
      for (const stored of await this.load(group.map(({ id }) => id))) {
        const state = stored?.state ?? null
        if (state !== null) this.stood.add((jsonCodec.accept(state) as Total).total)
      }
    }
  }
}

test('a query shows what stood, all that was told before it began, and the same until it ends', async () => {
  for (const seed of SEEDS) {
    const random = seededRandom(seed)
    const clock = new VirtualClock()
    const store = new WitnessStore()
    const watch = async (turn: Turn) => {
      const before = totalOf(turn)
      await clock.sleep(below(random, 30))
      return { response: before === totalOf(turn) ? before : Number.NaN }
    }
    const slow = async (turn: Turn) => (await clock.sleep(below(random, 20)), setTotal(totalOf(turn) + 1))
    const revisions = seed % 2 === 0 ? 100 : 0
    const definition = queried('counter', {
      handlers: { watch, slow },
      queries: ['watch'],
      idleTimeoutMs: 40,
      history: { revisions, durationMs: 0 },
    })
    const { runtime } = await bench({ definitions: [definition], clock, store })
    let told = 0
    const failures: string[] = []
    const ask = async (action: string): Promise<void> => {
      const before = told
      const reply = await runtime.invoke('a', { ref: 'counter', action }).catch(() => null)
      if (reply === null) return
      const seen = Number(reply)
      if (action === 'total' || action === 'watch') {
        if (!(seen >= before)) failures.push(`${action} showed ${seen}, ${before} was told before`)
        if (!store.stood.has(seen)) failures.push(`${action} showed ${seen}, which never stood`)
      }
      told = Math.max(told, seen)
    }
    const calls: Promise<void>[] = []
    const actions = ['add', 'add', 'slow', 'total', 'total', 'watch']
    for (let step = 0; step < 120; step += 1) {
      const chance = below(random, 10)
      if (chance === 0) store.hold()
      else if (chance === 1) store.failCommit = below(random, 2) === 0 ? 'before' : 'after'
      else if (chance <= 3) await clock.advance(below(random, 60))
      else calls.push(ask(actions[below(random, actions.length)] ?? 'add'))
      if (below(random, 3) === 0) store.release()
      if (below(random, 3) === 0) await clock.settle()
    }
    store.failCommit = null
    store.release()
    await clock.run(Promise.all(calls))
    assert.deepEqual(failures, [], `seed ${seed}`)
    assert.ok(told > 0)
  }
})

test('a pool answers every call once, runs as many as it may and one per key, and comes to rest', async () => {
  for (const seed of SEEDS) {
    const random = seededRandom(seed)
    const clock = new VirtualClock()
    const max = 1 + below(random, 5)
    let running = 0
    let most = 0
    const ran = new Map<string, number>()
    const work = (turn: Turn) => {
      const [key, waitMs] = turn.payload as [string, number]
      ran.set(key, (ran.get(key) ?? 0) + 1)
      if (waitMs === 0) return { response: key }
      running += 1
      most = Math.max(most, running)
      return clock.sleep(waitMs).then(() => ((running -= 1), { response: key }))
    }
    const definition = counter('pool', {
      kind: 'pooled',
      stateful: false,
      state: null,
      pool: { min: 1, max },
      idleTimeoutMs: 50,
      ...(seed % 2 === 0 ? { init: 'begin' } : {}),
      handlers: { work, begin: async () => void (await clock.sleep(below(random, 10))) },
    })
    const { runtime } = await bench({ definitions: [definition], clock })
    const calls: Promise<void>[] = []
    for (let at = 0; at < 150; at += 1) {
      const keyed = below(random, 3) === 0
      const key = keyed ? `key ${below(random, 20)}` : `call ${at}`
      const payload = [key, below(random, 2) * below(random, 30)]
      const call = { action: 'work', payload, ...(keyed ? { idempotencyKey: key } : {}) }
      calls.push(runtime.invoke('pool', call).then((reply) => assert.equal(reply, key)))
      if (below(random, 5) === 0) await clock.advance(below(random, 100))
    }
    await clock.run(Promise.all(calls))
    assert.ok(most <= max, `seed ${seed}: ${most} ran at once`)
    assert.deepEqual(
      [...ran].filter(([, times]) => times > 1),
      [],
      `seed ${seed}`,
    )
    await clock.advance(1_000)
    assert.deepEqual((await runtime.inspect('pool')).state, { workers: 1, resting: 1, waiting: 0 })
  }
})

interface Plan {
  readonly actor: string
  readonly waitMs: number
  readonly calls: readonly Plan[]
  readonly together: boolean
}

test('of turns that run on one actor at a time, each runs within the one before', async () => {
  for (const seed of SEEDS) {
    const random = seededRandom(seed)
    const clock = new VirtualClock()
    const names = ['a', 'b', 'c']
    const plan = (depth: number): Plan => ({
      actor: names[below(random, names.length)] ?? 'a',
      waitMs: below(random, 2) * below(random, 20),
      calls: depth === 0 ? [] : Array.from({ length: below(random, 3) }, () => plan(depth - 1)),
      together: below(random, 2) === 0,
    })
    const active = new Map<string, { readonly path: string; readonly turn: Turn }[]>()
    const failures: string[] = []
    let done = 0
    const run = async (turn: Turn) => {
      const [{ calls, together, waitMs }, path] = turn.payload as [Plan, string]
      const others = (active.get(turn.self.name) ?? []).filter((other) => !other.turn.signal.aborted)
      const foreign = others.find((other) => !path.startsWith(`${other.path}.`))
      if (foreign !== undefined) failures.push(`${path} ran on ${turn.self.name} beside ${foreign.path}`)
      active.set(turn.self.name, [...others, { path, turn }])
      const call = (next: Plan, at: number): Promise<unknown> =>
        turn.call(next.actor, { ref: 'counter', action: 'run', payload: [next, `${path}.${at}`] })
      if (waitMs > 0) await clock.sleep(waitMs)
      if (together) await Promise.all(calls.map(call))
      else for (const [at, next] of calls.entries()) await call(next, at)
      const left = active.get(turn.self.name) ?? []
      const within = left.filter((other) => other.path.startsWith(`${path}.`) && !other.turn.signal.aborted)
      if (within.length > 0 && !turn.signal.aborted) failures.push(`${path} ended before ${within[0]?.path}`)
      active.set(
        turn.self.name,
        left.filter((other) => other.path !== path),
      )
      return setTotal(totalOf(turn) + 1)
    }
    const definition = counter('counter', { reentrancy: 'call-chain', handlers: { run }, idleTimeoutMs: 200 })
    const { runtime } = await bench({ definitions: [definition], clock })
    const calls: Promise<unknown>[] = []
    for (let root = 0; root < 20; root += 1) {
      const next = plan(4)
      const call = { ref: 'counter', action: 'run', payload: [next, `${root}`], timeoutMs: 500 }
      // Chains that wait for each other end by their deadlines.
      calls.push(
        runtime.invoke(next.actor, call).then(
          () => (done += 1),
          () => undefined,
        ),
      )
      await clock.advance(below(random, 40))
    }
    await clock.run(Promise.all(calls))
    assert.deepEqual(failures, [], `seed ${seed}`)
    assert.ok(done > 0, `seed ${seed}`)
    for (const name of names) await clock.run(runtime.invoke(name, { ref: 'counter', action: 'add' }))
  }
})
