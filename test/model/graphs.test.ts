// Generated graphs of effects, pipes and forwards, in courses with failing actions, lost commits, slow requests, kills and
// restarts: what one actor sends another arrives once and in order, what always fails is a dead letter and nothing else is,
// and a call is answered with the last hop's reply. When one fails, fast-check prints its seed and the smallest graph that
// it found; SEED=… plays from that seed again, RUNS=… plays more, as test/slow/ does.

import * as fc from 'fast-check'
import assert from 'node:assert/strict'
import { aside } from '../aside.ts'
import { NO_FAULTS } from '../../src/testing/index.ts'
import { run } from '../simulation/worlds/index.ts'
import type { Fate, Weather } from '../simulation/worlds/weather.ts'
import { ALWAYS, type Hop, type Part, type Work } from './graph.ts'
import { graphWorld, MAX_HOPS } from './graph-world.ts'
import { type RequestFate, Script } from './scripted-store.ts'

const test = aside(import.meta.url)

const ACTORS = 4

const to = fc.nat({ max: ACTORS - 1 })
const fails = fc.oneof(
  { weight: 6, arbitrary: fc.constant(0) },
  { weight: 2, arbitrary: fc.integer({ min: 1, max: 2 }) },
  { weight: 1, arbitrary: fc.constant(ALWAYS) },
)

/** A work as it is drawn: the graph gives it its number. */
type Draft = Omit<Work, 'id' | 'effects' | 'hops'> & {
  readonly effects: readonly Draft[]
  readonly hops: readonly (Omit<Hop, 'effects'> & { readonly effects: readonly Draft[] })[]
}

const { draft } = fc.letrec<{ draft: Draft }>((tie) => {
  const effects = fc.array(tie('draft'), { maxLength: 3, depthIdentifier: 'works' })
  const kind = fc.constantFrom('pipe' as const, 'forward' as const)
  const hop = fc.record({ kind, to, fails, effects })
  const hops = fc.array(hop, { maxLength: MAX_HOPS, depthIdentifier: 'works' })
  const delayMs = fc.oneof(
    { weight: 5, arbitrary: fc.constant(0) },
    { weight: 1, arbitrary: fc.integer({ min: 1, max: 300 }) },
  )
  const whole = fc.record({ to, fails, delayMs, effects, hops })
  const leaf = fc.record({
    to,
    fails,
    delayMs: fc.constant(0),
    effects: fc.constant([]),
    hops: fc.constant([]),
  })
  return { draft: fc.oneof({ depthSize: 'small', withCrossShrink: true }, leaf, whole) }
})

/** Calls from outside: while they are heard, a failed hop is theirs, and no work of its own. */
const root = draft.map((work) => {
  const settled = { ...work, delayMs: 0, fails: Math.max(0, work.fails) }
  return { ...settled, hops: settled.hops.map((hop) => ({ ...hop, fails: 0 })) }
})

function numbered(drafts: readonly Draft[]): Work[] {
  let count = 0
  const parts = (effects: readonly Draft[]): Work[] => effects.map(work)
  const part = <P extends Omit<Part, 'effects'> & { readonly effects: readonly Draft[] }>(
    one: P,
  ): Omit<P, 'effects'> & { readonly effects: Work[] } => ({ ...one, effects: parts(one.effects) })
  const work = (one: Draft): Work => {
    count += 1
    const id = count
    return { ...part(one), id, hops: one.hops.map((hop) => part(hop)) }
  }
  return drafts.map(work)
}

const requestFate: fc.Arbitrary<RequestFate> = fc.oneof(
  { weight: 8, arbitrary: fc.constant('ok' as const) },
  { weight: 2, arbitrary: fc.constantFrom('before' as const, 'after' as const, 'slow' as const) },
)
const end: fc.Arbitrary<Fate> = fc.oneof(
  fc.record({ kind: fc.constant('doomed' as const), moment: fc.integer({ min: 1, max: 150 }) }),
  fc.record({ kind: fc.constantFrom('stop' as const, 'crash' as const), afterMs: fc.nat({ max: 300 }) }),
)
const course = fc.record({
  works: fc.array(root, { minLength: 1, maxLength: 4 }).map(numbered),
  script: fc.array(requestFate, { maxLength: 40 }),
  fates: fc.array(end, { maxLength: 3 }),
  deliveries: fc.constantFrom(16_384, 16_384, 1, 3),
  commitGroup: fc.constantFrom(1_024, 1_024, 1, 2),
  residentActors: fc.constantFrom(1_000, 1),
  mailboxLimit: fc.constantFrom(1_000, 1_000, 1),
  slow: fc.constantFrom(0, 0.5),
  seed: fc.nat({ max: 1_000 }),
})

/** Nothing happens by chance: what does is in the course. */
const CALM: Partial<Weather> = {
  faults: NO_FAULTS,
  latenessMs: 0,
  pauseMs: 0,
  idleTimeoutMs: 60_000,
  durability: 'turn',
  fails: 0,
  hangs: 0,
  turnMs: 20,
}

test('effects, pipes and forwards arrive once and in order, whatever fails and is killed', async () => {
  let taken = 0
  const property = fc.asyncProperty(
    course,
    async ({ fates, mailboxLimit, script, seed, slow, works, ...limits }) => {
      const weather: Partial<Weather> = {
        ...CALM,
        fates,
        mailboxLimit,
        slow,
        limits: { ...limits, deliveryBackoffMs: 5, maxDeliveryBackoffMs: 200 },
      }
      const store = new Script(script)
      const { happened, violations } = await run(graphWorld(works), seed, {
        weather,
        fitted: (near, clock) => store.fitted(near, clock),
      })
      taken += happened
      assert.deepEqual(violations, [])
    },
  )
  const { SEED, RUNS } = process.env
  const numRuns = RUNS === undefined ? 150 : Number(RUNS)
  await fc.assert(property, { numRuns, ...(SEED !== undefined && { seed: Number(SEED) }) })
  assert.ok(taken > 4 * numRuns, `only ${taken} messages in ${numRuns} graphs`)
})
