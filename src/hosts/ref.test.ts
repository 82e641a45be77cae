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

describe('a ref', () => {
  test('has a method for each action, which takes a payload and options', async () => {
    const sender = recorder()
    const ref = refOf(sender, one, undefined)
    await ref.add(2)
    await ref.reset(undefined, { timeout: 5, idempotencyKey: 'k' })
    const [[name, add] = [], [, reset] = []] = sender.calls
    assert.equal(name, 'one')
    assert.deepEqual(add, { ref: undefined, action: 'add', payload: 2 })
    assert.deepEqual(reset, {
      ref: undefined,
      action: 'reset',
      payload: undefined,
      timeoutMs: 5,
      idempotencyKey: 'k',
    })
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
    assert.deepEqual(callOf('x', { action: 'add', timeout: 10, ...rest }), expected)
    assert.deepEqual(callOf('x', { command: 'add', timeout: 10, ...rest }), expected)
  })

  const refused: [what: string, options: unknown, message: RegExp][] = [
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
