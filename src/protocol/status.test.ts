// Every code keeps its identity across the wire, and no border shows what a defect said.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'

import { ERROR_CODES, type ErrorCode, SpawnError } from '../base/index.ts'
import { Status } from './gen/spawn/actors/protocol_pb.ts'
import {
  asSpawnError,
  CODE_STATUS,
  grpcStatusOf,
  httpStatusOf,
  isErrorCode,
  publicMessageOf,
} from './status.ts'
import { fromWireStatus, toWireStatus } from './protobuf/wire-status.ts'
import { anyCharacter } from '../../test/any-character.ts'

const codes = Object.keys(ERROR_CODES).filter(isErrorCode)

test('the wire gives back the code and the message of every error', () => {
  fc.assert(
    fc.property(fc.constantFrom(...codes), fc.string({ unit: anyCharacter }), (code, message) => {
      const back = fromWireStatus(toWireStatus(new SpawnError(code, message)))
      assert.equal(back?.code, code)
      if (code !== 'DEFECT') assert.equal(back.message, message)
    }),
  )
})

test('the code leads the message, and only an unknown actor is ACTOR_NOT_FOUND', () => {
  assert.deepEqual(toWireStatus(new SpawnError('MAILBOX_FULL', 'cart/1 is busy')), {
    status: Status.ERROR,
    message: '[MAILBOX_FULL] cart/1 is busy',
  })
  assert.equal(toWireStatus(new SpawnError('ACTOR_NOT_FOUND', 'x')).status, Status.ACTOR_NOT_FOUND)
  assert.equal(toWireStatus(new SpawnError('ACTION_NOT_FOUND', 'x')).status, Status.ERROR)
})

test('statuses of other runtimes are understood', () => {
  assert.equal(fromWireStatus({ status: Status.OK, message: 'Accepted' }), null)
  for (const [status, message, code] of [
    [Status.ACTOR_NOT_FOUND, 'no such actor', 'ACTOR_NOT_FOUND'],
    [Status.ERROR, 'boom', 'ACTION_FAILED'],
    [Status.ERROR, '[NOT_A_CODE] boom', 'ACTION_FAILED'],
    [Status.ERROR, '[toString] boom', 'ACTION_FAILED'],
    [Status.UNKNOWN, '', 'ACTION_FAILED'],
  ] as const) {
    const error = fromWireStatus({ status, message })
    assert.deepEqual([error?.code, error?.message], [code, message])
  }
})

test('a defect says nothing but that it is one', () => {
  const defect = asSpawnError(new TypeError('x.secret is undefined'))
  assert.equal(defect.code, 'DEFECT')
  assert.match(defect.message, /secret/)
  assert.ok(defect.cause instanceof TypeError)
  assert.ok(!publicMessageOf(defect).includes('secret'))
  assert.ok(!toWireStatus(defect).message.includes('secret'))
  const failed = new SpawnError('ACTION_FAILED', 'not enough money')
  assert.equal(asSpawnError(failed), failed)
  assert.equal(publicMessageOf(failed), 'not enough money')
})

test('HTTP and gRPC statuses are ones that exist, and agree on what may be tried again', () => {
  for (const code of codes) {
    const error = new SpawnError(code, 'x')
    const http = httpStatusOf(error)
    assert.ok(http >= 400 && http < 600, code)
    assert.ok(grpcStatusOf(error) >= 1 && grpcStatusOf(error) <= 16, code)
    // UNAVAILABLE is what gRPC clients retry by themselves, 503 what HTTP clients do.
    assert.equal(CODE_STATUS[code].grpc === 14, http === 503, code)
    if (http === 503 || http === 429) assert.ok(error.retryable, code)
  }
})

test('each code has the status that the contract gives it', () => {
  const expected: Partial<Record<number, readonly ErrorCode[]>> = {
    400: ['INVALID_ARGUMENT'],
    401: ['UNAUTHENTICATED'],
    403: ['PERMISSION_DENIED'],
    404: ['ACTOR_NOT_FOUND', 'ACTION_NOT_FOUND'],
    409: ['CALL_CYCLE', 'STATE_CONFLICT'],
    429: ['MAILBOX_FULL'],
    499: ['CANCELLED'],
    500: ['ACTION_FAILED', 'HOST_MALFORMED', 'STATE_UNREADABLE', 'DEFECT'],
    503: [
      'HOST_UNREACHABLE',
      'DRAINING',
      'NOT_OWNER',
      'MEMBER_UNAVAILABLE',
      'LEASE_LOST',
      'STORE_UNAVAILABLE',
    ],
    504: ['DEADLINE_EXCEEDED'],
  }
  assert.deepEqual(
    Object.groupBy(codes, (code) => CODE_STATUS[code].http),
    Object.assign(Object.create(null), expected),
  )
  const large = new SpawnError('INVALID_ARGUMENT', 'x', { details: { limit: 'payloadBytes' } })
  assert.equal(httpStatusOf(large), 413)
})
