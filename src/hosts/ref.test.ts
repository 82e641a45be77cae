import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import type { Call } from '../ports/index.ts'
import { actor } from '../sdk/actor.ts'
import { callOf } from './invoke-options.ts'
import { refOf } from './ref.ts'

function recorder() {
  const calls: [name: string, call: Call][] = []
  return { calls, send: async (name: string, call: Call) => void calls.push([name, call]) }
}

const one = actor('one', { state: { n: 0 }, actions: { add: (_ctx, n: number) => n, reset: () => null } })
const many = actor('many', { kind: 'unnamed', actions: { get: () => 1 } })
const hostile = actor('hostile', {
  actions: { constructor: () => 'mine', toString: () => 'text', hasOwnProperty: () => 'own' },
})

/** Without what it leaves open. */
function said(call: Call): unknown {
  return Object.fromEntries(Object.entries(call).filter(([, value]) => value !== undefined))
}

describe('a ref', () => {
  test('has a method for each action, which takes a payload and options', async () => {
    const sender = recorder()
    const ref = refOf(sender, one, undefined)
    await ref.add(2)
    await ref.reset(undefined, { timeout: 5, idempotencyKey: 'k' })
    const [[name, add] = [], [, reset] = []] = sender.calls
    assert.equal(name, 'one')
    assert.deepEqual(add, { ref: undefined, action: 'add', payload: 2 })
    assert.deepEqual(said(reset!), { action: 'reset', timeoutMs: 5, idempotencyKey: 'k' })
  })

  test('of an instance names its definition', async () => {
    const sender = recorder()
    await refOf(sender, many, 'm-1').get()
    assert.deepEqual(sender.calls, [['m-1', { ref: 'many', action: 'get', payload: undefined }]])
  })

  test('has the default get unless the definition has its own', () => {
    assert.equal(typeof refOf(recorder(), one, undefined).get, 'function')
    assert.equal(
      Reflect.get(refOf(recorder(), many, 'm'), 'get'),
      Reflect.get(refOf(recorder(), many, 'n'), 'get'),
    )
  })

  test('serves actions with the names of what every object has', async () => {
    const sender = recorder()
    const ref = refOf(sender, hostile, undefined)
    await ref.constructor()
    await ref.toString()
    await ref.hasOwnProperty()
    assert.deepEqual(
      sender.calls.map(([, { action }]) => action),
      ['constructor', 'toString', 'hasOwnProperty'],
    )
  })

  test('shares its methods with all refs of the definition', () => {
    const sender = recorder()
    assert.equal(refOf(sender, many, 'a').get, refOf(sender, many, 'b').get)
  })

  test('refuses options that it does not know, by a rejected promise', async () => {
    const ref = refOf(recorder(), one, undefined)
    // @ts-expect-error misspelt
    await assert.rejects(ref.add(1, { timout: 5 }), /unknown option "timout"; known are .*timeout/)
  })

  test('of a pooled definition works like that of a named one', async () => {
    const sender = recorder()
    const workers = actor('workers', { kind: 'pooled', actions: { work: (_ctx, n: number) => n } })
    await refOf(sender, workers, undefined).work(1)
    assert.deepEqual(sender.calls, [['workers', { ref: undefined, action: 'work', payload: 1 }]])
    assert.throws(() => refOf(sender, workers, 'w-1'), /"workers" is one actor: a ref takes no instance name/)
  })

  test('calls for later, and for a receipt', async () => {
    const sender = recorder()
    const ref = refOf(sender, one, undefined)
    const call = { action: 'add', payload: 2 }
    await ref.add(2, { delay: 5, idempotencyKey: 'k' })
    await ref.add(2, { scheduledTo: new Date(9) })
    await ref.add(2, { cron: '* * * * *', timeZone: 'Asia/Tokyo' })
    await ref.add(2, { receipt: true, timeout: 7 })
    assert.deepEqual(
      sender.calls.map(([, made]) => said(made)),
      [
        { ...call, idempotencyKey: 'k', delayMs: 5 },
        { ...call, scheduledToMs: 9 },
        { ...call, cron: '* * * * *', timeZone: 'Asia/Tokyo' },
        { ...call, receipt: true, timeoutMs: 7 },
      ],
    )
  })

  test('is refused without a definition, without the name it needs, and with one it does not', () => {
    // @ts-expect-error a name is no definition
    assert.throws(() => refOf(recorder(), 'one', undefined), /a ref takes a definition: what actor/)
    assert.throws(() => refOf(recorder(), many, undefined), /"many" is unnamed: say which instance/)
    assert.throws(() => refOf(recorder(), one, 'two'), /"one" is one actor: a ref takes no instance name/)
  })
})

describe('a call by name', () => {
  test('takes action or command, and the rest as it is', () => {
    const signal = new AbortController().signal
    const rest = {
      ref: 'user',
      payload: 1,
      async: true,
      metadata: { a: 'b' },
      signal,
      idempotencyKey: 'k',
      system: 's',
    }
    const expected = { ...rest, action: 'add', timeoutMs: 10 }
    assert.deepEqual(said(callOf('x', { action: 'add', timeout: 10, ...rest })), expected)
    assert.deepEqual(said(callOf('x', { command: 'add', timeout: 10, ...rest })), expected)
  })

  test('comes later, in the words of the gateway', () => {
    const call = { action: 'add', payload: 1, metadata: { a: 'b' } }
    assert.deepEqual(said(callOf('x', { ...call, delay: 5 })), { ...call, delayMs: 5 })
    assert.deepEqual(said(callOf('x', { ...call, scheduledTo: 9 })), { ...call, scheduledToMs: 9 })
    const cron = { cron: '0 9 * * *', timeZone: 'Europe/Berlin' }
    assert.deepEqual(said(callOf('x', { ...call, ...cron })), { ...call, ...cron })
    assert.deepEqual(said(callOf('x', { command: 'add', receipt: true })), { action: 'add', receipt: true })
  })

  test('that needs no other words is handed on as it is', () => {
    const options = { action: 'add', payload: 1, ref: 'user', idempotencyKey: 'k', async: true }
    assert.equal(callOf('x', options), options)
  })

  const refused: [what: string, options: unknown, message: RegExp][] = [
    [
      'two times',
      { action: 'a', delay: 1, cron: '* * * * *' },
      /the call of "x" has `delay` and `cron`; only one can be meant/,
    ],
    [
      'a bad delay',
      { action: 'a', delay: '1s' },
      /the call of "x" has a bad `delay`: .* milliseconds from 0/,
    ],
    [
      'a receipt for later',
      { action: 'a', delay: 1, receipt: true },
      /"x" asks for a receipt, but a call for later is answered before it is made/,
    ],
    [
      'a receipt of an async call',
      { action: 'a', async: true, receipt: true },
      /an `async` call is answered before/,
    ],
    ['no action', { payload: 1 }, /the call of "x" names no action/],
    ['both words', { action: 'a', command: 'b' }, /both `action` and `command`/],
    [
      'an unknown option',
      { action: 'a', paylod: 1 },
      /unknown option "paylod"; known are action, command, payload/,
    ],
    ['no options', undefined, /needs an object of options/],
  ]
  for (const [what, options, message] of refused) {
    test(`is refused with ${what}`, () => {
      assert.throws(() => callOf('x', options as never), message)
    })
  }
})
