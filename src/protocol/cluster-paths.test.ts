// Members' ids survive the way through a path, and only paths of the cluster are taken for some.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'

import { CLUSTER_PATH, drainPath, parseClusterPath, undrainPath, WHERE_PATH } from './cluster-paths.ts'

test('a path is written as people know it', () => {
  assert.equal(drainPath('shop-1'), '/api/v1/cluster/members/shop-1/drain')
  assert.equal(undrainPath('a/b'), '/api/v1/cluster/members/a%2Fb/undrain')
  assert.deepEqual(parseClusterPath(CLUSTER_PATH), { kind: 'cluster' })
  assert.deepEqual(parseClusterPath(WHERE_PATH), { kind: 'cluster-where' })
})

test('any member comes back exactly, also after normalisation', () => {
  const id = fc.oneof(
    fc.constantFrom('.', '..', '/', '%', '%2F', '=.', 'a b', '漢字 🎉', 'drain'),
    fc.string({ unit: 'binary', minLength: 1 }).filter((text) => text.isWellFormed()),
  )
  fc.assert(
    fc.property(id, (member) => {
      for (const [path, kind] of [
        [drainPath(member), 'cluster-drain'],
        [undrainPath(member), 'cluster-undrain'],
      ] as const) {
        assert.deepEqual(parseClusterPath(path), { kind, member })
        assert.deepEqual(parseClusterPath(new URL(path, 'http://localhost').pathname), { kind, member })
      }
    }),
  )
})

test('what is no path of the cluster is none', () => {
  const path = drainPath('a')
  for (const other of [
    `${CLUSTER_PATH}/`,
    `${CLUSTER_PATH}s`,
    `${WHERE_PATH}/a`,
    `${CLUSTER_PATH}/members`,
    `${CLUSTER_PATH}/members/a`,
    `${path}/b`,
    `${path}ed`,
    '/api/v1/system/cluster/actors',
  ])
    assert.equal(parseClusterPath(other), null, other)
  assert.throws(() => parseClusterPath(`${CLUSTER_PATH}/members//drain`), { code: 'INVALID_ARGUMENT' })
})
