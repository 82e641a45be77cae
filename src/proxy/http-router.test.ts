// The short cut of the router answers as the long way does, and the fixed paths are where they were promised.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'

import { actionPath, parsePath } from '../protocol/index.ts'
import { Router, splitTarget } from './http-router.ts'

const router = new Router('my-system')

function outcome(read: () => unknown): unknown {
  try {
    return read()
  } catch (error) {
    return String(error)
  }
}

test('the short cut gives what the long way gives', () => {
  const raw = fc.string({ unit: fc.constantFrom(...'aZ09-_~.=%/ +é漢'.split(''), 'actions'), maxLength: 6 })
  const name = fc.oneof(raw, fc.constantFrom('.', '..', '=.', '=..', 'joe', 'a.b', '.a'))
  fc.assert(
    fc.property(fc.constantFrom('my-system', 'other'), name, name, (system, actor, action) => {
      const path = `/api/v1/system/${system}/actors/${actor}/actions/${action}`
      assert.deepEqual(
        outcome(() => router.match('POST', path)),
        outcome(() => parsePath(path)),
      )
    }),
    { numRuns: 5_000 },
  )
})

test('names come back as they were built', () => {
  const id = { system: 'my-system', name: 'a/b é' }
  const path = actionPath(id, '..')
  assert.deepEqual(router.match('POST', path), {
    kind: 'action',
    system: 'my-system',
    actor: 'a/b é',
    action: '..',
  })
})

test('every kind of path has its route', () => {
  const kinds: readonly (readonly [string, string, string | undefined])[] = [
    ['GET', '/', 'root'],
    ['GET', '/health', 'liveness'],
    ['GET', '/health/liveness', 'liveness'],
    ['GET', '/health/readiness', 'readiness'],
    ['GET', '/api/v1/system/s/actors', 'actors'],
    ['GET', '/api/v1/system/s/actors/a', 'actor'],
    ['GET', '/api/v1/system/s/actors/spawn', 'actor'],
    ['POST', '/api/v1/system/s/actors/spawn', 'wire'],
    ['POST', '/api/v1/system/s/actors/a/invoke', 'wire'],
    ['POST', '/api/v1/system', 'wire'],
    ['POST', '/api/v1/system/s/actors/a/actions/b', 'action'],
    ['GET', '/nothing', undefined],
    ['GET', '/health/', undefined],
    ['GET', '', undefined],
    ['GET', '*', undefined],
  ]
  for (const [method, path, kind] of kinds) assert.equal(router.match(method, path)?.kind, kind, path)
})

test('a target is split, also when it names the host in front', () => {
  assert.deepEqual(splitTarget('/a?b=c?d'), { path: '/a', query: 'b=c?d' })
  assert.deepEqual(splitTarget('http://host:1/a?b'), { path: '/a', query: 'b' })
  assert.deepEqual(splitTarget('http://host?b'), { path: '/', query: 'b' })
  assert.deepEqual(splitTarget('*'), { path: '*', query: '' })
})
