// Names survive the way through a path, also through URL libraries that normalise it.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'

import { isSpawnError, LIMITS } from '../base/index.ts'
import {
  actionPath,
  actorPath,
  actorsPath,
  channelPath,
  deadLetterPath,
  deadLetterRetryPath,
  deadLettersPath,
  diffPath,
  historyPath,
  parsePath,
  restorePath,
  schedulePath,
  schedulesPath,
} from './paths.ts'
import { anyCharacter } from '../../test/any-character.ts'

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
  fc.string({ unit: anyCharacter, minLength: 1, maxLength: LIMITS.nameBytes / 4 }),
)

test('a path is written as people know it', () => {
  const id = { system: 'my-system', name: 'user-1' }
  assert.equal(actorsPath('my-system'), '/api/v1/system/my-system/actors')
  assert.equal(actorPath(id), '/api/v1/system/my-system/actors/user-1')
  assert.equal(actionPath(id, 'rename'), '/api/v1/system/my-system/actors/user-1/actions/rename')
  assert.equal(historyPath(id), '/api/v1/system/my-system/actors/user-1/history')
  assert.equal(channelPath('my-system', 'news'), '/api/v1/system/my-system/channels/news')
  assert.equal(schedulePath('my-system', 'a1'), '/api/v1/system/my-system/schedules/a1')
  assert.equal(deadLetterRetryPath('my-system', 'a/1'), '/api/v1/system/my-system/dead-letters/a%2F1/retry')
})

test('any names come back exactly, as they were built and after normalisation', () => {
  fc.assert(
    fc.property(name, name, name, (system, actor, action) => {
      for (const [path, expected] of [
        [actorsPath(system), { kind: 'actors', system }],
        [actorPath({ system, name: actor }), { kind: 'actor', system, actor }],
        [actionPath({ system, name: actor }, action), { kind: 'action', system, actor, action }],
        [historyPath({ system, name: actor }), { kind: 'actor-history', system, actor }],
        [diffPath({ system, name: actor }), { kind: 'actor-diff', system, actor }],
        [restorePath({ system, name: actor }), { kind: 'actor-restore', system, actor }],
        [channelPath(system, action), { kind: 'channel', system, channel: action }],
        [schedulesPath(system), { kind: 'schedules', system }],
        [schedulePath(system, action), { kind: 'schedule', system, id: action }],
        [deadLettersPath(system), { kind: 'dead-letters', system }],
        [deadLetterPath(system, action), { kind: 'dead-letter', system, id: action }],
        [deadLetterRetryPath(system, action), { kind: 'dead-letter-retry', system, id: action }],
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
    '/api/v1/system/s/channels',
    '/api/v1/system/s/channels/c/d',
    '/api/v1/system/s/schedules/a/b',
    '/api/v1/system/s/dead-letters/a/b',
    '/api/v1/system/s/dead-letters/a/retry/b',
    '/api/v1/system/s/constructor',
    '/api/v1/system/s/__proto__/a',
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
    '/api/v1/system/s/channels/',
    '/api/v1/system/s/schedules/',
    '/api/v1/system/s/dead-letters//retry',
    '/api/v1/system/s/dead-letters/%ff',
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
    assert.throws(() => channelPath('s', bad), /channel name/)
  }
  for (const bad of ['', '\ud800', 'x'.repeat(LIMITS.envelopeIdBytes + 1)]) {
    assert.throws(() => schedulePath('s', bad), /the schedule has an id/)
    assert.throws(() => deadLetterRetryPath('s', bad), /the dead letter has an id/)
  }
  assert.match(schedulePath('s', 'x'.repeat(LIMITS.envelopeIdBytes)), /x{2048}$/)
})

test('nothing but a refusal or a path comes of arbitrary text', () => {
  fc.assert(
    fc.property(fc.string({ unit: anyCharacter }), (tail) => {
      try {
        parsePath(`/api/v1/system/${tail}`)
      } catch (thrown) {
        assert.ok(isSpawnError(thrown) && thrown.code === 'INVALID_ARGUMENT')
      }
    }),
  )
})
