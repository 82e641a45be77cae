// Programs with workers in a cluster over NATS, with a database that each worker opens for itself: each is a member by itself, and
// one that dies is not waited for all the same.

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { MESH_TIMING } from '../../src/mesh/timing.ts'
import { until } from '../../src/testing/index.ts'
import { endNats, natsServer, ownCluster } from '../servers/nats.ts'
import { endPostgres, postgresServer } from '../servers/postgres.ts'
import { isAlive, Program, urlOf } from './program.ts'

const LEDGER = new URL('../cluster/ledger.ts', import.meta.url)
const LEDGERS = 12

after(endNats)
after(endPostgres)

test('workers of two programs are members of one cluster', async () => {
  const database = await (await postgresServer()).takeDatabase()
  const options = [
    '--store',
    urlOf(database),
    '--cluster',
    (await natsServer()).url,
    '--cluster-name',
    ownCluster(),
  ]
  try {
    await using one = await Program.of(LEDGER, 2, [...options, '--node', 'one'])
    await using other = await Program.of(LEDGER, 2, [...options, '--node', 'other'])
    await Promise.all([one.start(), other.start()])
    const { members } = await one.members()
    const nodes = members.map(({ id }) => id.replace(/-[^-]*$/, '')).toSorted()
    assert.deepEqual(nodes, ['one', 'one-w2', 'other', 'other-w2'])
    await addAll(one, 'first')

    const killedMs = performance.now()
    process.kill(one.workers.get(2) ?? assert.fail('a worker runs'), 'SIGKILL')
    await until('all to be served', async () => addAll(other, 'second').then(() => true))
    assert.ok(performance.now() - killedMs < MESH_TIMING.leaseMs, 'without waiting for its lease')
    await until('another one in its place', () => one.workers.has(2), { timeoutMs: 30_000 })

    const worker = one.workers.get(2) ?? assert.fail('a worker runs')
    await one.end('SIGKILL')
    await until('its worker to end', () => !isAlive(worker))
    assert.equal(await other.end('SIGTERM'), 0)
  } finally {
    await database.release()
  }
})

/** To every ledger, or it throws. */
async function addAll(program: Program, id: string): Promise<void> {
  await Promise.all(
    Array.from({ length: LEDGERS }, async (_, ledger) => {
      const path = `/api/v1/system/crash-test/actors/ledger-${ledger}/actions/add?ref=ledger`
      const headers = { 'content-type': 'application/json', connection: 'close' }
      const answer = await fetch(program.url + path, { method: 'POST', headers, body: `{"id":"${id}"}` })
      assert.equal(answer.status, 200, await answer.text())
    }),
  )
}
