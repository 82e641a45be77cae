// The bucket of a cluster while others make it: members that come at the same moment, members of another release, and what
// stands in its place for a while.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { connect, type NatsConnection } from '@nats-io/transport-node'
import { isSpawnError, systemClock } from '../../src/base/index.ts'
import { openNats } from '../../src/cluster/nats/index.ts'
import { tokenOf } from '../../src/cluster/nats/names.ts'
import { type Register, silentLogger } from '../../src/ports/index.ts'
import { until } from '../../src/testing/index.ts'
import { endNats, natsServer, ownCluster } from '../servers/nats.ts'

const { address } = await natsServer()
const bare = await connect({ servers: address })
after(async () => {
  await bare.close()
  await endNats()
})

function registerOf(cluster: string): Register {
  const { register } = openNats(
    { servers: [address], identity: null, tls: null },
    { cluster, clock: systemClock, logger: silentLogger },
  )
  return register
}

/** As any tool of NATS asks JetStream. */
async function ask(
  connection: NatsConnection,
  verb: string,
  stream: string,
  config?: object,
): Promise<Readonly<Record<string, unknown>>> {
  const payload = config === undefined ? '' : JSON.stringify(config)
  return (await connection.request(`$JS.API.STREAM.${verb}.${stream}`, payload, { timeout: 5_000 })).json()
}

const bucketOf = (cluster: string): string => `spawn-${tokenOf(cluster)}`

/** Counts how often somebody tries to make a bucket. */
function attemptsAt(bucket: string): { readonly count: number; readonly end: () => void } {
  let count = 0
  const subscription = bare.subscribe(`$JS.API.STREAM.CREATE.KV_${bucket}`, {
    callback: () => void (count += 1),
  })
  return {
    get count() {
      return count
    },
    end: () => subscription.unsubscribe(),
  }
}

test('a bucket that cannot be made yet, because its subjects are taken, is made when they are free', async () => {
  const cluster = ownCluster()
  const bucket = bucketOf(cluster)
  const other = `OTHER_${bucket}`
  await ask(bare, 'CREATE', other, { name: other, subjects: [`$KV.${bucket}.>`], storage: 'memory' })
  const attempts = attemptsAt(bucket)
  const register = registerOf(cluster)
  const started = register.start()
  started.catch(() => {})
  await until('it is refused', () => attempts.count >= 2)
  attempts.end()
  await ask(bare, 'DELETE', other)
  await started
  assert.ok((await register.put('a', 'x', 0)) !== null)
  await register.stop()
})

test('one whose subjects stay taken is told of, with what JetStream says', async () => {
  const cluster = ownCluster()
  const bucket = bucketOf(cluster)
  const other = `OTHER_${bucket}`
  await ask(bare, 'CREATE', other, { name: other, subjects: [`$KV.${bucket}.>`], storage: 'memory' })
  await assert.rejects(
    registerOf(cluster).start(),
    (thrown) =>
      isSpawnError(thrown) &&
      thrown.code === 'MEMBER_UNAVAILABLE' &&
      thrown.message.includes(`making the bucket ${bucket}`) &&
      thrown.message.includes('overlap'),
  )
  await ask(bare, 'DELETE', other)
})

test('members that make their bucket at the same moment, one of them of another release, all find it', async () => {
  for (let round = 0; round < 12; round += 1) {
    const cluster = ownCluster()
    const bucket = bucketOf(cluster)
    const registers = Array.from({ length: 6 }, () => registerOf(cluster))
    // What another release would make: the same for those who use it. Just when somebody looks whether it is there.
    const looked = bare.subscribe(`$JS.API.STREAM.INFO.KV_${bucket}`, {
      max: 1,
      callback: () =>
        void ask(bare, 'CREATE', `KV_${bucket}`, {
          name: `KV_${bucket}`,
          description: 'of another release',
          subjects: [`$KV.${bucket}.>`],
          max_msgs_per_subject: 1,
          allow_rollup_hdrs: true,
          deny_delete: true,
        }),
    })
    await Promise.all(registers.map((register) => register.start()))
    await looked.closed
    const revision = await registers[0]?.put('a', 'x', 0)
    assert.ok(typeof revision === 'number')
    for (const register of registers)
      assert.deepEqual(await register.get('a'), { key: 'a', value: 'x', revision }, 'all say one revision')
    await Promise.all(registers.map((register) => register.stop()))
  }
})
