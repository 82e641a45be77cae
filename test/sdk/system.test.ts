// The whole embedded system, as an application sees it: SDK, engine, host and store together.
import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import * as v from 'valibot'
import * as z from 'zod'

import { AddSchema, StateSchema } from '../../examples/incrementor-protobuf/incrementor_pb.ts'
import { silentLogger } from '../../src/ports/index.ts'
import {
  actor,
  type ActorDefinition,
  type ErrorCode,
  isSpawnError,
  type Logger,
  system,
  type SystemOptions,
  Value,
} from '../../src/sdk/index.ts'
import { MemoryStore } from '../../src/stores/memory/index.ts'
import { until } from '../../src/testing/index.ts'

const folder = mkdtempSync(join(tmpdir(), 'spawn-sdk-'))
after(() => rmSync(folder, { recursive: true, force: true }))

const start = (actors: ActorDefinition[], options: Partial<SystemOptions> = {}) =>
  system('test', { actors, store: 'memory', logger: silentLogger, ...options }).start()

const coded = (code: ErrorCode, message: RegExp) => (error: unknown) => {
  assert.ok(isSpawnError(error), String(error))
  assert.equal(error.code, code, error.message)
  assert.match(error.message, message)
  return true
}

const incrementor = actor('incrementor', {
  kind: 'named',
  state: { total: 0 },
  actions: {
    add: (ctx, { value }: { value: number }) => {
      const total = ctx.state.total + value
      return Value.of().state({ total }).response({ total })
    },
  },
})

const user = actor('user', {
  kind: 'unnamed',
  state: { name: 'nobody' },
  history: 10,
  actions: {
    rename: (ctx, name: string) => Value.of({ name }, { before: ctx.state.name }).tags({ name }),
  },
})

describe('a system', () => {
  test('calls by name and by ref', async () => {
    await using mySystem = await start([incrementor])
    assert.deepEqual(await mySystem.invoke('incrementor', { action: 'add', payload: { value: 1 } }), {
      total: 1,
    })
    assert.deepEqual(await mySystem.invoke('incrementor', { command: 'add', payload: { value: 1 } }), {
      total: 2,
    })
    assert.deepEqual(await mySystem.ref(incrementor).add({ value: 1 }), { total: 3 })
    assert.equal(mySystem.url, null)
  })

  test('answers the default get actions, by all their names', async () => {
    await using running = await start([incrementor])
    await running.ref(incrementor).add({ value: 2 })
    assert.deepEqual(await running.ref(incrementor).get(), { total: 2 })
    for (const action of ['get', 'Get', 'get_state', 'getState', 'GetState']) {
      assert.deepEqual(await running.invoke('incrementor', { action }), { total: 2 })
    }
  })

  test('leaves the default get actions out when a definition has one of its own', async () => {
    const own = actor('own', { state: { n: 1 }, actions: { getState: () => 'mine' } })
    await using running = await start([own])
    assert.equal(await running.ref(own).getState(), 'mine')
    await assert.rejects(running.invoke('own', { action: 'get' }), coded('ACTION_NOT_FOUND', /get/))
  })

  test('makes instances of an unnamed definition, each with its own state', async () => {
    await using running = await start([user])
    const [one, two] = [running.ref(user, 'user-1'), running.ref(user, 'user-2')]
    assert.deepEqual(await one.rename('Ada'), { before: 'nobody' })
    assert.deepEqual(await two.get(), { name: 'nobody' })
    assert.deepEqual(await running.invoke('user-1', { ref: 'user', action: 'rename', payload: 'Eve' }), {
      before: 'Ada',
    })
    assert.deepEqual((await running.inspect('user-1', { ref: 'user' })).tags, { name: 'Eve' })
  })

  test('spawns an instance, and lets one go on from its past', async () => {
    await using running = await start([user])
    await running.spawn('user-1', { ref: 'user' })
    assert.deepEqual(
      (await running.list({ parent: 'user' })).actors.map(({ id, revision }) => [id.name, revision]),
      [['user-1', 1]],
    )
    const ref = running.ref(user, 'user-1')
    await ref.rename('Ada')
    await ref.rename('Eve')
    await running.spawn('user-1', { ref: 'user', revision: 2 })
    assert.deepEqual(await ref.get(), { name: 'Ada' })
    assert.equal((await running.inspect('user-1', { ref: 'user' })).revision, 4)
  })

  test('lists and counts by the last commit', async () => {
    await using running = await start([user])
    await running.ref(user, 'user-1').rename('Ada')
    await running.ref(user, 'user-2').rename('Eve')
    await running.ref(user, 'user-2').get()
    const [ada, eve] = (await running.list()).actors.map(({ committedAtMs }) => committedAtMs)
    assert.ok(ada !== undefined && eve !== undefined)
    assert.equal(await running.count(), 2)
    assert.equal(await running.count({ activeSince: new Date(ada), tags: { name: 'Ada' } }), 1)
    assert.equal(await running.count({ activeSince: eve + 1 }), 0)
    assert.equal(await running.count({ parent: 'user', idleSince: eve + 1 }), 2)
    assert.deepEqual((await running.list({ idleSince: new Date(0), limit: 1 })).actors, [])
    const later = running.list({ activeSince: new Date(Number.NaN) })
    await assert.rejects(later, coded('INVALID_ARGUMENT', /list of "test".*activeSince must be a valid Date/))
    // @ts-expect-error a page of a count
    await assert.rejects(running.count({ limit: 1 }), coded('INVALID_ARGUMENT', /unknown setting "limit"/))
  })

  test('deletes an actor with its past', async () => {
    await using running = await start([user])
    await running.ref(user, 'user-1').rename('Ada')
    await running.delete('user-1', { ref: 'user' })
    await assert.rejects(running.inspect('user-1', { ref: 'user' }), coded('ACTOR_NOT_FOUND', /user\/user-1/))
  })

  test('runs the init action before the first message of each life', async () => {
    const seen: unknown[] = []
    const born = actor('born', {
      kind: 'unnamed',
      state: { at: 0 },
      actions: {
        init: (ctx) => {
          seen.push(ctx.caller)
          ctx.state = { at: ctx.state.at + 1 }
        },
        at: (ctx) => ctx.state.at,
      },
    })
    await using running = await start([born])
    assert.equal(await running.ref(born, 'a').at(), 1)
    assert.equal(await running.ref(born, 'a').at(), 1)
    assert.deepEqual(seen, [{ system: 'test', parent: 'born', name: 'a' }])
  })

  test('calls other actors within a turn, typed and by name', async () => {
    const greeter = actor('greeter', {
      actions: {
        greet: async (ctx, id: string) => {
          const { name } = await ctx.ref(user, id).get()
          const total = await ctx.invoke('incrementor', { action: 'add', payload: { value: 1 } })
          return { text: `Hello ${name}`, total }
        },
        loop: (ctx) => ctx.invoke('greeter', { action: 'greet', payload: 'x' }),
      },
    })
    await using running = await start([greeter, user, incrementor])
    await running.ref(user, 'u').rename('Ada')
    assert.deepEqual(await running.ref(greeter).greet('u'), { text: 'Hello Ada', total: { total: 1 } })
    await assert.rejects(running.ref(greeter).loop(), coded('CALL_CYCLE', /greeter/))
  })

  test('keeps what was acknowledged, in a file named after it', async () => {
    const cwd = process.cwd()
    process.chdir(folder)
    try {
      const builder = system('the shop', { actors: [incrementor], logger: silentLogger })
      for (const total of [1, 2]) {
        await using running = await builder.start()
        assert.deepEqual(await running.ref(incrementor).add({ value: 1 }), { total })
      }
      assert.ok(existsSync(join(folder, 'the%20shop.db')))
    } finally {
      process.chdir(cwd)
    }
  })

  test('listens for HTTP when asked to', async () => {
    await using running = await start([incrementor], { http: 0 })
    const { url } = running
    assert.ok(url)
    const reply = await fetch(`${url}/api/v1/system/test/actors/incrementor/actions/add`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"value":4}',
    })
    assert.deepEqual([reply.status, await reply.json()], [200, { total: 4 }])
  })

  test('stops once, takes no calls then, and closes its port', async () => {
    const running = await start([incrementor], { http: 0 })
    const { url } = running
    await Promise.all([running.stop(), running.stop({ timeout: 10 })])
    assert.equal(running.ready, false)
    await assert.rejects(running.ref(incrementor).add({ value: 1 }), coded('DRAINING', /stop/))
    await assert.rejects(fetch(`${url}/health/liveness`))
  })

  test('that does not start leaves nothing running', async () => {
    const taken = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => taken.once('listening', resolve))
    const address = taken.address()
    assert.ok(typeof address === 'object' && address !== null)
    const file = join(folder, 'halfway.db')
    const halfway = (http: number) => start([incrementor], { store: `sqlite:${file}`, http })
    await assert.rejects(halfway(address.port), coded('INVALID_ARGUMENT', /port|address/))
    taken.close()
    // It is refused while the store opens.
    const keyed = actor('keyed', { erasable: true, state: {}, actions: {} })
    const refused = start([keyed], { store: `sqlite:${file}`, encryption: false })
    await assert.rejects(refused, coded('INVALID_ARGUMENT', /keys/))
    // The store was let go: another process, or this one, can have it.
    await (await halfway(0)).stop()
  })

  test('hears of options that it does not know', async () => {
    await using running = await start([user])
    const bad = { ref: 'user', revison: 1 }
    await assert.rejects(running.spawn('u', bad), coded('INVALID_ARGUMENT', /unknown setting "revison"/))
    // @ts-expect-error misspelt
    await assert.rejects(running.inspect('u', { reff: 'user' }), coded('INVALID_ARGUMENT', /"reff"/))
    // @ts-expect-error misspelt
    const listed = running.list({ prefx: 'u' })
    await assert.rejects(listed, coded('INVALID_ARGUMENT', /"prefx"; did you mean prefix/))
    // @ts-expect-error no action
    await assert.rejects(running.invoke('u', { ref: 'user' }), coded('INVALID_ARGUMENT', /names no action/))
  })

  test('logs the errors that nobody waits for, and what handlers log', async () => {
    const lines: string[] = []
    const logger: Logger = {
      ...silentLogger,
      warn: (message) => void lines.push(message),
      info: (message, fields) => void lines.push(`${message} ${JSON.stringify(fields?.['actor'])}`),
    }
    const loud = actor('loud', {
      actions: {
        fail: () => {
          throw new Error('boom')
        },
        talk: (ctx) => ctx.logger.info('hello'),
      },
    })
    await using running = await start([loud], { logger })
    assert.equal(await running.ref(loud).fail(undefined, { async: true }), undefined)
    await running.ref(loud).talk()
    await until('all are logged', () => lines.length === 3)
    for (const line of ['an action failed', 'hello'])
      assert.ok(lines.includes(`${line} {"system":"test","parent":"","name":"loud"}`))
  })

  test('takes limits', async () => {
    await using running = await start([user], { limits: { callTimeoutMs: 5 } })
    const slow = actor('slow', { actions: { wait: () => new Promise(() => {}) } })
    await using other = await start([slow], { limits: { callTimeoutMs: 5 } })
    await assert.rejects(other.ref(slow).wait(), coded('DEADLINE_EXCEEDED', /slow/))
    assert.deepEqual(await running.ref(user, 'a').get(), { name: 'nobody' })
  })
})

describe('a failed turn', () => {
  const fragile = actor('fragile', {
    state: { n: 0 },
    tags: { seen: 'no' },
    actions: {
      fail: (ctx) => {
        ctx.state = { n: 1 }
        ctx.tags = { seen: 'yes' }
        throw new RangeError('no more')
      },
      failLater: async (ctx) => {
        ctx.state = { n: 1 }
        await Promise.resolve()
        throw new RangeError('no more')
      },
      mutate: (ctx) => {
        ;(ctx.state as { n: number }).n = 5
      },
      unwritable: () => Value.of({ n: 1n as never }),
    },
  })

  for (const action of ['fail', 'failLater', 'mutate', 'unwritable'] as const) {
    test(`leaves no trace: ${action}`, async () => {
      await using running = await start([fragile])
      const expected = action === 'unwritable' ? /JSON cannot carry/ : /"fragile" action "\w+" failed: /
      await assert.rejects(running.ref(fragile)[action](), (error) => {
        assert.ok(isSpawnError(error))
        assert.match(error.message, expected)
        return true
      })
      const { state, tags } = await running.inspect('fragile')
      assert.deepEqual({ state, tags }, { state: { n: 0 }, tags: { seen: 'no' } })
    })
  }
})

describe('schemas', () => {
  const account = actor('account', {
    schema: z.object({ balance: z.number().min(0), open: z.boolean().default(true) }),
    state: { balance: 0 },
    actions: {
      deposit: {
        payload: v.object({
          amount: v.pipe(v.number(), v.minValue(1)),
          note: v.optional(v.string(), 'none'),
        }),
        handler: (ctx, { amount, note }) => {
          const balance = ctx.state.balance + amount
          return Value.of({ ...ctx.state, balance }, { balance, note })
        },
      },
      withdraw: {
        payload: z.object({ amount: z.coerce.number() }),
        response: z.object({ balance: z.number() }),
        handler: (ctx, { amount }) => {
          const balance = ctx.state.balance - amount
          return Value.of({ ...ctx.state, balance }, { balance })
        },
      },
    },
  })

  test('of zod and valibot check payloads, responses and states, side by side', async () => {
    await using running = await start([account])
    const ref = running.ref(account)
    assert.deepEqual(await ref.deposit({ amount: 5 }), { balance: 5, note: 'none' })
    assert.deepEqual(await running.invoke('account', { action: 'withdraw', payload: { amount: '2' } }), {
      balance: 3,
    })
    assert.deepEqual(await ref.get(), { balance: 3, open: true })
    await assert.rejects(
      ref.deposit({ amount: 0 }),
      coded('INVALID_ARGUMENT', /"account" action "deposit" .*amount: /),
    )
    await assert.rejects(
      ref.withdraw({ amount: 9 }),
      coded('ACTION_FAILED', /gave a state that its schema refuses: balance: /),
    )
    assert.deepEqual(await ref.get(), { balance: 3, open: true })
  })

  const counter = actor('counter', {
    schema: StateSchema,
    actions: {
      add: {
        payload: AddSchema,
        response: StateSchema,
        handler: (ctx, { value }) => {
          const total = ctx.state.total + value
          return Value.of({ total }, { total })
        },
      },
      addJson: (ctx, { value }: { value: number }) => {
        ctx.state = { ...ctx.state, total: ctx.state.total + value }
        return { total: ctx.state.total, as: 'json' }
      },
    },
  })

  test('of Protobuf mix with JSON, and survive a restart', async () => {
    const store = `sqlite:${join(folder, 'protobuf.db')}` as const
    {
      await using running = await start([counter], { store })
      const reply = await running.ref(counter).add({ value: 2 })
      assert.equal(reply.$typeName, 'examples.incrementor.State')
      assert.equal(reply.total, 2)
      assert.deepEqual(await running.ref(counter).addJson({ value: 3 }), { total: 5, as: 'json' })
      await assert.rejects(
        running.ref(counter).add({ value: 1.5 }),
        coded('INVALID_ARGUMENT', /"counter" action "add" refused its payload: value: /),
      )
    }
    await using running = await start([counter], { store })
    assert.equal((await running.ref(counter).get()).total, 5)
    assert.deepEqual((await running.inspect('counter')).stateJson, { total: 5 })
    const [stored] = (await running.list()).actors
    assert.equal(stored?.state?.typeUrl, 'type.googleapis.com/examples.incrementor.State')
  })

  test('of JSON are stored as JSONType', async () => {
    const store = new MemoryStore()
    await using running = await start([incrementor], { store })
    await running.ref(incrementor).add({ value: 1 })
    const [stored] = (await running.list()).actors
    assert.equal(stored?.state?.typeUrl, 'type.googleapis.com/spawn.JSONType')
  })
})
