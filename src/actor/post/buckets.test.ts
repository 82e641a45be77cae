import assert from 'node:assert/strict'
import { test } from 'node:test'

import { Buckets, type Entry, hashOf } from './buckets.ts'

class Word implements Entry<Word> {
  readonly text: string
  readonly hash: number
  next: Word | null = null

  constructor(text: string, hash = hashOf(text)) {
    this.text = text
    this.hash = hash
  }
}

function find(words: Buckets<Word>, text: string, hash = hashOf(text)): Word | null {
  let word = words.first(hash)
  while (word !== null && word.text !== text) word = word.next
  return word
}

test('what was added is found until it is removed, however many there are', () => {
  const words = new Buckets<Word>()
  const all = Array.from({ length: 1_000 }, (_, at) => new Word(`word-${at}`))
  for (const word of all) words.add(word)
  assert.equal(words.size, 1_000)
  for (const word of all) assert.equal(find(words, word.text), word)
  for (const word of all.filter((_, at) => at % 3 !== 0)) assert.equal(words.remove(word), true)
  assert.equal(words.size, 334)
  for (const [at, word] of all.entries()) assert.equal(find(words, word.text), at % 3 === 0 ? word : null)
})

test('entries of one hash stand beside each other, and any of them can go', () => {
  const words = new Buckets<Word>()
  const all = ['a', 'b', 'c'].map((text) => new Word(text, -7))
  for (const word of all) words.add(word)
  const [first, middle, last] = all as [Word, Word, Word]
  assert.equal(words.remove(middle), true)
  assert.deepEqual(
    all.map(({ text }) => find(words, text, -7)?.text),
    ['a', undefined, 'c'],
  )
  assert.equal(words.remove(middle), false, 'it is not there any more')
  assert.equal(words.remove(first) && words.remove(last), true)
  assert.equal(words.size, 0)
  assert.equal(words.first(-7), null)
})

test('an entry that was removed keeps no other from being collected', () => {
  const words = new Buckets<Word>()
  const one = new Word('one', 1)
  words.add(new Word('other', 1))
  words.add(one)
  words.remove(one)
  assert.equal(one.next, null)
})

test('texts that differ in one place have different hashes', () => {
  const texts = Array.from({ length: 10_000 }, (_, at) => `tenant-${at}/cart`)
  assert.equal(new Set(texts.map((text) => hashOf(text))).size, texts.length)
  assert.notEqual(hashOf('b', hashOf('a')), hashOf('a', hashOf('b')))
})

test('pairs of correspondents stand apart, also where both have one name', () => {
  const texts = Array.from({ length: 1_024 }, (_, at) => `user-${at}`)
  const pairs = [
    (text: string) => hashOf(text, hashOf(text)),
    (text: string) => hashOf(text, hashOf('hub')),
    (text: string) => hashOf('hub', hashOf(text)),
  ]
  for (const [at, hash] of pairs.entries()) {
    const places = new Map<number, number>()
    for (const text of texts) places.set(hash(text) & 1_023, (places.get(hash(text) & 1_023) ?? 0) + 1)
    const lookedAt = [...places.values()].reduce((sum, count) => sum + count * count, 0) / texts.length
    assert.ok(lookedAt < 3, `pair ${at}: ${lookedAt} entries are looked at to find one`)
  }
})
