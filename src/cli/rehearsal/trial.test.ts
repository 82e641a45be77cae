// What a trial finds is what a load, and the next commit, would.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as z from 'zod'

import type { StoredActor } from '../../ports/index.ts'
import { jsonCodec, Packed } from '../../protocol/index.ts'
import { actor } from '../../sdk/index.ts'
import { type TriedDefinition, tryState } from './trial.ts'

const actorOf = (state: Packed | null): StoredActor => ({
  id: { system: 's', parent: 'cart', name: 'c-1' },
  revision: 3,
  birth: 1,
  epoch: 1,
  tags: {},
  state,
  committedAtMs: 1,
})

const trial = (definition: TriedDefinition, value: unknown) =>
  tryState(definition, actorOf(value === null ? null : jsonCodec.pack(value)))

function fails(definition: TriedDefinition, value: unknown, path: string, problem: RegExp): void {
  const found = trial(definition, value)
  assert.equal(found.verdict, 'fails')
  if (found.verdict !== 'fails') return
  assert.equal(found.problems.length, 1)
  assert.equal(found.problems[0]?.path, path)
  assert.match(found.problems[0]?.problem ?? '', problem)
}

describe('a state through the code of a definition', () => {
  const plain = actor('cart', { kind: 'unnamed', state: { total: 0 }, actions: {} })

  test('is fine as it is, or brought up', () => {
    assert.deepEqual(trial(plain, { total: 1 }), { version: 0, verdict: 'fine' })
    assert.deepEqual(trial(plain, null), { version: null, verdict: 'fine' })
    const next = actor('cart', { version: 1, state: { n: 0 }, upgrade: { 1: () => ({ n: 1 }) }, actions: {} })
    assert.deepEqual(trial(next, { total: 1 }), { version: 0, verdict: 'upgraded' })
  })

  test('fails where it cannot be read', () => {
    const strict = actor('cart', {
      schema: z.object({ a: z.object({ b: z.number() }) }),
      state: { a: { b: 0 } },
      actions: {},
    })
    fails(strict, { a: { b: 'x' } }, 'a.b', /expected number/)
    const none = actor('cart', { actions: {} })
    fails(none, { total: 1 }, '', /JSONType is stored, but "cart" declares none/)
    const damaged = tryState(
      plain,
      actorOf(new Packed('type.googleapis.com/spawn.JSONType', Buffer.from('{'))),
    )
    assert.equal(damaged.verdict, 'fails')
  })

  test('fails where it cannot be opened', () => {
    const sealed = {
      ...actorOf(null),
      get state(): Packed | null {
        throw new Error('it is sealed with another key')
      },
    }
    const found = tryState(plain, sealed)
    assert.deepEqual(found, {
      version: null,
      verdict: 'fails',
      problems: [{ path: '', problem: 'it is sealed with another key' }],
    })
  })

  test('fails where what the steps made cannot be written', () => {
    const unwritable = actor('cart', {
      version: 1,
      state: (): { items: unknown } => ({ items: [] }),
      upgrade: { 1: () => ({ items: new Map() }) },
      actions: {},
    })
    fails(unwritable, {}, '', /items: JSON cannot carry/)
  })

  test('fails where what is written could not be read again', () => {
    const schema = z.object({ when: z.string().transform(Number) })
    const once = actor('cart', { schema, state: () => ({ when: '0' }), actions: {} })
    fails(once, { when: '5' }, 'when', /expected string/)
  })
})
