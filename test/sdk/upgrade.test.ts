// States that outlive the shape that they were stored in, over a store that several releases of an application share: an
// old state is brought up when it is loaded and written at the next commit, a newer one stops its actor, and nothing that
// is stored is changed by reading it.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import { StringValueSchema } from '@bufbuild/protobuf/wkt'
import * as z from 'zod'

import { AddSchema, StateSchema } from '../../examples/incrementor-protobuf/incrementor_pb.ts'
import { silentLogger, type StoredActor } from '../../src/ports/index.ts'
import { Packed } from '../../src/protocol/index.ts'
import { actor, type ActorDefinition, isSpawnError, system, upgradeFrom, Value } from '../../src/sdk/index.ts'
import { MemoryStore } from '../../src/stores/memory/index.ts'
import { commitOf } from '../../src/testing/statestore-fixture.ts'

const JSON_URL = 'type.googleapis.com/spawn.JSONType'

const first = actor('cart', {
  kind: 'unnamed',
  history: 5,
  state: { skus: [] as string[] },
  actions: {
    put: (ctx, sku: string) => Value.of({ skus: [...ctx.state.skus, sku] }),
    label: (_ctx, text: string) => Value.of().tags({ text }),
    touch: () => Value.of().response('touched'),
  },
})

interface Item {
  readonly sku: string
  readonly count: number
}

const second = actor('cart', {
  kind: 'unnamed',
  history: 5,
  version: 1,
  state: { items: [] as readonly Item[] },
  upgrade: { 1: (before: { skus: string[] }) => ({ items: before.skus.map((sku) => ({ sku, count: 1 })) }) },
  actions: {
    put: (ctx, sku: string) => Value.of({ items: [...ctx.state.items, { sku, count: 1 }] }),
    label: (_ctx, text: string) => Value.of().tags({ text }),
    touch: () => Value.of().response('touched'),
  },
})

const id = { system: 'shop', parent: 'cart', name: 'c-1' }

/** Several releases, one after the other, on one store. */
class Shop implements AsyncDisposable {
  readonly store = new MemoryStore()

  async release<T>(definition: ActorDefinition, work: (running: Running) => Promise<T>): Promise<T> {
    await using running = await system('shop', {
      actors: [definition],
      store: this.store,
      logger: silentLogger,
    }).start()
    const call = (action: string, payload?: unknown) =>
      running.invoke('c-1', { ref: definition.kind === 'unnamed' ? 'cart' : undefined, action, payload })
    const answer = await work({ call, running })
    await running.stop()
    await this.store.start()
    return answer
  }

  async stored(): Promise<StoredActor> {
    await this.store.start()
    const [actor] = await this.store.load([id])
    return actor ?? assert.fail('nothing is stored')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.store.stop()
  }
}

interface Running {
  readonly call: (action: string, payload?: unknown) => Promise<unknown>
  readonly running: Awaited<ReturnType<ReturnType<typeof system>['start']>>
}

const contentOf = ({ state }: StoredActor): string => Buffer.from(state?.value ?? []).toString()

function refused(promise: Promise<unknown>, expected: RegExp): Promise<void> {
  return assert.rejects(promise, (thrown) => {
    assert.ok(isSpawnError(thrown) && thrown.code === 'STATE_UNREADABLE', String(thrown))
    assert.match(
      thrown.message,
      /the state of "cart\/c-1" at revision \d+ cannot be read, so the actor does not start/,
    )
    assert.match(thrown.message, expected)
    return true
  })
}

describe('a state of an older version', () => {
  test('is brought up when it is loaded, and written with the next commit', async () => {
    await using shop = new Shop()
    await shop.release(first, ({ call }) => call('put', 'a1'))
    const old = await shop.stored()
    assert.equal(old.state?.typeUrl, JSON_URL)
    await shop.release(second, async ({ call }) => {
      assert.deepEqual(await call('get'), { items: [{ sku: 'a1', count: 1 }] })
      assert.equal(await call('touch'), 'touched')
      assert.deepEqual(await shop.stored(), old, 'reading changes nothing')
      await call('put', 'b2')
    })
    const { revision, state } = await shop.stored()
    assert.deepEqual([revision, state?.typeUrl], [2, `spawn.v1/${JSON_URL}`])
    assert.match(contentOf(await shop.stored()), /"b2"/)
    await shop.release(second, async ({ call }) => {
      assert.equal(((await call('get')) as { items: unknown[] }).items.length, 2)
    })
  })

  test('is written by a commit of tags alone, too', async () => {
    await using shop = new Shop()
    await shop.release(first, ({ call }) => call('put', 'a1'))
    await shop.release(second, ({ call }) => call('label', 'x'))
    const stored = await shop.stored()
    assert.equal(stored.state?.typeUrl, `spawn.v1/${JSON_URL}`)
    assert.match(contentOf(stored), /"items":\[\{"sku":"a1","count":1\}\]/)
  })

  test('is written behind by an actor with snapshots', async () => {
    await using shop = new Shop()
    await shop.release(first, ({ call }) => call('put', 'a1'))
    const behind = actor('cart', {
      kind: 'unnamed',
      version: 1,
      durability: 'snapshot',
      snapshotTimeout: 3_600_000,
      state: { items: [] as readonly Item[] },
      upgrade: {
        1: (before: { skus: string[] }) => ({ items: before.skus.map((sku) => ({ sku, count: 2 })) }),
      },
      actions: { put: (ctx, sku: string) => Value.of({ items: [...ctx.state.items, { sku, count: 1 }] }) },
    })
    await shop.release(behind, async ({ call }) => {
      await call('put', 'b2')
      assert.equal((await shop.stored()).state?.typeUrl, JSON_URL)
    })
    const stored = await shop.stored()
    assert.equal(stored.state?.typeUrl, `spawn.v1/${JSON_URL}`)
    assert.match(contentOf(stored), /"count":2/)
  })

  test('of the past is shown and restored in the shape of now', async () => {
    await using shop = new Shop()
    await shop.release(first, async ({ call }) => {
      await call('put', 'a1')
      await call('put', 'b2')
    })
    await shop.release(second, async ({ call, running }) => {
      await call('put', 'c3')
      const item = (sku: string) => ({ sku, count: 1 })
      const { state } = await running.inspect('c-1', { ref: 'cart', revision: 2 })
      assert.deepEqual(state, { items: [item('a1'), item('b2')] })
      const diff = await running.diff('c-1', { ref: 'cart', from: 1, to: 3 })
      assert.ok(diff.state.length > 0)
      assert.doesNotMatch(JSON.stringify(diff.state), /skus/)
      await running.spawn('c-1', { ref: 'cart', revision: 1 })
      assert.deepEqual(await call('get'), { items: [{ sku: 'a1', count: 1 }] })
    })
    const { revision, state } = await shop.stored()
    assert.deepEqual([revision, state?.typeUrl], [4, `spawn.v1/${JSON_URL}`])
    const past = await shop.store.loadRevision(id, { revision: 2 })
    assert.equal(past?.state?.typeUrl, JSON_URL, 'the past stays as it was')
  })

  test('whose step throws stops its actor, which stays as it is until the step is mended', async () => {
    await using shop = new Shop()
    await shop.release(first, ({ call }) => call('put', 'a1'))
    const old = await shop.stored()
    let mended = false
    const failing = actor('cart', {
      kind: 'unnamed',
      version: 1,
      state: { total: 0 },
      upgrade: {
        1: () => {
          if (!mended) throw new TypeError('skus is not iterable')
          return { total: 1 }
        },
      },
      actions: { add: (ctx) => Value.of({ total: ctx.state.total + 1 }) },
    })
    await shop.release(failing, async ({ call, running }) => {
      const expected = /version 0 and cannot be brought to 1: its step to version 1 failed: skus is not/
      await refused(call('add'), expected)
      await refused(running.inspect('c-1', { ref: 'cart' }), expected)
      await running.invoke('c-2', { ref: 'cart', action: 'add' })
      assert.deepEqual(await shop.stored(), old)
      mended = true
      await call('add')
      assert.deepEqual(await call('get'), { total: 2 })
    })
  })

  test('that becomes what the schema refuses stops its actor, and the field is named', async () => {
    await using shop = new Shop()
    await shop.release(first, ({ call }) => call('put', 'a1'))
    const strict = actor('cart', {
      kind: 'unnamed',
      version: 1,
      schema: z.object({ total: z.number() }),
      state: { total: 0 },
      // @ts-expect-error what a step that is typed would not do
      upgrade: { 1: () => ({ total: 'one' }) },
      actions: {},
    })
    await shop.release(strict, ({ call }) =>
      refused(call('get'), /what the steps made is no JSON of it: total: /),
    )
  })
})

test('a state of a newer version stops its actor and stays, whatever the definition has', async () => {
  await using shop = new Shop()
  await shop.release(second, ({ call }) => call('put', 'a1'))
  const newer = await shop.stored()
  const expected =
    /it has version 1, and the definition here knows up to 0: a newer release .* run that release/
  await shop.release(first, async ({ call, running }) => {
    for (const action of ['put', 'touch', 'get']) await refused(call(action, 'x'), expected)
    await assert.rejects(running.spawn('c-1', { ref: 'cart', revision: 1 }), { code: 'STATE_UNREADABLE' })
  })
  const message = actor('cart', { kind: 'unnamed', schema: StateSchema, actions: {} })
  await shop.release(message, ({ call }) => refused(call('get'), expected))
  assert.deepEqual(await shop.stored(), newer)
})

test('after a newer release was taken back, what stood before it can be made the newest again', async () => {
  await using shop = new Shop()
  await shop.release(first, ({ call }) => call('put', 'a1'))
  await shop.release(second, ({ call }) => call('put', 'b2'))
  await shop.release(first, async ({ call, running }) => {
    await refused(call('get'), /version 1, and the definition here knows up to 0/)
    await running.restore('c-1', { ref: 'cart', revision: 1 })
    assert.deepEqual(await call('get'), { skus: ['a1'] })
    await call('put', 'c3')
  })
  const { revision, state } = await shop.stored()
  assert.deepEqual([revision, state?.typeUrl], [4, JSON_URL])
})

describe('a state in Protobuf', () => {
  const put = async (shop: Shop, typeUrl: string, value: Uint8Array): Promise<void> => {
    await shop.store.start()
    await shop.store.commit([commitOf(id, 0, { state: new Packed(typeUrl, value) })])
  }

  test('comes from an older message', async () => {
    await using shop = new Shop()
    await put(
      shop,
      `type.googleapis.com/${AddSchema.typeName}`,
      toBinary(AddSchema, create(AddSchema, { value: 4 })),
    )
    const counter = actor('cart', {
      kind: 'unnamed',
      version: 1,
      schema: StateSchema,
      upgrade: { 1: upgradeFrom(AddSchema, ({ value }) => ({ total: value * 10 })) },
      actions: { add: (ctx) => Value.of({ ...ctx.state, total: ctx.state.total + 1 }) },
    })
    await shop.release(counter, ({ call }) => call('add'))
    const { state } = await shop.stored()
    assert.equal(state?.typeUrl, `spawn.v1/type.googleapis.com/${StateSchema.typeName}`)
    assert.equal(fromBinary(StateSchema, state?.value ?? new Uint8Array()).total, 41)
  })

  test('keeps the fields that only a newer release knows', async () => {
    await using shop = new Shop()
    // total = 5, and a field 9 that this descriptor does not have.
    const later = Buffer.concat([
      toBinary(StateSchema, create(StateSchema, { total: 5 })),
      Buffer.from([0x4a, 3]),
      Buffer.from('new'),
    ])
    await put(shop, `type.googleapis.com/${StateSchema.typeName}`, later)
    const counter = actor('cart', {
      kind: 'unnamed',
      schema: StateSchema,
      actions: {
        label: (_ctx, text: string) => Value.of().tags({ text }),
        add: (ctx) => Value.of({ ...ctx.state, total: ctx.state.total + 1 }),
      },
    })
    await shop.release(counter, async ({ call }) => {
      await call('label', 'x')
      await call('add')
    })
    const { state } = await shop.stored()
    assert.deepEqual(
      Buffer.from(state?.value ?? []).toString('hex'),
      Buffer.from(later).toString('hex').replace('05', '06'),
    )
  })

  test('may have been JSON before', async () => {
    await using shop = new Shop()
    await shop.release(first, ({ call }) => call('put', 'a1'))
    const message = actor('cart', {
      kind: 'unnamed',
      version: 1,
      schema: StringValueSchema,
      upgrade: { 1: (before: { skus: string[] }) => ({ value: before.skus.join() }) },
      actions: {},
    })
    await shop.release(message, async ({ call }) => {
      assert.equal(((await call('get')) as { value: string }).value, 'a1')
    })
  })
})
