// The metrics of a cluster: those of a member of one, with others of a sidecar or alone; and none where there is no cluster.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'

import { sidecar } from '../listener/fixture.ts'
import { listening } from './fixture.ts'
import { member, ScriptedCluster } from './scripted-cluster.ts'

const CLUSTER_LINES = [
  'spawn_cluster_members{phase="up"} 2',
  'spawn_cluster_members{phase="draining"} 1',
  'spawn_cluster_epoch 3',
  'spawn_cluster_unsettled_members 2',
  'spawn_cluster_lease_held 1',
  'spawn_cluster_lease_age_seconds 1.5',
  'spawn_cluster_lease_seconds 6',
  'spawn_cluster_leases_lost_total 8',
  'spawn_cluster_moved_actors_total 3',
  'spawn_cluster_forwarded_calls_total 7',
  'spawn_cluster_received_calls_total 6',
  'spawn_cluster_rerouted_calls_total 5',
  'spawn_cluster_unhanded_messages_total 1',
]

function cluster(): ScriptedCluster {
  const scripted = new ScriptedCluster(
    member('a', { acked: 3 }),
    member('b', { acked: 2, phase: 'draining' }),
    member('c', { acked: null }),
  )
  scripted.epoch = 3
  scripted.leaseAgeMs = 1_500
  return scripted
}

const metricsOf = (url: string): Promise<Response> => fetch(`${url}/metrics`)

/** The values that a text of metrics has of the cluster. */
const clusterLines = (text: string): string[] =>
  text.split('\n').filter((line) => line.startsWith('spawn_cluster_'))

test('a member has them, as it sees its cluster when it is asked', async () => {
  const scripted = cluster()
  await using http = await listening({ cluster: scripted })
  const response = await metricsOf(http.url)
  assert.match(response.headers.get('content-type') ?? '', /^text\/plain; version=0\.0\.4/)
  assert.deepEqual(clusterLines(await response.text()), CLUSTER_LINES)
  scripted.holdsLease = false
  scripted.view(member('a', { acked: 4 }))
  const later = clusterLines(await (await metricsOf(http.url)).text())
  for (const line of [
    'spawn_cluster_members{phase="up"} 1',
    'spawn_cluster_members{phase="draining"} 0',
    'spawn_cluster_epoch 4',
    'spawn_cluster_unsettled_members 0',
    'spawn_cluster_lease_held 0',
  ])
    assert.ok(later.includes(line), `${line} in ${later.join('\n')}`)
})

test('a sidecar that is a member has them with its own, unless metrics are off', async () => {
  {
    await using at = await sidecar({ parts: { cluster: cluster() } })
    const text = await (await metricsOf(at.url)).text()
    assert.deepEqual(clusterLines(text), CLUSTER_LINES)
    assert.match(text, /^spawn_ready 1$/m)
    const status = (await (await fetch(`${at.url}/api/v1/cluster`)).json()) as { epoch: number }
    assert.equal(status.epoch, 3)
  }
  await using off = await sidecar({ parts: { cluster: cluster() }, config: { metrics: false } })
  assert.equal((await metricsOf(off.url)).status, 404)
})

test('who is alone has none', async () => {
  await using at = await sidecar()
  assert.deepEqual(clusterLines(await (await metricsOf(at.url)).text()), [])
  await using http = await listening()
  assert.equal((await metricsOf(http.url)).status, 404)
})

test('docs/operations.md has each of them, and no other', () => {
  const page = readFileSync(new URL('../../docs/operations.md', import.meta.url), 'utf8')
  const rows = page.split('\n').filter((line) => line.startsWith('| `spawn_cluster_'))
  const named = rows.flatMap((row) =>
    [...(row.split('|')[1] ?? '').matchAll(/`(\w+)/g)].map(([, name]) => name),
  )
  const told = CLUSTER_LINES.map((line) => /^\w+/.exec(line)?.[0])
  assert.deepEqual(new Set(named), new Set(told))
})
