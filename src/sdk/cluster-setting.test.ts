// What the option `cluster` takes, and how what it does not take is refused.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ClusterPlan } from '../cluster/cluster-plan.ts'
import { clusterOf } from './cluster-setting.ts'
import { Settings } from './settings.ts'

const planOf = (cluster: unknown): ClusterPlan | null =>
  clusterOf(new Settings('system "shop"', { cluster }, ['cluster']))

test('left out, a system is alone', () => assert.equal(planOf(undefined), null))

test('a URL is enough', () => {
  const plan = planOf('nats://one')
  assert.deepEqual(plan?.nats.servers, ['one:4222'])
  assert.deepEqual(
    { ...plan, nats: null },
    {
      nats: null,
      name: null,
      node: null,
      zone: null,
      labels: {},
      capacity: 1,
      leaseMs: 6_000,
    },
  )
})

test('a member says what it is', () => {
  const said = {
    name: 'shops',
    node: 'a',
    zone: 'north',
    labels: { disk: 'fast' },
    capacity: 2,
    lease: 1_000,
  }
  const { lease, ...rest } = said
  assert.deepEqual(planOf({ url: 'nats://one', ...said }), {
    nats: { servers: ['one:4222'], identity: null, tls: null },
    ...rest,
    leaseMs: lease,
  })
})

const WRONG: readonly (readonly [unknown, RegExp])[] = [
  [7, /needs an object of settings, not a number/],
  [{}, /url must be nats:/],
  ['http://one', /url must be nats:/],
  [{ url: 'nats://one', zones: 'a' }, /unknown setting "zones"; did you mean zone/],
  [{ url: 'nats://one', zone: '' }, /zone/],
  [{ url: 'nats://one', node: 3 }, /node must be a name, not 3/],
  [{ url: 'nats://one', capacity: 0 }, /capacity must be a whole number from 1/],
  [{ url: 'nats://one', capacity: 5_000 }, /capacity must be at most 1000/],
  [{ url: 'nats://one', lease: 20 }, /lease must be at least 300 milliseconds, not 20/],
  [{ url: 'nats://one', labels: { disk: 1 } }, /labels.disk must be a string/],
]

for (const [cluster, expected] of WRONG) {
  test(`${JSON.stringify(cluster)} is refused`, () => {
    assert.throws(() => planOf(cluster), { code: 'INVALID_ARGUMENT', message: expected })
  })
}
