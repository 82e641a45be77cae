// The machine of sagas in generated runs, against a model that knows nothing of how it works. Between any two events the
// progress is written as JSON and read again, as a crash would have it. SEED=… plays a run again, RUNS=… plays more of them.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'

import type { Effect, EffectEnd } from '../../src/ports/index.ts'
import { advance, type SagaPlan } from '../../src/sdk/saga/machine.ts'
import { hasEnded, NOT_STARTED, type Progress } from '../../src/sdk/saga/progress.ts'
import { call, FAILED, INPUT, planOf } from './saga-plan.ts'

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
    this.handle({ kind: 'start', input: INPUT, mark: 'm' })
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
    if (each === 'forge') this.handle({ kind: 'end', end: { token: `m:${at % 5}:run:9` } })
    if (each === 'start') this.handle({ kind: 'start', input: INPUT, mark: 'm' })
    if (each === 'start-other') assert.throws(() => this.handle({ kind: 'start', input: null, mark: 'n' }))
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
