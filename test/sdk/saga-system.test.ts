// Sagas in a system that runs: the bank of the example on a real SQLite file, whose systems are stopped and started again
// between any two steps.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'

import { account, bank, transfer } from '../../examples/bank-transfer/main.ts'
import { silentLogger } from '../../src/ports/index.ts'
import {
  actor,
  effect,
  isSpawnError,
  saga,
  sagaSettled,
  step,
  type System,
  type SystemOptions,
} from '../../src/sdk/index.ts'
import { MemoryStore } from '../../src/stores/memory/index.ts'
import { until } from '../../src/testing/index.ts'
import { DyingStore } from './dying-store.ts'

const folder = mkdtempSync(join(tmpdir(), 'spawn-saga-'))
after(() => rmSync(folder, { recursive: true, force: true }))

let files = 0
const newFile = () => `sqlite:${join(folder, `${(files += 1)}.db`)}` as const
const open = (options: Partial<SystemOptions> = {}): Promise<System> =>
  bank.with({ store: newFile(), logger: silentLogger, ...options }).start()

const balance = async (running: System, name: string) => (await running.ref(account, name).get()).balance

async function give(running: System, owners: readonly string[], amount: number): Promise<void> {
  await Promise.all(owners.map((name) => running.ref(account, name).deposit({ amount })))
}

describe('a transfer', () => {
  test('is answered when it has begun, and books both sides', async () => {
    await using running = await open()
    await give(running, ['ada'], 100)
    const run = running.ref(transfer, 't-1')
    assert.equal((await run.status()).status, 'new')
    const begun = await run.start({ from: 'ada', to: 'eve', amount: 30 })
    assert.deepEqual([begun.status, begun.step], ['running', 'withdraw'])
    const end = await sagaSettled(running, transfer, 't-1')
    const results = { withdraw: { balance: 70 }, deposit: { balance: 30 } }
    assert.deepEqual(end, { status: 'done', step: null, results, error: null, obstacle: null })
    assert.deepEqual(await run.start({ from: 'ada', to: 'eve', amount: 30 }), end)
    await assert.rejects(run.start({ from: 'ada', to: 'eve', amount: 31 }), (error) => {
      assert.ok(isSpawnError(error))
      assert.equal(error.code, 'INVALID_ARGUMENT')
      return /started with another input/.test(error.message)
    })
    assert.deepEqual([await balance(running, 'ada'), await balance(running, 'eve')], [70, 30])
  })

  test('gives the money back when it cannot be deposited, and leaves no dead letter', async () => {
    await using running = await open()
    await give(running, ['ada'], 100)
    await running.ref(account, 'eve').close()
    await running.ref(transfer, 't-1').start({ from: 'ada', to: 'eve', amount: 30 })
    const { status, error } = await sagaSettled(running, transfer, 't-1')
    assert.equal(status, 'compensated')
    assert.deepEqual([error?.step, error?.code], ['deposit', 'PERMISSION_DENIED'])
    assert.equal(await balance(running, 'ada'), 100)
    assert.deepEqual((await running.deadLetters.list()).items, [])
  })

  test('does nothing when its first step fails', async () => {
    await using running = await open()
    await running.ref(transfer, 't-1').start({ from: 'ada', to: 'eve', amount: 30 })
    const { status, error } = await sagaSettled(running, transfer, 't-1')
    assert.deepEqual([status, error?.step], ['compensated', 'withdraw'])
    assert.equal(await balance(running, 'eve'), 0)
  })

  test('keeps the sum among many, whatever becomes of each', async () => {
    await using running = await open({ store: 'memory' })
    const owners = ['ada', 'bob', 'cyd', 'dan', 'eve']
    await give(running, owners, 100)
    await running.ref(account, 'eve').close()
    const names = Array.from({ length: 200 }, (_, at) => `t-${at}`)
    const ends = await Promise.all(
      names.map(async (name, at) => {
        const input = {
          from: owners[at % 5] ?? '',
          to: owners[(at * 7 + 1) % 5] ?? '',
          amount: (at * 13) % 90,
        }
        await running.ref(transfer, name).start(input)
        return (await sagaSettled(running, transfer, name)).status
      }),
    )
    assert.deepEqual([...new Set(ends)].toSorted(), ['compensated', 'done'])
    const balances = await Promise.all(owners.map((name) => balance(running, name)))
    assert.equal(
      balances.reduce((sum, one) => sum + one, 0),
      500,
    )
    const listed = async (status: string) =>
      (await running.list({ parent: 'transfer', tags: { status }, limit: 500 })).actors.length
    assert.deepEqual(
      [await listed('running'), await listed('done')],
      [0, ends.filter((end) => end === 'done').length],
    )
  })
})

describe('a saga goes on after a crash', () => {
  const cases = [
    { to: 'eve', end: 'done', left: 70, got: 30 },
    { to: 'closed', end: 'compensated', left: 100, got: 0 },
  ] as const
  for (const { to, end, left, got } of cases) {
    test(`at any commit, made or lost, of one that ends ${end}`, async () => {
      const input = { from: 'ada', to, amount: 30 }
      for (const made of [false, true]) {
        let crashes = 0
        for (;;) {
          const store = new MemoryStore()
          await during(open({ store }), async (running) => {
            await give(running, ['ada'], 100)
            await running.ref(account, 'closed').close()
          })
          const dying = new DyingStore(store, crashes, made)
          await during(open({ store: dying }), async (running) => {
            // Its answer may be lost with the store.
            const begun = running.ref(transfer, 't-1').start(input)
            const settled = begun.then(() => sagaSettled(running, transfer, 't-1'))
            await Promise.race([settled.catch(() => dying.death), dying.death])
          })
          if (!dying.isDead) break
          crashes += 1
          await during(open({ store }), async (running) => {
            await running.ref(transfer, 't-1').start(input)
            const { status } = await sagaSettled(running, transfer, 't-1')
            const balances = [await balance(running, 'ada'), await balance(running, to)]
            assert.deepEqual(
              [status, ...balances],
              [end, left, got],
              `commit ${crashes}, ${made ? 'made' : 'lost'}`,
            )
          })
        }
        assert.ok(crashes >= 5, `${crashes} points at which it can crash`)
      }
    })
  }

  test('as after a stop between any two steps, on one file', async () => {
    const store = newFile()
    await during(open({ store }), async (running) => {
      await give(running, ['ada'], 100)
      await running.ref(account, 'closed').close()
      await running.ref(transfer, 't-1').start({ from: 'ada', to: 'closed', amount: 30 })
    })
    let lives = 0
    for (let status = 'running'; status !== 'compensated'; lives += 1) {
      assert.ok(lives < 20)
      await during(open({ store }), async (running) => {
        const stood = await running.inspect('t-1', { ref: 'transfer' })
        await until('it to move on', async () => {
          const now = await running.inspect('t-1', { ref: 'transfer' })
          status = (await running.ref(transfer, 't-1').status()).status
          return now.revision > stood.revision || status === 'compensated'
        })
      })
    }
    await during(open({ store }), async (running) => assert.equal(await balance(running, 'ada'), 100))
  })
})

test('a saga whose definition was missing for a while goes on when its dead letters are retried', async () => {
  const store = new MemoryStore()
  const input = { from: 'ada', to: 'eve', amount: 30 }
  await during(open({ store }), async (running) => {
    await give(running, ['ada'], 100)
    await running.ref(transfer, 't-1').start(input)
  })
  await during(open({ store, actors: [account] }), (running) =>
    until('the news to die', async () => (await running.deadLetters.list()).items.length === 1),
  )
  await during(open({ store }), async (running) => {
    assert.equal((await running.ref(transfer, 't-1').status()).status, 'running')
    const [letter] = (await running.deadLetters.list()).items
    assert.equal(await running.deadLetters.retry(letter?.id ?? ''), true)
    assert.equal((await sagaSettled(running, transfer, 't-1')).status, 'done')
  })
})

describe('a saga whose steps', () => {
  const put = step('put', {
    run: () => effect(account, 'ada').deposit({ amount: 1 }),
    compensate: () => effect('crank', 'turn'),
  })
  const fail = step('fail', { run: () => effect('crank', 'nothing of that name') })

  test('cannot be undone is stuck; it goes on when it is resumed, and is told and listed', async () => {
    let works = false
    const crank = actor('crank', {
      actions: {
        turn: () => {
          if (!works) throw new Error('it is stuck')
        },
      },
    })
    const stubborn = saga('stubborn', [put, fail], { compensation: { attempts: 3, backoff: 1 } })
    await using running = await open({ actors: [account, crank, stubborn], store: 'memory' })
    const news: unknown[] = []
    running.subscribe('saga:stubborn', (one) => news.push(one))
    const run = running.ref(stubborn, 'run-1')
    await run.start()
    const stuck = await sagaSettled(running, stubborn, 'run-1')
    assert.deepEqual([stuck.status, stuck.step, stuck.obstacle?.code], ['stuck', 'put', 'ACTION_FAILED'])
    assert.equal(stuck.error?.code, 'ACTION_NOT_FOUND')
    const { actors } = await running.list({ parent: 'stubborn', tags: { status: 'stuck' } })
    assert.deepEqual(
      actors.map(({ id }) => id.name),
      ['run-1'],
    )
    works = true
    await run.resume()
    assert.equal((await sagaSettled(running, stubborn, 'run-1')).status, 'compensated')
    assert.deepEqual(news, [
      { name: 'run-1', status: 'stuck' },
      { name: 'run-1', status: 'compensated' },
    ])
  })

  test('cannot be sent, or are cancelled before they are due, has failed', async () => {
    const later = step('later', {
      run: () => effect(account, 'ada').deposit({ amount: 1 }, { delay: 3_600_000 }),
    })
    const patient = saga('patient', [later])
    const unsendable = saga('unsendable', [
      step('bad', { run: () => effect(account, 'ada').deposit(5n as never) }),
    ])
    await using running = await open({ actors: [account, patient, unsendable], store: 'memory' })
    await running.ref(unsendable, 'run-1').start()
    const bad = await sagaSettled(running, unsendable, 'run-1')
    assert.deepEqual([bad.status, bad.error?.code], ['compensated', 'INVALID_ARGUMENT'])
    await running.ref(patient, 'run-1').start()
    const { items } = await running.schedules.list()
    assert.equal(items.length, 1)
    assert.equal(await running.schedules.cancel(items[0]?.id ?? ''), true)
    const cancelled = await sagaSettled(running, patient, 'run-1')
    assert.deepEqual([cancelled.status, cancelled.error?.code], ['compensated', 'CANCELLED'])
  })
})

test('a run that was deleted on its way is no part of the one that begins under its name', async () => {
  const waiting: (() => void)[] = []
  const desk = actor('desk', {
    actions: {
      serve: async () => {
        const turns = waiting.length
        await new Promise<void>((resolve) => waiting.push(resolve))
        if (turns === 1) throw new Error('closed')
        return `turn ${turns}`
      },
    },
  })
  const visit = saga('visit', [step('serve', { run: () => effect(desk).serve() })])
  await using running = await open({ actors: [desk, visit], store: 'memory' })
  await running.ref(visit, 'v-1').start()
  await until('the first step to run', () => waiting[0])
  await running.delete('v-1', { ref: 'visit' })
  await running.ref(visit, 'v-1').start()
  waiting[0]?.()
  await until('the step of the other run', () => waiting[1])
  waiting[1]?.()
  const { error, results, status } = await sagaSettled(running, visit, 'v-1')
  assert.deepEqual([status, error?.code, results], ['compensated', 'ACTION_FAILED', {}])
})

describe('waiting for a saga', () => {
  test('ends with a reason when it takes too long', async () => {
    await using running = await open({ store: 'memory' })
    await assert.rejects(sagaSettled(running, transfer, 't-1', { timeout: 20 }), (error) => {
      assert.ok(isSpawnError(error))
      assert.equal(error.code, 'DEADLINE_EXCEEDED')
      return /"transfer" of the name "t-1" has not come to rest within 20 ms: it is new/.test(error.message)
    })
  })

  test('hears of its end at once, and of one that it has missed', async () => {
    await using running = await open({ store: 'memory' })
    await give(running, ['ada'], 1)
    const waiting = sagaSettled(running, transfer, 't-1')
    await running.ref(transfer, 't-1').start({ from: 'ada', to: 'eve', amount: 1 })
    assert.equal((await waiting).status, 'done')
    assert.equal((await sagaSettled(running, transfer, 't-1')).status, 'done')
  })
})

/** Gives a system to what needs it, and stops it. */
async function during(opening: Promise<System>, task: (running: System) => unknown): Promise<void> {
  const running = await opening
  try {
    await task(running)
  } finally {
    await running.stop({ timeout: 1 })
  }
}
