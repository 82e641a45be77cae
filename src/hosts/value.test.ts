import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import { isSpawnError } from '../base/index.ts'
import { actor } from '../sdk/actor.ts'
import { effect } from './effects-on.ts'
import { isMisuse } from './misuse.ts'
import { isValue, Value } from './value.ts'

const account = actor('account', {
  kind: 'unnamed',
  actions: { deposit: (_ctx, { amount }: { amount: number }) => amount },
})
const ledger = actor('ledger', { actions: { book: (_ctx, entry: { amount: number }) => entry.amount } })

test('a Value says what it was told and leaves the rest as it was', () => {
  const value = Value.of().state({ total: 1 }).response('done').tags({ a: 'b' }).checkpoint()
  const { changed, nextState, nextTags, reply, durable } = value
  assert.deepEqual(
    { changed, nextState, nextTags, reply, durable },
    { changed: true, nextState: { total: 1 }, nextTags: { a: 'b' }, reply: 'done', durable: true },
  )
  assert.equal(Value.of().changed, false)
  assert.equal(Value.of().nextTags, null)
})

test('what a Value says does not depend on the order in which it was told', () => {
  const [one, two] = [{ a: 'b' }, { total: 1 }]
  assert.deepEqual(
    Value.of().checkpoint().tags(one).response('done').state(two),
    Value.of().state(two).response('done').tags(one).checkpoint(),
  )
})

test('Value.of takes a state, or a state and a response', () => {
  assert.deepEqual(Value.of({ total: 1 }), Value.of().state({ total: 1 }))
  assert.deepEqual(Value.of({ total: 1 }, 2), Value.of().response(2).state({ total: 1 }))
})

test('a falsy state is a state', () => {
  assert.equal(Value.of(0).changed, true)
  assert.equal(Value.of().state(null).changed, true)
})

test('a Value that is kept and used again does not change', () => {
  const base = Value.of().response('ok')
  void base.state({ total: 1 }).tags({ a: 'b' }).checkpoint()
  assert.deepEqual(base, Value.of().response('ok'))
})

test('noreply takes the response back and nothing else', () => {
  assert.deepEqual(Value.of({ total: 1 }, 2).checkpoint().noreply(), Value.of({ total: 1 }).checkpoint())
})

test('Values are told apart from responses that look like them', () => {
  assert.ok(isValue(Value.of()))
  assert.ok(
    !isValue({ changed: true, nextState: 1, nextTags: null, reply: 1, durable: false, workflow: null }),
  )
  assert.ok(!isValue(undefined))
  assert.ok(!isValue('text'))
})

describe('a Value sets in motion', () => {
  test('nothing, unless it says so', () => {
    assert.equal(Value.of({ total: 1 }, 2).tags({}).checkpoint().workflow, null)
    assert.deepEqual(Value.of().effects([]), Value.of())
  })

  test('effects, in the order in which they were said', () => {
    const typed = effect(account, 'a').deposit({ amount: 1 }, { delay: 5 })
    const value = Value.of()
      .effect('one', 'run')
      .effects([typed, effect('two', 'run', 2)])
      .effect(typed)
    assert.deepEqual(value.workflow, {
      effects: [effect('one', 'run'), typed, effect('two', 'run', 2), typed],
      broadcasts: [],
      route: null,
      timers: null,
    })
  })

  test('broadcasts, as often as it says so', () => {
    const value = Value.of().broadcast({ channel: 'a', payload: 1 }).broadcast({ channel: 'b' })
    assert.deepEqual(value.workflow?.broadcasts, [{ channel: 'a', payload: 1 }, { channel: 'b' }])
  })

  test('a pipe or a forward, by name or by definition', () => {
    const route = (value: Value<unknown, unknown, unknown>) => value.workflow?.route
    const piped = Value.of().response({ amount: 1 })
    const pipe = { kind: 'pipe', action: 'deposit', to: 'a', ref: 'account' }
    assert.deepEqual(route(piped.pipe('a', 'deposit', { ref: 'account' })), pipe)
    assert.deepEqual(route(piped.pipe(account, 'deposit', 'a')), pipe)
    assert.deepEqual(route(piped.pipe('ledger', 'book')), { kind: 'pipe', action: 'book', to: 'ledger' })
    assert.deepEqual(route(piped.pipe(ledger, 'book')), { kind: 'pipe', action: 'book', to: 'ledger' })
    assert.deepEqual(route(Value.of().forward(account, 'deposit', 'a')), { ...pipe, kind: 'forward' })
    assert.deepEqual(route(Value.of().forward('a', 'deposit', { ref: 'account' })), {
      ...pipe,
      kind: 'forward',
    })
  })

  test('timers; the last word on each counts', () => {
    const value = Value.of().timer('tick', 10).timer('tock', null).timer('tick', 20)
    assert.deepEqual(value.workflow?.timers, { tick: 20, tock: null })
    assert.deepEqual(Object.keys(Value.of().timer('__proto__', 10).workflow?.timers ?? {}), ['__proto__'])
  })

  test('all of it beside a state and a response, in any order', () => {
    assert.deepEqual(
      Value.of().broadcast({ channel: 'a' }).timer('tick', 10).effect('one', 'run').response('done').state(1),
      Value.of(1, 'done').effect('one', 'run').timer('tick', 10).broadcast({ channel: 'a' }),
    )
    const { changed, durable, nextState, nextTags, reply } = Value.of(1, 2)
      .tags({})
      .checkpoint()
      .effect('one', 'run')
    assert.deepEqual(
      { changed, durable, nextState, nextTags, reply },
      { changed: true, durable: true, nextState: 1, nextTags: {}, reply: 2 },
    )
    assert.equal(Value.of(1, 2).effect('one', 'run').noreply().workflow?.effects.length, 1)
  })

  test('what it said, when it is used again', () => {
    const base = Value.of().effect('one', 'run').broadcast({ channel: 'a' })
    void base.effect('two', 'run').broadcast({ channel: 'b' }).timer('tick', 10).pipe('three', 'run')
    assert.deepEqual(base, Value.of().effect('one', 'run').broadcast({ channel: 'a' }))
  })
})

describe('a Value refuses', () => {
  const refused: [what: string, make: () => unknown, message: RegExp][] = [
    [
      'an effect that is none',
      // @ts-expect-error a literal is no Effect
      () => Value.of().effects([{ to: 'a', action: 'b' }]),
      /^effects\[0\] is no Effect/,
    ],
    // @ts-expect-error not an array
    ['effects that are no array', () => Value.of().effects(effect('a', 'b')), /^`effects` takes an array/],
    ['an effect without an action', () => Value.of().effect('a', ''), /^the effect on "a" names no action/],
    [
      'a broadcast without a channel',
      // @ts-expect-error no channel
      () => Value.of().broadcast({ payload: 1 }),
      /^a broadcast needs a channel/,
    ],
    [
      'a broadcast with an option that is not known',
      // @ts-expect-error misspelt
      () => Value.of().broadcast({ channel: 'a', paylod: 1 }),
      /^the broadcast on "a" has an unknown option "paylod"/,
    ],
    [
      'a second route',
      // @ts-expect-error it goes one way
      () => Value.of().pipe('a', 'run').forward('b', 'go'),
      /^a Value goes one way: it has a pipe to "a" action "run", and got a forward to "b" action "go"/,
    ],
    ['a route without an action', () => Value.of().pipe('a', ''), /^the pipe to "a" names no action/],
    ['a route to nobody', () => Value.of().forward('', 'run'), /^a forward needs the name of an actor/],
    [
      'a route with an option that is not known',
      // @ts-expect-error misspelt
      () => Value.of().pipe('a', 'run', { reff: 'b' }),
      /^the pipe to "a" has an unknown option "reff"; known is ref/,
    ],
    [
      'a route to an unnamed definition',
      // @ts-expect-error no name
      () => Value.of().response({ amount: 1 }).pipe(account, 'deposit'),
      /^"account" is unnamed: say which instance, a pipe takes its name last/,
    ],
    [
      'a route to one actor with a name',
      // @ts-expect-error one name too many
      () => Value.of().forward(ledger, 'book', 'other'),
      /^"ledger" is one actor: a forward takes no instance name/,
    ],
    [
      'a timer that is too fast',
      () => Value.of().timer('tick', 9),
      /^the timer of action "tick" must be a whole number of milliseconds from 10 to 2147483647, or null/,
    ],
    ['a timer without an action', () => Value.of().timer('', 10), /^a timer is named by its action/],
  ]
  for (const [what, make, message] of refused) {
    test(what, () => {
      assert.throws(make, (error) => {
        assert.ok(isSpawnError(error) && isMisuse(error), String(error))
        assert.equal(error.code, 'INVALID_ARGUMENT')
        assert.match(error.message, message)
        return true
      })
    })
  }
})
