// What is broadcast from outside, by a program or by a door that speaks JSON: whom it reaches, in which form, and how many.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as z from 'zod'

import type * as Errors from '../../src/base/errors.ts'
import type { Definition } from '../../src/ports/index.ts'
import { type Codec, Json, jsonCodec, standardCodec } from '../../src/protocol/index.ts'
import { type Bench, bench, codeOf, counter } from './fixture.ts'

const channels = new Map([['news', 'hear']])

/** Keeps the payload that it heard last, as its codec reads it. */
function listener(name: string, codec: Codec, kind: 'named' | 'unnamed' = 'named'): Definition {
  const definition = counter(name, {
    kind,
    channels,
    handlers: { hear: (turn) => ({ changed: true, state: codec.accept(turn.payload) }) },
  })
  const hear = definition.actions.get('hear') ?? assert.fail()
  return { ...definition, actions: new Map([...definition.actions, ['hear', { ...hear, payload: codec }]]) }
}

const publish = (at: Bench, payload: unknown) => at.clock.run(at.runtime.publish('news', payload))
const stateOf = async (at: Bench, name: string, ref?: string) =>
  (await at.clock.run(at.runtime.inspect(name, ref))).stateJson
const theDeadLetter = async (at: Bench) => {
  const { items } = await at.clock.run(at.runtime.deadLetters.list())
  assert.equal(items.length, 1)
  return items[0] ?? assert.fail()
}

test('what a door has read as JSON reaches functions and actors as what it says', async () => {
  const heard: unknown[] = []
  const at = await bench({ definitions: [listener('any', jsonCodec)] })
  at.runtime.subscribe('news', (payload) => heard.push(payload))
  await publish(at, new Json({ text: 'rain' }))
  await publish(at, new Json([1]))
  await publish(at, { text: 'sun' })
  await at.clock.advance(10)
  assert.deepEqual(heard, [{ text: 'rain' }, [1], { text: 'sun' }])
  assert.deepEqual(await stateOf(at, 'any'), { text: 'sun' })
})

test('who refuses a payload has it as a dead letter, as it was published, and reads it when it takes it', async () => {
  for (const payload of [new Json({ text: 'rain' }), { text: 'rain' }]) {
    const strict = listener('strict', standardCodec(z.object({ text: z.number() })))
    const at = await bench({ definitions: [strict, listener('any', jsonCodec)] })
    await publish(at, payload)
    await at.clock.advance(10)
    assert.deepEqual(await stateOf(at, 'any'), { text: 'rain' })
    const { error, id, payloadJson } = await theDeadLetter(at)
    assert.equal(error.code, 'INVALID_ARGUMENT')
    assert.deepEqual(payloadJson, { text: 'rain' })
    at.runtime.define([listener('strict', standardCodec(z.object({ text: z.string() })))])
    await at.clock.run(at.runtime.deadLetters.retry(id))
    await at.clock.advance(10)
    assert.deepEqual(await stateOf(at, 'strict'), { text: 'rain' })
  }
})

test('dead letters are listed whatever their actions throw at them, and an action of another copy of this package too', async () => {
  const path = '../../src/base/errors.ts?another-copy'
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- it is the same file
  const copy = (await import(path)) as typeof Errors
  const refusing: Codec = {
    ...jsonCodec,
    accept: () => {
      throw new copy.SpawnError('INVALID_ARGUMENT', 'not this')
    },
  }
  const at = await bench({ definitions: [listener('strict', refusing)] })
  await publish(at, { text: 'rain' })
  await at.clock.advance(10)
  assert.deepEqual((await theDeadLetter(at)).payloadJson, { text: 'rain' })
})

test('a broadcast from outside reaches no more actors at once than one of a turn', async () => {
  const limits = { turnSends: 3, turnSendBytes: 1_000 }
  const at = await bench({ definitions: [listener('many', jsonCodec, 'unnamed')], limits })
  const names = ['a', 'b', 'c', 'd']
  for (const name of names.slice(0, 3)) await at.call(name, 'many', 'read')
  await publish(at, { total: 1 })
  await at.clock.advance(10)
  await at.call('d', 'many', 'read')
  const refused = at.runtime.publish('news', { total: 2 })
  await assert.rejects(at.clock.run(refused), {
    code: 'INVALID_ARGUMENT',
    message: 'the broadcast on "news" sends 4 messages at once; the limit `turnSends` is 3',
  })
  await at.clock.run(at.runtime.delete('a', 'many'))
  assert.equal(await codeOf(publish(at, { total: 'x'.repeat(400) })), 'INVALID_ARGUMENT')
  await at.clock.advance(10)
  for (const name of ['b', 'c']) assert.deepEqual(await stateOf(at, name, 'many'), { total: 1 })
})
