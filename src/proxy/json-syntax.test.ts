// The place of a fault in JSON: there is one exactly when JSON.parse refuses the text, and it is where a person looks.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'

import { placeOf, syntaxFault } from './json-syntax.ts'

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

const MARKS = '{}[],:"\\10-. \n\té\u0001\u00a0'.split('')
const WORDS = ['"a"', '"\\n"', '"\\u00e9"', '"k":1', 'e5', '-0.5E-3', 'true', 'null', 'fals', '{}', '[]']

test('a text has a fault exactly when JSON.parse refuses it', () => {
  const grammar = fc.array(fc.constantFrom(...MARKS, ...WORDS), { maxLength: 8 })
  const damaged = fc
    .tuple(fc.json(), fc.nat(), fc.constantFrom('', ',', '"', '}', '0', ' '))
    .map(([text, at, put]) => {
      const cut = at % text.length
      return text.slice(0, cut) + put + text.slice(cut + 1)
    })
  const texts = fc.oneof(
    grammar.map((parts) => parts.join('')),
    damaged,
    fc.json(),
  )
  fc.assert(
    fc.property(texts, (text) => {
      assert.equal(syntaxFault(text) === null, isJson(text))
    }),
    { numRuns: 5_000 },
  )
})

test('a fault stands where the text goes wrong, and says what was expected', () => {
  const cases: readonly (readonly [text: string, at: number, expected: string])[] = [
    ['', 0, 'a value'],
    ['{"a": }', 6, 'a value'],
    ['{"a" 1}', 5, '":"'],
    ["{'a': 1}", 1, 'a key in double quotes'],
    ['{"a": 1,}', 8, 'a key in double quotes'],
    ['{"a": 1', 7, '"," or "}"'],
    ['[1 2]', 3, '"," or "]"'],
    ['[1]]', 3, 'the end'],
    ['01', 1, 'the end'],
    ['"abc', 4, 'the closing quote of a string'],
    ['"a\\x"', 3, 'an escape that JSON has'],
    ['"a\\u12g4"', 4, 'four hexadecimal digits'],
    ['"a\nb"', 2, 'a control character to be written as an escape'],
    ['undefined', 0, 'a value'],
  ]
  for (const [text, at, expected] of cases) {
    assert.deepEqual(syntaxFault(text), { at, expected }, text)
  }
})

test('a million brackets take no stack', () => {
  assert.deepEqual(syntaxFault('['.repeat(1_000_000)), { at: 1_000_000, expected: 'a value' })
})

test('lines and columns count from one', () => {
  assert.deepEqual(placeOf('ab', 0), { line: 1, column: 1 })
  assert.deepEqual(placeOf('{\n  "a": x\n}', 9), { line: 2, column: 8 })
  assert.deepEqual(placeOf('\n\n', 2), { line: 3, column: 1 })
})
