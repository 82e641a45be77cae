// The machine of sagas alone: single cases by name, then generated runs against a model that knows nothing of how it works.
// Between any two events the progress is written as JSON and read again, as a crash would have it. SEED=… plays a run again,
// RUNS=… plays more of them.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as fc from 'fast-check'

import { isSpawnError } from '../../src/base/index.ts'
import type { Effect, EffectEnd } from '../../src/ports/index.ts'
import { advance, type SagaPlan, type StepPlan, type Transition } from '../../src/sdk/saga/machine.ts'
import { hasEnded, NOT_STARTED, type Progress, statusOf } from '../../src/sdk/saga/progress.ts'

const RETRY = { attempts: 3, backoffMs: 100, maxBackoffMs: 150 }
const INPUT = { amount: 5 }

const call = (action: string): Effect => ({ to: 'target', action })

function planOf(...steps: (Partial<StepPlan> & { name: string })[]): SagaPlan {
  const full = steps.map((step) => ({
    run: () => call(step.name),
    compensate: () => call(`un-${step.name}`),
    ...step,
  }))
  return { name: 'trip', steps: full, retry: RETRY, endAction: 'ended' }
}

function begin(plan: SagaPlan): Transition {
  return advance(plan, NOT_STARTED, { kind: 'start', input: INPUT })
}

const tokenOf = ({ effect }: Transition): string =>
  effect?.reply?.token ?? assert.fail('no effect is under way')

function end(plan: SagaPlan, last: Transition, how: Omit<EffectEnd, 'token'> = {}): Transition {
  return advance(plan, last.progress, { kind: 'end', end: { token: tokenOf(last), ...how } })
}

const FAILED = { error: { code: 'ACTION_FAILED', message: 'no' } }
const FAULT = { step: 'b', ...FAILED.error }
const three = planOf({ name: 'a' }, { name: 'b' }, { name: 'c' })

describe('a saga', () => {
  test('runs its steps one after the other, each told of the results before it', () => {
    const seen: unknown[] = []
    const plan = planOf(
      { name: 'a' },
      { name: 'b', run: (input, results) => (seen.push([input, results]), call('b')) },
    )
    const first = begin(plan)
    assert.deepEqual(first.effect, { ...call('a'), reply: { action: 'ended', token: '0:run:1' } })
    assert.equal(statusOf(first.progress).step, 'a')
    const second = end(plan, first, { response: { id: 1 } })
    assert.deepEqual(seen, [[INPUT, { a: { id: 1 } }]])
    const last = end(plan, second)
    assert.equal(last.effect, null)
    const results = { a: { id: 1 } }
    assert.deepEqual(statusOf(last.progress), {
      status: 'done',
      step: null,
      results,
      error: null,
      obstacle: null,
    })
  })

  test('undoes what was done in reverse, with the results, when a step fails', () => {
    const seen: unknown[] = []
    const plan = planOf(
      { name: 'a', compensate: (...args) => (seen.push(args), call('un-a')) },
      { name: 'b' },
      { name: 'c' },
    )
    const failed = end(plan, end(plan, end(plan, begin(plan), { response: 1 }), { response: 2 }), FAILED)
    assert.equal(failed.effect?.action, 'un-b')
    assert.equal(statusOf(failed.progress).status, 'compensating')
    const next = end(plan, failed)
    assert.equal(next.effect?.action, 'un-a')
    assert.deepEqual(seen, [[INPUT, 1, { a: 1, b: 2 }]])
    const status = statusOf(end(plan, next).progress)
    const error = { ...FAULT, step: 'c' }
    assert.deepEqual(status, {
      status: 'compensated',
      step: null,
      results: { a: 1, b: 2 },
      error,
      obstacle: null,
    })
  })

  test('skips a step that answers null, and does not undo it', () => {
    const plan = planOf({ name: 'a', run: () => null }, { name: 'b' })
    const first = begin(plan)
    assert.equal(tokenOf(first), '1:run:1')
    assert.equal(end(plan, first, FAILED).progress.status, 'compensated')
  })

  test('passes over steps that have no compensation, or nothing to compensate', () => {
    const plan = planOf({ name: 'a', compensate: null }, { name: 'b', compensate: () => null }, { name: 'c' })
    const last = end(plan, end(plan, end(plan, begin(plan))), FAILED)
    assert.equal(last.effect, null)
    assert.deepEqual(
      last.progress.steps.map(({ stage }) => stage),
      ['done', 'compensated', 'failed'],
    )
  })

  test('takes a step function that throws for a step that failed', () => {
    const broken = () => {
      throw new RangeError('no such thing')
    }
    const plan = planOf({ name: 'a' }, { name: 'b', run: broken })
    const failed = end(plan, begin(plan))
    assert.equal(failed.effect?.action, 'un-a')
    assert.deepEqual(failed.progress.error, {
      step: 'b',
      code: 'ACTION_FAILED',
      message: 'the run function of step "b" failed: no such thing',
    })
    assert.equal(begin(planOf({ name: 'a', run: broken })).progress.status, 'compensated')
  })

  const wrong: [what: string, answer: unknown, message: RegExp][] = [
    ['nothing', undefined, /no effect/],
    ['a promise', Promise.resolve(null), /a promise/],
    ['an effect that recurs', { ...call('a'), cron: '* * * * *' }, /recurs/],
    ['an effect with a reply', { ...call('a'), reply: { action: 'x', token: '' } }, /reply/],
  ]
  for (const [what, answer, message] of wrong) {
    test(`refuses ${what} from a step function`, () => {
      const { progress } = begin(planOf({ name: 'a', run: () => answer as Effect }))
      assert.equal(progress.error?.code, 'INVALID_ARGUMENT')
      assert.match(progress.error.message, message)
    })
  }

  test('started again says nothing new; with another input it is refused', () => {
    const { progress } = begin(three)
    const again = advance(three, progress, { kind: 'start', input: { amount: 5, note: undefined } })
    assert.equal(again.progress, progress)
    assert.equal(again.effect, null)
    assert.throws(
      () => advance(three, progress, { kind: 'start', input: { amount: 6 } }),
      (error) => isSpawnError(error) && error.code === 'INVALID_ARGUMENT' && !error.message.includes('6'),
    )
  })
})

describe('a compensation that fails', () => {
  const turned = end(three, end(three, begin(three)), FAILED)

  test('is sent again, later each time, then the saga is stuck; resumed, it goes on', () => {
    const second = end(three, turned, FAILED)
    const third = end(three, second, FAILED)
    assert.deepEqual(
      [turned, second, third].map(({ effect }) => [effect?.reply?.token, effect?.delayMs]),
      [
        ['0:undo:1', undefined],
        ['0:undo:2', 100],
        ['0:undo:3', 150],
      ],
    )
    const stuck = end(three, third, FAILED)
    assert.equal(stuck.effect, null)
    const { status, step, obstacle, error } = statusOf(stuck.progress)
    assert.deepEqual([status, step, obstacle, error], ['stuck', 'a', { ...FAULT, step: 'a' }, FAULT])
    const resumed = advance(three, stuck.progress, { kind: 'resume' })
    assert.equal(tokenOf(resumed), '0:undo:4')
    assert.equal(resumed.effect?.delayMs, undefined)
    assert.equal(end(three, resumed).progress.status, 'compensated')
  })

  test('by its own function makes the saga stuck at once', () => {
    const broken = planOf(
      {
        name: 'a',
        compensate: () => {
          throw new Error('typo')
        },
      },
      { name: 'b' },
      { name: 'c' },
    )
    const stuck = end(broken, end(broken, begin(broken)), FAILED)
    assert.equal(stuck.progress.status, 'stuck')
    assert.match(stuck.progress.obstacle?.message ?? '', /compensate function of step "a" failed: typo/)
    assert.equal(advance(three, stuck.progress, { kind: 'resume' }).effect?.action, 'un-a')
  })
})

describe('a saga whose steps were changed since it was started', () => {
  const changed = planOf({ name: 'a' }, { name: 'x' }, { name: 'c' })

  test('keeps what it hears, runs nothing, and goes on when they are as they were', () => {
    const stuck = end(changed, begin(three), { response: 1 })
    assert.equal(stuck.effect, null)
    const { status, results, obstacle } = statusOf(stuck.progress)
    assert.deepEqual([status, results, obstacle?.code], ['stuck', { a: 1 }, 'STATE_UNREADABLE'])
    assert.match(obstacle?.message ?? '', /steps a, b, c and is now defined with a, x, c/)
    assert.equal(advance(changed, stuck.progress, { kind: 'resume' }).progress.status, 'stuck')
    assert.equal(tokenOf(advance(three, stuck.progress, { kind: 'resume' })), '1:run:1')
  })

  test('also on its way back', () => {
    const stuck = end(changed, end(three, begin(three)), FAILED)
    assert.equal(stuck.progress.status, 'stuck')
    assert.equal(advance(three, stuck.progress, { kind: 'resume' }).effect?.action, 'un-a')
  })

  test('ends if nothing is left to run', () => {
    const last = end(three, end(three, begin(three)))
    assert.equal(end(changed, last).progress.status, 'done')
  })
})

/** What a generated step and its compensation do. */
interface Script {
  readonly run: 'ok' | 'skip' | 'fail' | 'throw'
  readonly undo: 'none' | 'nothing' | 'ok'
  /** Its compensation fails so often before it succeeds. */
  readonly undoFailures: number
  /** The function of its compensation throws until the saga was resumed so often. */
  readonly repairs: number
}

const script: fc.Arbitrary<Script> = fc.record({
  run: fc.constantFrom('ok', 'ok', 'ok', 'ok', 'skip', 'fail', 'throw'),
  undo: fc.constantFrom('none', 'nothing', 'ok', 'ok', 'ok'),
  undoFailures: fc.constantFrom(0, 0, 1, 2, 3, 7),
  repairs: fc.constantFrom(0, 0, 0, 1, 2),
})

type Move = 'deliver' | 'repeat' | 'forge' | 'resume' | 'start' | 'start-other'
const move: fc.Arbitrary<Move> = fc.constantFrom(
  'deliver',
  'deliver',
  'repeat',
  'forge',
  'resume',
  'start',
  'start-other',
)

/** A saga in a world that does what the scripts say, and writes down what was done. */
class World {
  readonly done: string[] = []
  readonly tokens: string[] = []
  progress: Progress = NOT_STARTED
  private readonly scripts: readonly Script[]
  private readonly ends: EffectEnd[] = []
  private readonly undoFailures = new Map<string, number>()
  private underWay: Effect | null = null
  private resumes = 0

  constructor(scripts: readonly Script[]) {
    this.scripts = scripts
    this.handle({ kind: 'start', input: INPUT })
  }

  play(moves: readonly Move[]): void {
    for (const [at, each] of moves.entries()) this.move(each, at)
    for (let rounds = 0; !hasEnded(this.progress); rounds += 1) {
      assert.ok(rounds < 1_000, 'it ends')
      this.move(this.underWay === null ? 'resume' : 'deliver', 0)
    }
    assert.equal(this.underWay, null)
  }

  private move(each: Move, at: number): void {
    const before = this.progress
    if (each === 'deliver' && this.underWay !== null) return this.deliver(this.underWay)
    if (each === 'resume') {
      if (before.status === 'stuck') this.resumes += 1
      this.handle({ kind: 'resume' })
      if (before.status !== 'stuck') assert.deepEqual(this.progress, before)
      return
    }
    const old = this.ends[at % (this.ends.length || 1)]
    if (each === 'repeat' && old !== undefined) this.handle({ kind: 'end', end: old })
    if (each === 'forge') this.handle({ kind: 'end', end: { token: `${at % 5}:run:9` } })
    if (each === 'start') this.handle({ kind: 'start', input: INPUT })
    if (each === 'start-other') assert.throws(() => this.handle({ kind: 'start', input: null }))
    assert.deepEqual(this.progress, before, `${each} changes nothing`)
  }

  /** The effect is carried out, or fails and leaves no trace; then its end is told. */
  private deliver(effect: Effect): void {
    const { action, reply } = effect
    const token = reply?.token ?? assert.fail('its end is told to nobody')
    const failed = this.fails(action)
    if (!failed) this.done.push(action)
    this.underWay = null
    const end = { token, ...(failed ? FAILED : { response: action }) }
    this.ends.push(end)
    this.handle({ kind: 'end', end })
  }

  private fails(action: string): boolean {
    const at = Number(action.slice(action.startsWith('un-') ? 4 : 1))
    if (!action.startsWith('un-')) return this.scripts[at]?.run === 'fail'
    const failures = this.undoFailures.get(action) ?? 0
    this.undoFailures.set(action, failures + 1)
    return failures < (this.scripts[at]?.undoFailures ?? 0)
  }

  private handle(event: Parameters<typeof advance>[2]): void {
    const { progress, effect } = advance(this.plan(), this.progress, event)
    this.progress = JSON.parse(JSON.stringify(progress)) as Progress
    if (effect === null) return
    assert.equal(this.underWay, null, 'one effect at a time')
    this.underWay = effect
    this.tokens.push(effect.reply?.token ?? '')
  }

  private plan(): SagaPlan {
    const steps = this.scripts.map(({ run, undo, repairs }, at) => ({
      name: `s${at}`,
      run: () => {
        if (run === 'throw') throw new Error('broken')
        return run === 'skip' ? null : call(`s${at}`)
      },
      compensate:
        undo === 'none'
          ? null
          : () => {
              if (this.resumes < repairs) throw new Error('broken')
              return undo === 'nothing' ? null : call(`un-s${at}`)
            },
    }))
    return planOf(...steps)
  }
}

/** What must have been done in the end, by the scripts alone. */
function expectedOf(scripts: readonly Script[]): string[] {
  const failure = scripts.findIndex(({ run }) => run === 'fail' || run === 'throw')
  const reached = failure < 0 ? scripts : scripts.slice(0, failure)
  const done = reached.flatMap(({ run }, at) => (run === 'ok' ? [at] : []))
  const undone = failure < 0 ? [] : done.toReversed().filter((at) => scripts[at]?.undo === 'ok')
  return [...done.map((at) => `s${at}`), ...undone.map((at) => `un-s${at}`)]
}

test('whatever fails, is repeated, forged or resumed: done, or compensated in reverse, each once', () => {
  const scripts = fc.array(script, { minLength: 1, maxLength: 6 })
  const property = fc.property(scripts, fc.array(move, { maxLength: 60 }), (given, moves) => {
    const world = new World(given)
    world.play(moves)
    assert.deepEqual(world.done, expectedOf(given))
    assert.equal(new Set(world.tokens).size, world.tokens.length, 'no token is used twice')
    const fails = given.some(({ run }) => run === 'fail' || run === 'throw')
    assert.equal(world.progress.status, fails ? 'compensated' : 'done')
  })
  const { SEED, RUNS } = process.env
  fc.assert(property, {
    numRuns: RUNS === undefined ? 500 : Number(RUNS),
    ...(SEED !== undefined && { seed: Number(SEED) }),
  })
})
