import assert from 'node:assert/strict'
import { test } from 'node:test'
import { didYouMean, suggestionFor } from './suggestion.ts'

const known = ['start', 'invoke', 'actors list', 'port', 'timeout']

test('a swap, a slip, a letter too many or too few, and a beginning are understood', () => {
  assert.equal(suggestionFor('strat', known), 'start')
  assert.equal(suggestionFor('prot', known), 'port')
  assert.equal(suggestionFor('invoice', known), 'invoke')
  assert.equal(suggestionFor('timeoutt', known), 'timeout')
  assert.equal(suggestionFor('tmeout', known), 'timeout')
  assert.equal(suggestionFor('inv', known), 'invoke')
})

test('what is like nothing gets no suggestion', () => {
  for (const word of ['', 'x', 'in', 'frobnicate', 'delete'])
    assert.equal(suggestionFor(word, known), undefined)
  assert.equal(didYouMean('frobnicate', known), '')
  assert.equal(didYouMean('prot', known, '--'), '; did you mean --port?')
})
