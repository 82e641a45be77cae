// Erasing actors of a running system, as an application does it: what ends, what goes, what stays, and what refuses.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { actor, effect, isSpawnError, type Statestore, system, type SystemOptions, Value } from 'spawn-mesh'
import { temporaryFolder } from '../conformance/temporary-store.ts'
import { MemoryStore } from '../../src/stores/memory/index.ts'
import { until } from '../../src/testing/index.ts'
import { spoil, SystemLog } from './erase-fixture.ts'

const user = actor('user', {
  kind: 'unnamed',
  erasable: true,
  history: 10,
  state: { notes: [''] },
  actions: {
    note: (ctx, note: string) => {
      const notes = [...ctx.state.notes, note]
      return Value.of().state({ notes }).response(notes.length)
    },
    remind: (ctx, note: string) => {
      const self = effect(ctx.self.name, 'note', note, { ref: 'user', delay: 3_600_000 })
      const mail = effect('mail', 'send', note, { delay: 3_600_000 })
      return Value.of().state({ notes: ctx.state.notes }).effects([self, mail])
    },
    read: (ctx) => Value.of().response(ctx.state.notes.length),
  },
})
const plain = actor('plain', {
  kind: 'unnamed',
  sourceable: true,
  state: { total: 0 },
  actions: { set: () => Value.of().state({ total: 1 }) },
})
const mail = actor('mail', { kind: 'named', stateful: false, actions: { send: (_ctx, _text: string) => {} } })

const encryption = { keys: `2026:${randomBytes(32).toString('base64')}` }

function users(store: Statestore, more: Partial<SystemOptions> = {}) {
  return system('users', { actors: [user, plain, mail], store, encryption, ...more })
}

describe('erasing an actor', () => {
  test('ends its life, removes it with all messages from it and to it, and proves it', async () => {
    const log = new SystemLog()
    await using running = await users(new MemoryStore(), { logger: log }).start()
    const ann = running.ref(user, 'ann')
    await ann.note('a')
    await ann.remind('b')
    await running.ref(user, 'bob').remind('c')
    await running.invoke('ann', { ref: 'user', action: 'note', payload: 'later', delay: 3_600_000 })
    assert.equal((await running.schedules.list()).items.length, 5)
    // What was called before comes first; what is called then meets a new actor.
    const [last, erasure] = await Promise.all([ann.note('last'), running.erase('ann', { ref: 'user' })])
    assert.deepEqual([last, await ann.read()], [3, 1])
    const { begunAtMs, doneAtMs, keyId, ...rest } = erasure
    assert.deepEqual(rest, { id: { system: 'users', parent: 'user', name: 'ann' }, revision: 3, messages: 0 })
    assert.ok(begunAtMs <= doneAtMs && /^[0-9a-f]{16}$/.test(keyId))
    const left = (await running.schedules.list()).items
    assert.deepEqual(
      left.map(({ from }) => from?.name),
      ['bob', 'bob'],
    )
    const [told] = log.lines.filter(({ message }) => message === 'an actor was erased')
    assert.deepEqual([told?.fields['actor'], told?.fields['key']], ['ann', keyId])
    await assert.rejects(running.spawn('ann', { ref: 'user', revision: 1 }), { code: 'ACTOR_NOT_FOUND' })
  })

  test('is asked again, also by a system that has just started, and says the same', async () => {
    const store = new MemoryStore()
    let first: unknown
    {
      await using running = await users(store).start()
      await running.ref(user, 'ann').note('a')
      first = await running.erase('ann', { ref: 'user' })
      assert.deepEqual(await running.erase('ann', { ref: 'user' }), first)
    }
    await using running = await users(store).start()
    assert.deepEqual(await running.erase('ann', { ref: 'user' }), first)
    assert.equal(await running.ref(user, 'ann').note('new life'), 2)
    const second = await running.erase('ann', { ref: 'user' })
    assert.notDeepEqual(second, first)
  })

  test('works for one that is not in memory, and for one that does not start', async () => {
    const store = new MemoryStore()
    {
      await using running = await users(store).start()
      await running.ref(user, 'ann').note('a')
      await running.ref(user, 'eve').note('a')
    }
    await using running = await users(store).start()
    assert.equal((await running.erase('ann', { ref: 'user' })).revision, 1)
    await spoil(store, { system: 'users', parent: 'user', name: 'eve' })
    await assert.rejects(running.ref(user, 'eve').read(), { code: 'STATE_UNREADABLE' })
    assert.equal((await running.erase('eve', { ref: 'user' })).revision, 1)
    assert.equal(await running.ref(user, 'eve').read(), 1)
  })

  test('keeps keys and proofs in another store, where that is said', async () => {
    const folder = await temporaryFolder()
    try {
      const actorKeys = `sqlite:${join(folder.path, 'keys.db')}`
      const store = new MemoryStore()
      let proof: unknown
      {
        await using running = await users(store, { encryption: { ...encryption, actorKeys } }).start()
        await running.ref(user, 'ann').note('a')
        assert.deepEqual(await store.systems(), ['users'])
        await running.ref(user, 'bob').note('b')
        proof = await running.erase('ann', { ref: 'user' })
      }
      await using running = await users(store, { encryption: { ...encryption, actorKeys } }).start()
      assert.deepEqual(await running.erase('ann', { ref: 'user' }), proof)
      assert.equal(await running.ref(user, 'bob').read(), 2)
      assert.deepEqual(await store.systems(), ['users'])
    } finally {
      await folder.remove()
    }
  })

  test('refuses what has no key, and what never was, and takes nothing of it', async () => {
    await using running = await users(new MemoryStore()).start()
    await running.ref(plain, 'one').set()
    await running.invoke('one', { ref: 'plain', action: 'set', delay: 3_600_000 })
    await running.invoke('nobody', { ref: 'user', action: 'note', payload: 'a', delay: 3_600_000 })
    const codeOf = async (erased: Promise<unknown>): Promise<string> => {
      const error = await erased.then(() => null).catch((thrown: unknown) => thrown)
      assert.ok(isSpawnError(error))
      return `${error.code} ${error.message}`
    }
    assert.match(
      await codeOf(running.erase('one', { ref: 'plain' })),
      /^INVALID_ARGUMENT .*delete it instead/,
    )
    assert.match(
      await codeOf(running.erase('nobody', { ref: 'user' })),
      /^ACTOR_NOT_FOUND .*was never erased/,
    )
    assert.match(await codeOf(running.erase('nobody')), /^ACTOR_NOT_FOUND/)
    assert.deepEqual((await running.inspect('one', { ref: 'plain' })).state, { total: 1 })
    assert.equal((await running.schedules.list()).items.length, 2)
    assert.equal((await Array.fromAsync(running.facts())).length, 1)
  })

  test('needs a store that is encrypted: else the system does not start', async () => {
    await assert.rejects(users(new MemoryStore(), { encryption: false }).start(), (error) => {
      assert.ok(isSpawnError(error) && error.code === 'INVALID_ARGUMENT')
      assert.match(error.message, /"user" is to have keys .*SPAWN_STATESTORE_KEY/)
      return true
    })
    assert.throws(
      () => actor('x', { erasable: true, stateful: false, actions: {} }),
      /erasable.*has no effect/,
    )
  })

  test('leaves a life of another process nothing to go on with', async () => {
    const store = new MemoryStore()
    await using one = await users(store).start()
    await using other = await users(store).start()
    await one.ref(user, 'ann').note('a')
    assert.equal(await other.ref(user, 'ann').read(), 2)
    await one.erase('ann', { ref: 'user' })
    const error = await other
      .ref(user, 'ann')
      .note('x')
      .catch((thrown: unknown) => thrown)
    assert.ok(isSpawnError(error) && error.code === 'STATE_CONFLICT', String(error))
    await until('it begins anew', async () => (await other.ref(user, 'ann').read()) === 1)
  })
})
