// What is laid in shared memory: both ends in one thread, step by step.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { laneMemory, MainEnd, StoreEnd } from './lane.ts'

function ends(): { readonly main: MainEnd; readonly store: StoreEnd } {
  const memory = laneMemory()
  return { main: new MainEnd(memory), store: new StoreEnd(memory) }
}

const bytesOf = (count: number, value = 1): Uint8Array => new Uint8Array(count).fill(value)

test('what is laid is taken in order, once, and as it was', () => {
  const { main, store } = ends()
  for (let round = 0; round < 1_000; round += 1) {
    const before = store.bell
    const group = { goesOn: round % 2 === 0, rests: round % 3 === 0 }
    assert.ok(main.lay(bytesOf(round, 2), null))
    assert.ok(main.lay(bytesOf(3, round % 256), group))
    assert.notEqual(store.bell, before)
    assert.deepEqual(store.next(), { bytes: bytesOf(round, 2), group: null })
    assert.deepEqual(store.next(), { bytes: bytesOf(3, round % 256), group })
    assert.equal(store.next(), undefined)
  }
})

test('what is laid stays as it is while more is laid behind it, and what is taken stays for good', () => {
  const { main, store } = ends()
  for (let at = 0; at < 7; at += 1) assert.ok(main.lay(bytesOf(100, at), null))
  const first = store.next()
  assert.ok(main.lay(bytesOf(100, 7), null))
  for (let at = 1; at < 8; at += 1) assert.deepEqual(store.next()?.bytes, bytesOf(100, at))
  assert.ok(main.lay(bytesOf(100, 9), null))
  assert.deepEqual(first?.bytes, bytesOf(100, 0))
})

test('there is room for eight, and for so many bytes, until they are taken', () => {
  const { main, store } = ends()
  const ALL = 128 * 1_024
  assert.equal(main.lay(bytesOf(ALL + 1), null), false)
  assert.ok(main.lay(bytesOf(ALL - 10), null))
  assert.equal(main.lay(bytesOf(11), null), false)
  assert.ok(main.lay(bytesOf(10), null))
  assert.equal(store.next()?.bytes.length, ALL - 10)
  assert.equal(main.lay(bytesOf(1), null), false, 'the second still lies at the end')
  assert.equal(store.next()?.bytes.length, 10)
  for (let at = 0; at < 8; at += 1) assert.ok(main.lay(bytesOf(1), null))
  assert.equal(main.lay(bytesOf(1), null), false)
  store.next()
  assert.ok(main.lay(bytesOf(1), null))
})

test('an answer is heard once, and who sleeps is to be woken for it', () => {
  const { main, store } = ends()
  assert.equal(main.isAnswered(), false)
  assert.equal(store.answer(), false, 'nobody has said that it is awake')
  assert.deepEqual([main.isAnswered(), main.isAnswered()], [true, false])
  main.stayAwake(true)
  assert.equal(store.answer(), true)
  assert.equal(main.isAnswered(), true)
  main.stayAwake(false)
  assert.equal(store.answer(), false)
})

test('the thread does not sleep over what is laid, and is heard of when it does', () => {
  const { main, store } = ends()
  assert.equal(main.isHeard, false)
  store.wake()
  assert.equal(main.isHeard, true)
  main.lay(bytesOf(1), null)
  assert.deepEqual([store.sleep(), main.isHeard], [false, true])
  store.next()
  assert.deepEqual([store.sleep(), main.isHeard], [true, false])
})
