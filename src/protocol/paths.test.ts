// Names survive the way through a path, also through URL libraries that normalise it.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'

import { isSpawnError, LIMITS } from '../base/index.ts'
import { actionPath, actorPath, actorsPath, parsePath } from './paths.ts'

const nasty = [
  '.',
  '..',
  '...',
  '/',
  '%',
  '%2F',
  '%2e%2e',
  '=.',
  '=..',
  '=',
  'a b',
  'a?b#c',
  '漢字 🎉',
  'a;b',
  '+',
  '\n',
]
const name = fc.oneof(
  fc.constantFrom(...nasty),
  fc.string({ unit: 'binary', minLength: 1, maxLength: LIMITS.nameBytes / 4 }),
)

test('a path is written as people know it', () => {
  const id = { system: 'my-system', name: 'user-1' }
  assert.equal(actorsPath('my-system'), '/api/v1/system/my-system/actors')
  assert.equal(actorPath(id), '/api/v1/system/my-system/actors/user-1')
  assert.equal(actionPath(id, 'rename'), '/api/v1/system/my-system/actors/user-1/actions/rename')
})

test('any names come back exactly, as they were built and after normalisation', () => {
  fc.assert(
    fc.property(name, name, name, (system, actor, action) => {
      for (const [path, expected] of [
        [actorsPath(system), { kind: 'actors', system }],
        [actorPath({ system, name: actor }), { kind: 'actor', system, actor }],
        [actionPath({ system, name: actor }, action), { kind: 'action', system, actor, action }],
      ] as const) {
        const url = new URL(`http://127.0.0.1${path}?ref=x/y`)
        for (const target of [path, `${path}?async=true`, url.pathname + url.search]) {
          assert.deepEqual(parsePath(target), expected)
        }
      }
    }),
  )
})

test('raw UTF-8 and unencoded dots are read as what they say', () => {
  const raw = Buffer.from('/api/v1/system/s/actors/Ärger 漢/actions/..').toString('latin1')
  assert.deepEqual(parsePath(raw), { kind: 'action', system: 's', actor: 'Ärger 漢', action: '..' })
  assert.deepEqual(parsePath('/api/v1/system/s/actors/a+b'), { kind: 'actor', system: 's', actor: 'a+b' })
})

test('what is no path of the interface is null', () => {
  for (const target of [
    '/',
    '/health/liveness',
    '/api/v1/system',
    '/api/v1/system/s',
    '/api/v1/system/s/other',
    '/api/v1/system/s/actors/a/actions',
    '/api/v1/system/s/actors/a/other/b',
    '/api/v1/system/s/actors/a/actions/b/c',
    '/API/v1/system/s/actors',
    'http://host/api/v1/system/s/actors',
  ]) {
    assert.equal(parsePath(target), null, target)
  }
})

test('an empty name and broken encodings are the caller’s fault', () => {
  for (const target of [
    '/api/v1/system//actors',
    '/api/v1/system/s/actors/',
    '/api/v1/system/s/actors/a/actions/',
    '/api/v1/system/s/actors/%',
    '/api/v1/system/s/actors/%zz',
    '/api/v1/system/s/actors/%ff',
    '/api/v1/system/s/actors/%ed%a0%80',
    '/api/v1/system/s/actors/\u00ff',
  ]) {
    assert.throws(
      () => parsePath(target),
      (thrown) => isSpawnError(thrown) && thrown.code === 'INVALID_ARGUMENT',
      target,
    )
  }
})

test('no path is built from what is no name', () => {
  for (const bad of ['', '\ud800', 'x'.repeat(LIMITS.nameBytes + 1)]) {
    assert.throws(() => actorsPath(bad), /system name/)
    assert.throws(() => actorPath({ system: 's', name: bad }), /actor name/)
  }
})

test('nothing but a refusal or a path comes of arbitrary text', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (tail) => {
      try {
        parsePath(`/api/v1/system/${tail}`)
      } catch (thrown) {
        assert.ok(isSpawnError(thrown) && thrown.code === 'INVALID_ARGUMENT')
      }
    }),
  )
})
