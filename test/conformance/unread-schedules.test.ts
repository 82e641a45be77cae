// Calls for later under a data key that cannot be had now, or ever, in a store file: which of them can be taken back all the
// same, and that who waits for one is told, once it can be known who that is.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { actor, effect, type EffectEnd, system, type System, Value } from 'spawn-mesh'
import { KEYS_SYSTEM, silentLogger, type Statestore } from '../../src/ports/index.ts'
import { SealedStore } from '../../src/stores/sealed/index.ts'
import { until } from '../../src/testing/index.ts'
import { temporarySqlite } from './temporary-store.ts'
import { Vault } from './vault.ts'

const HOUR_MS = 3_600_000

const bell = actor('bell', { stateful: false, actions: { ring: () => 'rung' } })
const guest = actor('guest', {
  kind: 'unnamed',
  state: { told: '' },
  actions: {
    order: () => Value.of().effect(effect(bell).ring(undefined, { delay: HOUR_MS })),
    wait: () =>
      Value.of().effect(
        effect(bell).ring(undefined, { delay: HOUR_MS, reply: { action: 'hear', token: 'bell' } }),
      ),
    hear: (_ctx, { error }: EffectEnd) => Value.of({ told: error?.code ?? 'rung' }),
  },
})

interface House extends AsyncDisposable {
  readonly vault: Vault
  /** Has never met the key that the schedules are under. */
  readonly running: System
  readonly store: Statestore
  /** What stands in the file, as it stands there. */
  readonly behind: Statestore
  /** By what they are. */
  readonly ids: Readonly<Record<'call' | 'cron' | 'effect' | 'awaited', string>>
}

async function house(): Promise<House> {
  const subject = await temporarySqlite()
  const vault = new Vault()
  const open = (store: SealedStore): Promise<System> =>
    system('house', { actors: [bell, guest], store, encryption: false, logger: silentLogger }).start()
  const sealed = (): SealedStore => new SealedStore(subject.store, { service: vault })
  const [store, other] = [sealed(), sealed()]
  const running = await open(store)
  const elsewhere = await open(other)
  await other.drawKey()
  const call = await elsewhere.ref(bell).ring(undefined, { delay: HOUR_MS })
  const cron = await elsewhere.ref(bell).ring(undefined, { cron: '0 0 1 1 *' })
  const idOf = async (action: 'order' | 'wait'): Promise<string> => {
    const before = new Set((await elsewhere.schedules.list()).items.map(({ id }) => id))
    await elsewhere.ref(guest, 'g')[action]()
    const { items } = await elsewhere.schedules.list()
    return items.find(({ id }) => !before.has(id))?.id ?? assert.fail('it is not listed')
  }
  const ids = { call, cron, effect: await idOf('order'), awaited: await idOf('wait') }
  const dispose = async (): Promise<void> => {
    await running.stop()
    await elsewhere.stop()
    await subject.dispose()
  }
  return { vault, running, store, behind: subject.store, ids, [Symbol.asyncDispose]: dispose }
}

test('what nobody waits for is cancelled while its key is away; who waits is told when it is back', async () => {
  await using at = await house()
  const { ids, running, store, vault } = at
  vault.isAway = true
  const { cancel, list } = running.schedules
  const { items, unreadable } = await list()
  assert.deepEqual([items, unreadable.length], [[], 4])
  for (const id of [ids.call, ids.cron, ids.effect]) {
    assert.equal(await cancel(id), true)
    assert.equal(await cancel(id), false)
  }
  await assert.rejects(cancel(ids.awaited), { code: 'STORE_UNAVAILABLE', message: /cannot be opened now/ })
  assert.deepEqual(
    (await store.listEnvelopes('house', 'schedule', { limit: 9 })).envelopes.map(({ id }) => id),
    [ids.awaited],
    'it stands, and would still come',
  )
  vault.isAway = false
  assert.equal(await until('the service is asked again', () => cancel(ids.awaited)), true)
  await until('its sender is told', async () => (await running.ref(guest, 'g').get()).told === 'CANCELLED')
  assert.deepEqual((await list()).unreadable, [])
})

test('what nobody waits for is cancelled where its key is gone for ever', async () => {
  await using at = await house()
  const { behind, ids, running } = at
  for (const { birth, id, revision } of (await behind.list({ system: KEYS_SYSTEM }, { limit: 9 })).actors)
    await behind.delete(id, revision, birth)
  const { cancel, list } = running.schedules
  const [first] = (await list()).unreadable
  assert.deepEqual([first?.box, first?.error.code], ['schedule', 'STATE_UNREADABLE'])
  for (const id of [ids.call, ids.cron, ids.effect]) assert.equal(await cancel(id), true)
  // Who would have to be told, nobody can say.
  await assert.rejects(cancel(ids.awaited), { code: 'STATE_UNREADABLE', message: /which is not among those/ })
})
