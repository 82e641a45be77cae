// Sagas as an application writes them: what the compiler knows of them, what is refused, and what each of their actions
// sets in motion. The machine behind them has tests of its own, and so has a system that runs them.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { isMessage } from '@bufbuild/protobuf'
import * as z from 'zod'

import { type Add, AddSchema } from '../../examples/incrementor-protobuf/incrementor_pb.ts'
import { isSpawnError } from '../../src/base/index.ts'
import { effect, isActorDefinition, type Ref, Value } from '../../src/hosts/index.ts'
import type { EffectEnd } from '../../src/ports/index.ts'
import type { ActorId } from '../../src/protocol/index.ts'
import { actor } from '../../src/sdk/actor.ts'
import { NOT_STARTED, type Progress, type SagaStatus } from '../../src/sdk/saga/progress.ts'
import { saga } from '../../src/sdk/saga/saga.ts'
import type { SagaActions, SagaDefinition } from '../../src/sdk/saga/saga-types.ts'
import { type Step, step } from '../../src/sdk/saga/step.ts'
import { runAction, testContext } from '../../src/testing/index.ts'

const account = actor('account', {
  kind: 'unnamed',
  state: { balance: 0 },
  actions: {
    deposit: (ctx, { amount }: { amount: number }) => ({ balance: ctx.state.balance + amount }),
    withdraw: (ctx, { amount }: { amount: number }) => ({ balance: ctx.state.balance - amount, at: 'desk' }),
    add: { payload: AddSchema, response: AddSchema, handler: (_ctx, add) => add },
  },
})

interface Transfer {
  readonly from: string
  readonly to: string
  readonly amount: number
}

const withdraw = step('withdraw', {
  run: (t: Transfer) => effect(account, t.from).withdraw({ amount: t.amount }),
  compensate: (t, _result) => effect(account, t.from).deposit({ amount: t.amount }),
})
const deposit = step('deposit', {
  run: (t: Transfer) => effect(account, t.to).deposit({ amount: t.amount }),
})
const transfer = saga('transfer', [withdraw, deposit])
const INPUT: Transfer = { from: 'ada', to: 'eve', amount: 5 }

// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the known way to compare two types exactly
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
function same<A, B>(_: Same<A, B>): void {}

test('types flow from the steps to the input and the results', () => {
  interface Results {
    readonly withdraw: { balance: number; at: string }
    readonly deposit: { balance: number }
  }
  same<typeof transfer, SagaDefinition<Transfer, Results>>(true)

  step('withdraw', {
    run: (t: Transfer) => (t.amount === 0 ? null : effect(account, t.from).withdraw({ amount: t.amount })),
    compensate: (t, result, results) => {
      same<typeof t, Transfer>(true)
      same<typeof result, { balance: number; at: string }>(true)
      same<typeof results, unknown>(true)
      return null
    },
  })
  const skipped = step('maybe', {
    run: (flag: boolean) => (flag ? effect(account, 'x').deposit({ amount: 1 }) : null),
  })
  same<typeof skipped, Step<'maybe', boolean, unknown, { balance: number } | undefined>>(true)
  const message = step('message', { run: () => effect(account, 'x').add({ value: 1 }) })
  same<typeof message, Step<'message', unknown, unknown, unknown>>(true)
  const inline = saga('inline', [
    step('first', { run: () => effect(account, 'x').deposit({ amount: 1 }) }),
    step('second', {
      run: (_input, results: { first: { balance: number } }) => (results.first.balance > 1 ? null : null),
    }),
  ])
  same<
    typeof inline,
    SagaDefinition<unknown, { readonly first: { balance: number }; readonly second: undefined }>
  >(true)
  const calls = (ref: Ref<unknown, SagaActions<Transfer, Results>>) => {
    void ref.start(INPUT).then((status) => {
      // @ts-expect-error a saga that is under way may lack a result
      void status.results.deposit.balance
      if (status.status === 'done') void status.results.deposit.balance
    })
    // @ts-expect-error an input of another type
    void ref.start({ from: 'ada' })
    // @ts-expect-error how a step ended is not told by applications
    void ref['ended']
  }
  void calls
})

test('a step that needs a result stands behind the step that gives it', () => {
  const receipt = step('receipt', {
    run: (t: Transfer, results: { withdraw: { at: string } }) =>
      effect('printer', 'print', { to: t.to, at: results.withdraw.at }),
    compensate: (_t, _result, { withdraw: { at } }) => effect('printer', 'revoke', at),
  })
  saga('in order', [withdraw, receipt])
  saga('in order', [withdraw, deposit, receipt])
  // @ts-expect-error before it
  saga('too early', [receipt, withdraw])
  // @ts-expect-error without it
  saga('missing', [deposit, receipt])
  const picky = step('picky', { run: (_t: Transfer, _r: { withdraw: { at: number } }) => null })
  // @ts-expect-error with a result of another type
  saga('wrong', [withdraw, picky])
})

test('an input may have a schema, whose output the steps take', () => {
  const input = z.object({ from: z.string(), to: z.string(), amount: z.number().default(1) })
  const checked = saga('checked', [withdraw, deposit], { input })
  const calls = (
    ref: Ref<unknown, typeof checked extends SagaDefinition<infer I, infer R> ? SagaActions<I, R> : never>,
  ) => {
    void ref.start({ from: 'ada', to: 'eve' })
    // @ts-expect-error a field of another type
    void ref.start({ from: 'ada', to: 1 })
  }
  void calls
  // @ts-expect-error the steps take more than the schema gives
  saga('wrong', [withdraw], { input: z.object({ from: z.string() }) })
})

describe('what is wrong with a saga is told at once:', () => {
  const run = () => null
  const cases: [what: string, make: () => unknown, message: RegExp][] = [
    ['no name', () => saga('', [withdraw]), /name/],
    ['no steps', () => saga('s', [] as never), /^saga "s" needs an array of steps, at least one$/],
    ['steps that are none', () => saga('s', {} as never), /needs an array of steps/],
    [
      'a step that is none',
      () => saga('s', [{ name: 'a', run }] as never),
      /no step at 0: make one with step/,
    ],
    ['two steps of one name', () => saga('s', [deposit, deposit]), /two steps "deposit"/],
    [
      'a misspelt option',
      () => saga('s', [deposit], { inputs: 1 } as never),
      /unknown setting "inputs"; did you mean input/,
    ],
    ['an input that is no schema', () => saga('s', [deposit], { input: 1 } as never), /input is no schema/],
    [
      'no attempts',
      () => saga('s', [deposit], { compensation: { attempts: 0 } }),
      /compensation .*attempts must be/,
    ],
    ['a wait', () => saga('s', [deposit], { compensation: { backoff: -1 } }), /backoff must be/],
    ['a history', () => saga('s', [deposit], { history: -1 }), /history must be/],
    ['a step without a name', () => step('', { run }), /step name/],
    [
      'a step that does nothing',
      () => step('a', {} as never),
      /^step "a" has a bad setting: run must be a function/,
    ],
    ['a compensation', () => step('a', { run, compensate: 1 } as never), /compensate must be a function/],
    ['a misspelt setting', () => step('a', { run, compensat: run } as never), /did you mean compensate/],
  ]
  for (const [what, make, message] of cases) {
    test(what, () => {
      assert.throws(make, (error) => {
        assert.ok(isSpawnError(error), String(error))
        assert.equal(error.code, 'INVALID_ARGUMENT')
        assert.match(error.message, message)
        return true
      })
    })
  }
})

const FROM_A_STEP = { system: 'test', parent: 'account', name: 'ada' }

/** One turn of a run, without an engine. */
function turn(
  definition: unknown,
  action: string,
  state: Progress,
  payload?: unknown,
  caller: ActorId | null = null,
) {
  assert.ok(isActorDefinition(definition))
  const ctx = testContext({ state, caller, self: { parent: definition.name, name: 'run-1' } })
  const value = definition.actions.get(action)?.handler(ctx, payload)
  assert.ok(value instanceof Value)
  const { effects = [], broadcasts = [] } = value.workflow ?? {}
  const status = value.reply as SagaStatus
  return { state: (value.nextState ?? state) as Progress, status, tags: value.nextTags, effects, broadcasts }
}

/** The token of an effect of a run. */
const tokenOf = ({ mark }: Progress, which: string): string => `${mark}:${which}`

describe('a turn of a saga', () => {
  const begun = turn(transfer, 'start', NOT_STARTED, INPUT)
  const ended = (state: Progress, end: EffectEnd) => turn(transfer, 'ended', state, end, FROM_A_STEP)

  test('start sends the first effect with its reply, and says where it stands', () => {
    const [first, ...others] = begun.effects
    assert.deepEqual(others, [])
    const { to, ref, action, payload, reply, delayMs } = first ?? assert.fail()
    assert.deepEqual(
      [to, ref, action, payload, delayMs],
      ['ada', 'account', 'withdraw', { amount: 5 }, undefined],
    )
    assert.match(begun.state.mark ?? '', /^[0-9a-z]{6,}$/)
    assert.notEqual(turn(transfer, 'start', NOT_STARTED, INPUT).state.mark, begun.state.mark)
    assert.deepEqual(reply, { action: 'ended', token: tokenOf(begun.state, '0:run:1') })
    assert.deepEqual(begun.tags, { status: 'running' })
    assert.deepEqual(begun.broadcasts, [])
    assert.deepEqual(begun.status, {
      status: 'running',
      step: 'withdraw',
      results: {},
      error: null,
      obstacle: null,
    })
  })

  test('the end of a run is told on its channel, in the turn that ends it', () => {
    const second = ended(begun.state, { token: tokenOf(begun.state, '0:run:1'), response: { balance: 1 } })
    assert.equal(second.effects[0]?.to, 'eve')
    assert.deepEqual(second.broadcasts, [])
    const last = ended(second.state, { token: tokenOf(begun.state, '1:run:1'), response: { balance: 2 } })
    assert.deepEqual(last.tags, { status: 'done' })
    assert.deepEqual(last.broadcasts, [
      { channel: 'saga:transfer', payload: { name: 'run-1', status: 'done' } },
    ])
  })

  test('a compensation that is sent again waits, by its options', () => {
    const patient = saga('patient', [withdraw, deposit], {
      compensation: { attempts: 2, backoff: 50, maxBackoff: 60 },
    })
    const FAILED = { error: { code: 'ACTION_FAILED', message: 'no' } }
    let { state } = turn(patient, 'start', NOT_STARTED, INPUT)
    const tell = (which: string, end: Omit<EffectEnd, 'token'> = {}) => {
      const told = turn(patient, 'ended', state, { token: tokenOf(state, which), ...end }, FROM_A_STEP)
      state = told.state
      return told
    }
    tell('0:run:1')
    assert.equal(tell('1:run:1', FAILED).effects[0]?.delayMs, undefined)
    assert.equal(tell('0:undo:1', FAILED).effects[0]?.delayMs, 50)
    const stuck = tell('0:undo:2', FAILED)
    assert.deepEqual(stuck.tags, { status: 'stuck' })
    assert.deepEqual(stuck.broadcasts, [
      { channel: 'saga:patient', payload: { name: 'run-1', status: 'stuck' } },
    ])
    assert.equal(turn(patient, 'resume', state).effects[0]?.reply?.token, tokenOf(state, '0:undo:3'))
  })

  test('what says nothing new changes nothing', () => {
    for (const quiet of [
      ended(begun.state, { token: tokenOf(begun.state, '1:run:1') }),
      turn(transfer, 'resume', begun.state),
      turn(transfer, 'start', begun.state, { to: 'eve', from: 'ada', amount: 5, note: undefined }),
    ]) {
      assert.equal(quiet.state, begun.state)
      assert.deepEqual([quiet.tags, quiet.effects, quiet.broadcasts], [null, [], []])
    }
  })

  test('how a step ended is not told from outside', () => {
    assert.throws(
      () => turn(transfer, 'ended', begun.state, { token: tokenOf(begun.state, '0:run:1') }),
      (error) => isSpawnError(error) && error.code === 'PERMISSION_DENIED',
    )
  })

  test('an input is kept as JSON, whatever becomes of the object that was given', () => {
    const given = { ...INPUT, at: new Date(0) }
    const { state } = turn(transfer, 'start', NOT_STARTED, given)
    Object.assign(given, { amount: 6 })
    assert.deepEqual(state.input, { ...INPUT, at: '1970-01-01T00:00:00.000Z' })
    assert.throws(
      () => turn(transfer, 'start', NOT_STARTED, { amount: 5n }),
      /amount: JSON cannot carry a bigint/,
    )
  })

  test('an input that is a message reaches the steps as one', async () => {
    const seen: Add[] = []
    const add = step('add', { run: (input: Add) => (seen.push(input), effect(account, 'x').add(input)) })
    const adds = saga('adds', [add], { input: AddSchema })
    const { state } = await runAction(adds, 'start', { payload: { value: 5 } })
    assert.deepEqual(state.input, { value: 5 })
    assert.ok(isMessage(seen[0], AddSchema))
  })
})
