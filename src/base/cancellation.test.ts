import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Cancellation } from './cancellation.ts'

test('a cancellation is told once, to all who listen then', () => {
  const told: string[] = []
  const listeners = ['first', 'second', 'third'].map((name) => () => void told.push(name))
  const cancellation = new Cancellation()
  for (const listener of listeners) cancellation.addEventListener('abort', listener)
  for (const listener of listeners) cancellation.addEventListener('abort', listener)
  cancellation.removeEventListener('abort', listeners[1] ?? assert.fail())
  assert.equal(cancellation.aborted, false)
  cancellation.abort()
  cancellation.abort()
  assert.equal(cancellation.aborted, true)
  assert.deepEqual(told, ['first', 'third'])
})

test('who listened first and left is not told, and the next one is', () => {
  const told: string[] = []
  const first = (): void => void told.push('first')
  const cancellation = new Cancellation()
  cancellation.addEventListener('abort', first)
  cancellation.removeEventListener('abort', first)
  cancellation.addEventListener('abort', () => void told.push('next'))
  cancellation.abort()
  assert.deepEqual(told, ['next'])
})
