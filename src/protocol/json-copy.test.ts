import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import * as fc from 'fast-check'

import { copyOfJson } from './json-copy.ts'

const throughText = (value: unknown): unknown => JSON.parse(JSON.stringify(value))

/** All that a copy may share with its value. */
function holdersOf(value: unknown): object[] {
  if (typeof value !== 'object' || value === null) return []
  return [value, ...Object.values(value).flatMap(holdersOf)]
}

describe('a copy of a JSON value', () => {
  test('is what its text would be read as, or there is none', () => {
    let copied = 0
    const anything = fc.oneof(fc.jsonValue(), fc.anything({ withNullPrototype: true, withSparseArray: true }))
    fc.assert(
      fc.property(anything, (value) => {
        const copy = copyOfJson(value)
        if (copy === undefined) return
        copied += 1
        assert.deepStrictEqual(copy, throughText(value))
        const originals = new Set(holdersOf(value))
        assert.ok(holdersOf(copy).every((holder) => !originals.has(holder)))
      }),
      { numRuns: 2_000 },
    )
    assert.ok(copied > 500, `${copied} had a copy`)
  })

  test('is there for small plain data', () => {
    const value = {
      total: 1,
      name: 'ä',
      on: true,
      none: null,
      list: [1, { deep: ['x'] }],
      '2': 'b',
      '1': 'a',
    }
    assert.deepStrictEqual(copyOfJson(value), throughText(value))
    assert.deepStrictEqual(Object.keys(copyOfJson(value) as object), Object.keys(value))
    for (const plain of ['text', 0, false, null, [], {}]) assert.deepStrictEqual(copyOfJson(plain), plain)
  })

  const own = (key: string, value: unknown) =>
    Object.defineProperty({}, key, { value, enumerable: true, configurable: true, writable: true })
  const without: [what: string, value: unknown][] = [
    ['what JSON leaves out', { a: undefined }],
    ['-0', { a: -0 }],
    ['what is no number', [Number.NaN]],
    ['a hole', [1, , 2]], // oxlint-disable-line no-sparse-arrays
    ['a function', { a: () => 1 }],
    ['a form of its own', { a: 1, toJSON: () => 2 }],
    ['an array with a form of its own', Object.assign([1], { toJSON: () => 2 })],
    ['a Date', new Date(0)],
    ['a Map', new Map()],
    [
      'an instance of a class',
      new (class Point {
        x = 1
      })(),
    ],
    ['the key that sets a prototype', own('__proto__', { a: 1 })],
    ['many parts', Array.from({ length: 64 }, () => 1)],
  ]
  for (const [what, value] of without)
    test(`is not made of ${what}`, () => assert.equal(copyOfJson(value), undefined))

  test('is not made of a cycle', () => {
    const cycle: { self?: unknown } = {}
    cycle.self = cycle
    assert.equal(copyOfJson(cycle), undefined)
  })
})
