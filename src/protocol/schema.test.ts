// Each kind of schema finds its codec, and its types.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { StandardSchemaV1 } from '@standard-schema/spec'
import * as v from 'valibot'
import { z } from 'zod'

import { type ActorId, ActorIdSchema } from './gen/spawn/actors/actor_pb.ts'
import { jsonCodec } from './json-codec.ts'
import { codecOf, type SchemaInput, type SchemaOutput } from './schema.ts'

test('a descriptor, a validator and nothing have their codecs', () => {
  assert.equal(codecOf(undefined), jsonCodec)
  assert.equal(codecOf(ActorIdSchema).name, 'spawn.actors.ActorId')
  assert.deepEqual(codecOf(z.object({ value: z.number() })).accept({ value: 1 }), { value: 1 })
  // Some libraries' schemas are functions.
  const callable: StandardSchemaV1 = Object.assign(() => true, {
    '~standard': { version: 1, vendor: 'own', validate: () => ({ value: 'seen' }) } as const,
  })
  assert.equal(codecOf(callable).accept('x'), 'seen')
})

test('the types follow the schema', () => {
  const id: ActorId = codecOf(ActorIdSchema).accept({ name: 'a' })
  const input: SchemaInput<typeof ActorIdSchema> = { name: 'a' }
  const output: SchemaOutput<typeof ActorIdSchema> = id
  assert.equal(output.name, input.name)
  const withDefault = v.object({ value: v.optional(v.number(), 7) })
  const given: SchemaInput<typeof withDefault> = {}
  const taken: SchemaOutput<typeof withDefault> = codecOf(withDefault).accept(given)
  assert.equal(taken.value, 7)
})

test('what is no schema is refused', () => {
  for (const wrong of [
    null,
    {},
    'string',
    5,
    { kind: 'message' },
    { kind: 'enum', typeName: 'x' },
    () => true,
  ]) {
    // @ts-expect-error -- what a JavaScript caller may do
    assert.throws(() => codecOf(wrong), { code: 'INVALID_ARGUMENT' })
  }
})
