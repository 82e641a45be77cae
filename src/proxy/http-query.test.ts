// Queries are read as forms write them; a parameter that is unknown, doubled or broken is refused by name.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'

import { flagOf, numberOf, parseQuery } from './http-query.ts'

const refused = (message: RegExp) => ({ code: 'INVALID_ARGUMENT', message })

test('names and values come back as URLSearchParams wrote them', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' })), (values) => {
      const entries = Object.entries(values).map(([key, value]) => [`tag.${key}`, value] as const)
      const text = new URLSearchParams(Object.fromEntries(entries)).toString()
      assert.deepEqual([...parseQuery(text, ['tag.'])], entries)
    }),
  )
})

test('what cannot be meant is refused', () => {
  assert.throws(
    () => parseQuery('asnyc=true', ['async', 'tag.']),
    refused(/"asnyc".*takes async, tag\.<key>/),
  )
  assert.throws(() => parseQuery('a=1', []), refused(/takes none/))
  assert.throws(() => parseQuery('ref=a&ref=b', ['ref']), refused(/"ref" is given more than once/))
  assert.throws(() => parseQuery('ref=%zz', ['ref']), refused(/percent-encoded/))
  assert.throws(() => parseQuery('%c3%28=1', ['ref']), refused(/percent-encoded/))
  assert.deepEqual([...parseQuery('&&ref=&', ['ref'])], [['ref', '']])
})

test('a flag is on, off or refused', () => {
  const flag = (text: string): boolean => flagOf(parseQuery(text, ['async']), 'async')
  for (const text of ['async', 'async=', 'async=true', 'async=1']) assert.equal(flag(text), true, text)
  for (const text of ['', 'async=false', 'async=0']) assert.equal(flag(text), false, text)
  assert.throws(() => flag('async=yes'), refused(/"async" must be true or false/))
})

test('a number is whole, in digits, and within its range', () => {
  const number = (text: string): number | undefined => numberOf(parseQuery(text, ['limit']), 'limit', 1_000)
  assert.equal(number(''), undefined)
  assert.equal(number('limit=1000'), 1_000)
  for (const value of ['0', '1001', '-1', '1.5', '1e2', '0x10', '', ' 7', '99999999999999999999']) {
    assert.throws(() => number(`limit=${value}`), refused(/"limit" must be a whole number from 1 to 1000/))
  }
})
