import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import { isSpawnError } from '../base/index.ts'
import { actor } from '../sdk/actor.ts'
import { isEffect } from './effect.ts'
import { effect } from './effects-on.ts'

const account = actor('account', {
  kind: 'unnamed',
  actions: { deposit: (_ctx, { amount }: { amount: number }) => amount, close: () => null },
})
const ledger = actor('ledger', { actions: { book: (_ctx, n: number) => n } })
const workers = actor('workers', { kind: 'pooled', actions: { work: (_ctx, n?: number) => n } })
const hostile = actor('hostile', { actions: { constructor: () => 'mine', toString: () => 'text' } })

/** What an effect says, without what it leaves out. */
const said = (one: object) =>
  Object.fromEntries(Object.entries(one).filter(([, value]) => value !== undefined))

describe('an effect', () => {
  test('by name says what it is told', () => {
    const reply = { action: 'told', token: 't' }
    const options = { ref: 'account', system: 'bank', metadata: { a: 'b' }, reply }
    assert.deepEqual(said(effect('a', 'deposit', { amount: 1 }, options)), {
      to: 'a',
      action: 'deposit',
      payload: { amount: 1 },
      ...options,
    })
    assert.deepEqual(said(effect('ledger', 'close')), { to: 'ledger', action: 'close' })
  })

  test('of a definition is the same as by name', () => {
    const metadata = { a: 'b' }
    assert.deepEqual(
      effect(account, 'a').deposit({ amount: 1 }, { metadata }),
      effect('a', 'deposit', { amount: 1 }, { ref: 'account', metadata }),
    )
    assert.deepEqual(effect(ledger).book(1), effect('ledger', 'book', 1))
    assert.deepEqual(effect(workers).work(), effect('workers', 'work'))
    assert.deepEqual(effect(account, 'a').close(undefined, { delay: 1 }).delayMs, 1)
  })

  test('keeps its payload as it is', () => {
    const payload = { amount: 1 }
    assert.equal(effect(account, 'a').deposit(payload).payload, payload)
  })

  test('serves actions with the names of what every object has', () => {
    assert.equal(effect(hostile).constructor().action, 'constructor')
    assert.equal(effect(hostile).toString().action, 'toString')
  })

  test('is told apart from what looks like one', () => {
    assert.ok(isEffect(effect('a', 'b')))
    assert.ok(!isEffect(Object.assign({}, effect('a', 'b'))))
    assert.ok(!isEffect(null))
  })
})

describe('the time of an effect', () => {
  const timing = (options: object) => {
    const { cron, delayMs, scheduledToMs, timeZone } = effect('a', 'b', undefined, options)
    return said({ cron, delayMs, scheduledToMs, timeZone })
  }

  test('is a delay, a time, or a cron expression', () => {
    assert.deepEqual(timing({}), {})
    assert.deepEqual(timing({ delay: 1_000 }), { delayMs: 1_000 })
    assert.deepEqual(timing({ delay: 0 }), { delayMs: 0 })
    assert.deepEqual(timing({ scheduledTo: 5 }), { scheduledToMs: 5 })
    assert.deepEqual(timing({ scheduledTo: new Date('2026-01-01T00:00:00Z') }), {
      scheduledToMs: 1_767_225_600_000,
    })
    assert.deepEqual(timing({ cron: '0 9 * * 1' }), { cron: '0 9 * * 1' })
    const daily = { cron: '0 9 * * *', timeZone: 'Europe/Berlin' }
    assert.deepEqual(timing(daily), daily)
  })

  test('is never early: a part of a millisecond waits for the whole one', () => {
    assert.deepEqual(timing({ delay: 0.1 }), { delayMs: 1 })
    assert.deepEqual(timing({ scheduledTo: 4.5 }), { scheduledToMs: 5 })
  })

  test('may be given as options that are all undefined', () => {
    assert.deepEqual(
      timing({ delay: undefined, scheduledTo: undefined, cron: undefined, timeZone: undefined }),
      {},
    )
  })
})

describe('an effect is refused with', () => {
  const refused: [what: string, make: () => unknown, message: RegExp][] = [
    [
      'an unknown option',
      // @ts-expect-error misspelt
      () => effect(ledger).book(1, { dealy: 1 }),
      /^the effect on "ledger" has an unknown option "dealy"; known are metadata, reply, delay, scheduledTo, cron, timeZone$/,
    ],
    [
      'the ref of a definition that it has already',
      // @ts-expect-error the definition says it
      () => effect(ledger).book(1, { ref: 'x' }),
      /unknown option "ref"/,
    ],
    // @ts-expect-error no options
    ['options that are none', () => effect('a', 'b', 1, 'c'), /needs an object of options/],
    [
      'two times',
      () => effect('a', 'b', 1, { delay: 1, scheduledTo: 2 }),
      /^the effect on "a" has `delay` and `scheduledTo`; only one can be meant/,
    ],
    ['three times', () => effect('a', 'b', 1, { delay: 1, scheduledTo: 2, cron: '* * * * *' }), /only one/],
    ['a delay below 0', () => effect('a', 'b', 1, { delay: -1 }), /bad `delay`: .* milliseconds from 0/],
    ['a delay that is no number', () => effect('a', 'b', 1, { delay: Number.NaN }), /bad `delay`/],
    ['a delay without end', () => effect('a', 'b', 1, { delay: Infinity }), /bad `delay`/],
    [
      'an invalid date',
      () => effect('a', 'b', 1, { scheduledTo: new Date('x') }),
      /bad `scheduledTo`: .* valid Date/,
    ],
    // @ts-expect-error a text
    ['a time as text', () => effect('a', 'b', 1, { scheduledTo: '2026' }), /bad `scheduledTo`/],
    ['an empty cron', () => effect('a', 'b', 1, { cron: '' }), /bad `cron`/],
    [
      'a time zone of nothing',
      () => effect('a', 'b', 1, { timeZone: 'UTC' }),
      /`timeZone`, .* and no `cron`/,
    ],
    ['an empty ref', () => effect('a', 'b', 1, { ref: '' }), /bad `ref`: it must be a name/],
    [
      'metadata that is no text',
      // @ts-expect-error a number
      () => effect('a', 'b', 1, { metadata: { n: 1 } }),
      /metadata: "n" must be a string/,
    ],
    [
      'a reply without a token',
      // @ts-expect-error no token
      () => effect('a', 'b', 1, { reply: { action: 'c' } }),
      /bad `reply`: .*token/,
    ],
    // @ts-expect-error nothing to reply to
    ['a reply that is null', () => effect('a', 'b', 1, { reply: null }), /bad `reply`/],
    ['no target', () => effect('', 'b'), /needs the name of the actor/],
    // @ts-expect-error no action
    ['no action', () => effect('a'), /"a" names no action/],
    // @ts-expect-error no name
    ['no name of an instance', () => effect(account), /"account" is unnamed: say which instance/],
    [
      'a name of one actor',
      // @ts-expect-error one name too many
      () => effect(ledger, 'x'),
      /"ledger" is one actor: an effect takes no instance name/,
    ],
    // @ts-expect-error no definition
    ['no definition', () => effect({ name: 'x' }), /an effect takes a definition/],
  ]
  for (const [what, make, message] of refused) {
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
