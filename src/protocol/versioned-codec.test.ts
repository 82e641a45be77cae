import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { create, toBinary } from '@bufbuild/protobuf'
import * as z from 'zod'

import { AddSchema, StateSchema } from '../../examples/incrementor-protobuf/incrementor_pb.ts'
import { isSpawnError } from '../base/index.ts'
import type { Codec } from './codec.ts'
import { jsonCodec, standardCodec } from './json-codec.ts'
import { Packed } from './packed.ts'
import { protobufCodec } from './protobuf/protobuf-codec.ts'
import { versionOf, withVersion } from './state-version.ts'
import { anyStateCodec, type UpgradeStep, versionedCodec } from './versioned-codec.ts'

const JSON_URL = 'type.googleapis.com/spawn.JSONType'

const step = (run: UpgradeStep['run'], codec: Codec | null = null): UpgradeStep => ({ codec, run })

function unreadable(codec: Codec, packed: Packed, expected: RegExp): void {
  assert.throws(
    () => codec.accept(packed),
    (thrown) => {
      assert.ok(isSpawnError(thrown) && thrown.code === 'STATE_UNREADABLE', String(thrown))
      assert.match(thrown.message, expected)
      return true
    },
  )
}

/** A stored state as a release with this version wrote it. */
const stored = (value: unknown, version = 0): Packed => {
  const { typeUrl, value: bytes } = jsonCodec.pack(value)
  return new Packed(withVersion(typeUrl, version), bytes)
}

describe('the version of a stored state', () => {
  test('stands in front of its type URL, which it leaves as it was', () => {
    for (const typeUrl of [JSON_URL, 'spawn.JSONType', '', 'spawn.v1.Thing', 'a/b/c.D', '\0/ä'])
      for (const version of [1, 7, 1_000_000])
        if (typeUrl !== '') assert.deepEqual(versionOf(withVersion(typeUrl, version)), { version, typeUrl })
    assert.equal(withVersion(JSON_URL, 3), `spawn.v3/${JSON_URL}`)
    assert.equal(withVersion(JSON_URL, 0), JSON_URL)
  })

  test('leaves brief bytes brief', () => {
    const value = { text: 'x'.repeat(1_000) }
    for (const version of [0, 3]) {
      const codec = versionedCodec(jsonCodec, { version, steps: new Map() })
      const sizes = [codec.pack(value), codec.pack(value, true)].map(
        (packed) => packed.value.buffer.byteLength,
      )
      assert.ok(sizes[0] === 1_011 + 3 && (sizes[1] ?? 0) > 10_000, `${sizes.join(' and ')} bytes`)
    }
  })

  test('is 0 for every type URL of others', () => {
    for (const typeUrl of [
      JSON_URL,
      'spawn.v/x',
      'spawn.v0/x',
      'spawn.v01/x',
      'spawn.vx/y',
      'spawn.v1/',
      'spawn.v1.X',
    ])
      assert.deepEqual(versionOf(typeUrl), { version: 0, typeUrl })
  })
})

describe('states of a version', () => {
  const codec = versionedCodec(jsonCodec, {
    version: 2,
    steps: new Map([
      [1, step((before) => ({ ...(before as object), one: true }))],
      [2, step((before) => ({ ...(before as object), two: true }))],
    ]),
  })

  test('are written with it, and read as they are', () => {
    const packed = codec.pack({ a: 1 })
    assert.equal(packed.typeUrl, `spawn.v2/${JSON_URL}`)
    assert.deepEqual(codec.accept(packed), { a: 1 })
    const live = { a: 1 }
    assert.equal(codec.accept(live), live)
    assert.deepEqual(codec.toJson(live), live)
  })

  test('come from those of every older one', () => {
    assert.deepEqual(codec.accept(stored({ a: 1 })), { a: 1, one: true, two: true })
    assert.deepEqual(codec.accept(stored({ a: 1 }, 1)), { a: 1, two: true })
    const old = new Packed('type.googleapis.com/eigr.functions.protocol.JSONType', jsonCodec.pack({}).value)
    assert.deepEqual(codec.accept(old), { one: true, two: true })
  })

  test('refuse newer ones, with both versions and what to do', () => {
    unreadable(codec, stored({}, 3), /version 3, and the definition here knows up to 2: a newer release/)
    unreadable(
      versionedCodec(jsonCodec, { version: 0, steps: new Map() }),
      stored({}, 1),
      /version 1.*up to 0/,
    )
    const message = protobufCodec(StateSchema)
    const { typeUrl, value } = message.pack(create(StateSchema, { total: 1 }))
    const plain = versionedCodec(message, { version: 0, steps: new Map() })
    unreadable(plain, new Packed(withVersion(typeUrl, 1), value), /version 1.*up to 0/)
  })

  test('refuse those that no step leads from, and run none', () => {
    let ran = 0
    const late = versionedCodec(jsonCodec, {
      version: 3,
      steps: new Map([[3, step(() => ({ ran: (ran += 1) }))]]),
    })
    unreadable(
      late,
      stored({}, 1),
      /version 1 and cannot be brought to 3: no step leads .* begins at version 3; add/,
    )
    assert.equal(ran, 0)
    assert.deepEqual(late.accept(stored({}, 2)), { ran: 1 })
    const none = versionedCodec(jsonCodec, { version: 4, steps: new Map() })
    unreadable(none, stored({}), /begins at version 4; add a step to version 1/)
  })

  test('refuse what a step cannot make', () => {
    const through = (run: UpgradeStep['run']) =>
      versionedCodec(jsonCodec, { version: 1, steps: new Map([[1, step(run)]]) })
    const fails = through(() => {
      throw new Error('no items')
    })
    unreadable(
      fails,
      stored({}),
      /version 0 and cannot be brought to 1: its step to version 1 failed: no items/,
    )
    unreadable(
      through(() => undefined),
      stored({}),
      /step to version 1 failed: it answered nothing/,
    )
    unreadable(
      through(async () => ({})),
      stored({}),
      /it answered a promise/,
    )
    unreadable(
      through(() => Promise.reject(new Error('later'))),
      stored({}),
      /it answered a promise/,
    )
  })

  test('are looked at by their schema when the steps are done, and not before', () => {
    const schema = z.object({ count: z.number() })
    const checked = versionedCodec(standardCodec(schema), {
      version: 1,
      steps: new Map([[1, step((before) => ({ count: (before as { total: unknown }).total }))]]),
    })
    assert.deepEqual(checked.accept(stored({ total: 5 })), { count: 5 })
    unreadable(checked, stored({ total: 'x' }), /what the steps made is no JSON of it: count: /)
    const issues = (() => {
      try {
        return checked.accept(stored({ total: 'x' }))
      } catch (thrown) {
        return isSpawnError(thrown) ? thrown.details['issues'] : thrown
      }
    })()
    assert.deepEqual(
      (issues as { path: string }[]).map(({ path }) => path),
      ['count'],
    )
  })

  test('a step gets what its schema reads, whatever came before', () => {
    const steps = new Map([
      [1, step((before) => ({ value: (before as { total: number }).total }), protobufCodec(StateSchema))],
      [2, step((before) => ({ total: (before as { value: number }).value + 1 }), protobufCodec(AddSchema))],
    ])
    const message = versionedCodec(protobufCodec(StateSchema), { version: 2, steps })
    const first = new Packed(
      `type.googleapis.com/${StateSchema.typeName}`,
      toBinary(StateSchema, create(StateSchema, { total: 5 })),
    )
    assert.equal((message.accept(first) as { total: number }).total, 6)
    const second = new Packed(
      withVersion(`type.googleapis.com/${AddSchema.typeName}`, 1),
      toBinary(AddSchema, create(AddSchema, { value: 7 })),
    )
    assert.equal((message.accept(second) as { total: number }).total, 8)
    assert.equal(
      message.pack(create(StateSchema, { total: 1 })).typeUrl,
      `spawn.v2/type.googleapis.com/${StateSchema.typeName}`,
    )
  })

  test('a step without a schema gets JSON, or the message of the state, or an error that says what to do', () => {
    const run = (before: unknown) => ({ total: (before as { total: number }).total * 2 })
    const message = versionedCodec(protobufCodec(StateSchema), {
      version: 1,
      steps: new Map([[1, step(run)]]),
    })
    const same = protobufCodec(StateSchema).pack(create(StateSchema, { total: 5 }))
    assert.equal((message.accept(same) as { total: number }).total, 10)
    assert.equal((message.accept(stored({ total: 6 })) as { total: number }).total, 12)
    const other = protobufCodec(AddSchema).pack(create(AddSchema, { value: 5 }))
    unreadable(
      message,
      other,
      /failed: expected .*State, got .*Add; say by which schema .* upgradeFrom\(schema, step\)/,
    )
  })
})

test('states of code elsewhere are shown without a version, and kept with it', () => {
  const kept = stored({ a: 1 }, 5)
  assert.equal(anyStateCodec.accept(kept), kept)
  assert.equal(anyStateCodec.pack(kept).typeUrl, JSON_URL)
  assert.deepEqual(anyStateCodec.toJson(kept), { a: 1 })
  const plain = stored({ a: 1 })
  assert.equal(anyStateCodec.pack(plain), plain)
  assert.equal(anyStateCodec.toJson(undefined), undefined)
})
