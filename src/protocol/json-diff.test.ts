import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'

import { type JsonChange, jsonDiff } from './json-diff.ts'

/** What the changes make of a value: what was removed goes from the back, then what was added comes. */
function applied(value: unknown, changes: readonly JsonChange[]): unknown {
  const box = { value: structuredClone(value) }
  for (const change of changes.toReversed().filter(({ kind }) => kind !== 'added')) apply(box, change)
  for (const change of changes.filter(({ kind }) => kind === 'added')) apply(box, change)
  return box.value
}

function apply(box: object, { after, kind, path }: JsonChange): void {
  const steps = ['value', ...path]
  const last = steps.pop() ?? ''
  let holder = box
  for (const step of steps) holder = Object(Reflect.get(holder, step))
  if (Array.isArray(holder) && kind !== 'changed') {
    holder.splice(Number(last), kind === 'removed' ? 1 : 0, ...(kind === 'added' ? [after] : []))
  } else if (kind === 'removed') {
    Reflect.deleteProperty(holder, last)
  } else {
    Reflect.set(holder, last, after)
  }
}

test('fields that were added, removed and changed, each with its path', () => {
  const before = { name: 'Ada', age: 36, address: { city: 'London', zip: 'W1' }, old: null }
  const after = { age: 37, address: { city: 'Oslo', zip: 'W1' }, name: 'Ada', tags: ['x'] }
  assert.deepEqual(jsonDiff(before, after), [
    { path: ['age'], kind: 'changed', before: 36, after: 37 },
    { path: ['address', 'city'], kind: 'changed', before: 'London', after: 'Oslo' },
    { path: ['old'], kind: 'removed', before: null },
    { path: ['tags'], kind: 'added', after: ['x'] },
  ])
})

test('the order of fields makes no difference, what is undefined is not there', () => {
  assert.deepEqual(
    jsonDiff({ a: 1, b: { c: [1, { d: 2 }] } }, { b: { c: [1, { d: 2 }] }, a: 1, e: undefined }),
    [],
  )
  assert.deepEqual(jsonDiff(undefined, undefined), [])
  assert.deepEqual(jsonDiff(undefined, 1), [{ path: [], kind: 'added', after: 1 }])
  assert.deepEqual(jsonDiff([1], { 0: 1 }), [{ path: [], kind: 'changed', before: [1], after: { 0: 1 } }])
  assert.deepEqual(jsonDiff(null, {}), [{ path: [], kind: 'changed', before: null, after: {} }])
})

test('what is put into an array or taken out of it does not change what stands behind it', () => {
  assert.deepEqual(jsonDiff([1, 2, 3], [0, 1, 2, 3]), [{ path: [0], kind: 'added', after: 0 }])
  assert.deepEqual(jsonDiff([1, 2, 3, 4], [1, 4]), [
    { path: [1], kind: 'removed', before: 2 },
    { path: [2], kind: 'removed', before: 3 },
  ])
  assert.deepEqual(jsonDiff({ items: [{ n: 1 }, { n: 2 }, 'end'] }, { items: [{ n: 1 }, { n: 5 }, 'end'] }), [
    { path: ['items', 1, 'n'], kind: 'changed', before: 2, after: 5 },
  ])
  assert.deepEqual(jsonDiff([1, 1], [1, 1, 1]), [{ path: [2], kind: 'added', after: 1 }])
})

test('keys that objects have from elsewhere are keys like others', () => {
  const before: unknown = JSON.parse('{"toString":1,"__proto__":{"a":1}}')
  assert.deepEqual(
    jsonDiff(before, {}).map(({ kind, path }) => [kind, path]),
    [
      ['removed', ['toString']],
      ['removed', ['__proto__']],
    ],
  )
})

test('the changes, applied to the one value, give the other', () => {
  const json = fc
    .jsonValue({ maxDepth: 4 })
    .map((value): unknown => JSON.parse(JSON.stringify(value)))
    // What this test applies changes with does not know such a key.
    .filter((value) => !JSON.stringify(value).includes('__proto__'))
  const near = fc.array(
    fc.oneof(
      fc.integer({ min: 0, max: 2 }),
      fc.record({ a: fc.nat(2), b: fc.nat(2) }, { requiredKeys: [], noNullPrototype: true }),
    ),
  )
  fc.assert(
    fc.property(fc.oneof(fc.tuple(json, json), fc.tuple(near, near)), ([before, after]) => {
      const changes = jsonDiff(before, after)
      assert.deepEqual(applied(before, changes), after)
      assert.equal(changes.length === 0, isDeepEqual(before, after))
    }),
  )
})

function isDeepEqual(one: unknown, other: unknown): boolean {
  try {
    assert.deepEqual(one, other)
    return true
  } catch {
    return false
  }
}
