// What of a letter stands in its header, also right after another one's.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { headerText } from '../../ports/index.ts'
import { headerOf, type Letter, letterFrom, partsOf } from './letter.ts'

const hop: Letter = {
  kind: 'hop',
  from: ['cart', 'c-1'],
  to: ['ledger', 'l-1'],
  action: 'book',
  createdAtMs: 1_700_000_000_000,
  metadata: { tenant: 'a' },
  by: 'checkout',
  earlier: ['shop.sell'],
}
const call: Letter = {
  kind: 'call',
  from: null,
  to: ['', 'till'],
  action: 'close',
  createdAtMs: 7,
  by: undefined,
}
const fact: Letter = { ...hop, kind: 'fact', to: ['', ''], revision: 12, by: undefined, earlier: undefined }
const bare: Letter = { ...fact, metadata: undefined }
const later: Letter = { ...call, createdAtMs: 8 }

test('a header reads as the letter that it was written of, and has nothing of the one before', () => {
  for (const letter of [hop, call, later, hop, fact, later, bare, call, fact]) {
    const read = letterFrom('e', headerOf(letter))
    assert.deepEqual(JSON.parse(JSON.stringify(read)), JSON.parse(JSON.stringify(letter)))
  }
})

test('the parts of a letter are its header, until those of the next one are asked for', () => {
  for (const letter of [hop, call, bare, later, hop, fact]) {
    const header = headerOf(letter)
    assert.equal(headerText(partsOf(letter)), header)
    assert.notEqual(headerOf(letter === call ? hop : call), header)
  }
})
