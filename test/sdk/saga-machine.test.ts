// The machine of sagas alone, case by case. Generated runs are in saga-model.test.ts.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import { isSpawnError } from '../../src/base/index.ts'
import type { Effect, EffectEnd } from '../../src/ports/index.ts'
import { advance, type SagaPlan, type Transition } from '../../src/sdk/saga/machine.ts'
import { NOT_STARTED, statusOf } from '../../src/sdk/saga/progress.ts'
import { call, FAILED, INPUT, planOf } from './saga-plan.ts'

function begin(plan: SagaPlan): Transition {
  return advance(plan, NOT_STARTED, { kind: 'start', input: INPUT, mark: 'm' })
}

const tokenOf = ({ effect }: Transition): string =>
  effect?.reply?.token ?? assert.fail('no effect is under way')

function end(plan: SagaPlan, last: Transition, how: Omit<EffectEnd, 'token'> = {}): Transition {
  return advance(plan, last.progress, { kind: 'end', end: { token: tokenOf(last), ...how } })
}

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
    assert.deepEqual(first.effect, { ...call('a'), reply: { action: 'ended', token: 'm:0:run:1' } })
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
    assert.equal(tokenOf(first), 'm:1:run:1')
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
    ['an effect for another system', { ...call('a'), system: 'crm' }, /another system/],
    ['an effect with a reply', { ...call('a'), reply: { action: 'x', token: '' } }, /reply/],
  ]
  for (const [what, answer, message] of wrong) {
    test(`refuses ${what} from a step function`, () => {
      const { progress } = begin(planOf({ name: 'a', run: () => answer as Effect }))
      assert.equal(progress.error?.code, 'INVALID_ARGUMENT')
      assert.match(progress.error.message, message)
    })
  }

  test('a run that an earlier release has started goes on by the tokens of then', () => {
    const { mark: _mark, ...progress } = begin(three).progress
    const next = advance(three, progress, { kind: 'end', end: { token: '0:run:1' } })
    assert.equal(tokenOf(next), '1:run:1')
    assert.equal(advance(three, progress, { kind: 'end', end: { token: 'm:0:run:1' } }).progress, progress)
  })

  test('started again says nothing new; with another input it is refused', () => {
    const { progress } = begin(three)
    const again = advance(three, progress, { kind: 'start', input: { amount: 5 }, mark: 'n' })
    assert.equal(again.progress, progress)
    assert.equal(again.effect, null)
    assert.throws(
      () => advance(three, progress, { kind: 'start', input: { amount: 6 }, mark: 'n' }),
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
        ['m:0:undo:1', undefined],
        ['m:0:undo:2', 100],
        ['m:0:undo:3', 150],
      ],
    )
    const stuck = end(three, third, FAILED)
    assert.equal(stuck.effect, null)
    const { status, step, obstacle, error } = statusOf(stuck.progress)
    assert.deepEqual([status, step, obstacle, error], ['stuck', 'a', { ...FAULT, step: 'a' }, FAULT])
    const resumed = advance(three, stuck.progress, { kind: 'resume' })
    assert.equal(tokenOf(resumed), 'm:0:undo:4')
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
    assert.equal(tokenOf(advance(three, stuck.progress, { kind: 'resume' })), 'm:1:run:1')
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
