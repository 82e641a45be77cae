// How long who does not migrate waits for who does, and that operators hear of it.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Logger, Migration } from '../../ports/index.ts'
import { silentLogger } from '../../ports/index.ts'
import { VirtualClock } from '../../testing/index.ts'
import { migrateInTurn } from './migration-turn.ts'
import { settledOptions } from './options.ts'
import { statusOf } from './schema-status.ts'
import type { Session } from './session.ts'

const ASK_MS = 500
const MINUTE_MS = 60_000
const MIGRATIONS: readonly Migration[] = [
  { version: 1, title: 'one', statements: ['a'] },
  { version: 2, title: 'two', statements: ['b', 'c'] },
]

/** A database whose lock another has until `freeAtMs`; who waits begins at version `version`. */
function waitingFor(
  freeAtMs: number,
  options: { version: number; migrationMs: number },
): {
  readonly clock: VirtualClock
  readonly tookMs: () => number
  readonly told: { readonly what: string; readonly atMs: number }[]
  readonly begin: () => Promise<readonly Migration[]>
} {
  const clock = new VirtualClock()
  const beganMs = clock.elapsedMs()
  const tookMs = (): number => clock.elapsedMs() - beganMs
  const told: { what: string; atMs: number }[] = []
  const logger: Logger = {
    ...silentLogger,
    warn: (what) => void told.push({ what, atMs: tookMs() }),
  }
  const { migrationMs, version } = options
  const database = {
    address: 'db:5432/shop',
    options: settledOptions({
      host: 'db',
      port: 5_432,
      database: 'shop',
      user: 'ada',
      password: '',
      tls: null,
      migrationMs,
      clock,
      logger,
    }),
    async persist<Result>(): Promise<Result> {
      await new Promise<void>((resolve) => void clock.after(ASK_MS, resolve))
      // What the attempt answers: nothing is left to do once the lock is free.
      const answer: unknown = tookMs() < freeAtMs ? null : []
      return answer as Result
    },
  }
  const attempt = (): Promise<null> => Promise.resolve(null)
  const begin = (): Promise<readonly Migration[]> =>
    migrateInTurn<Session>(database, statusOf(version, MIGRATIONS), attempt)
  return { clock, tookMs, told, begin }
}

test('another who migrates is waited for as long as its statements may take, and no longer', async () => {
  const hours = waitingFor(3 * 60 * MINUTE_MS - ASK_MS, { version: 1, migrationMs: 90 * MINUTE_MS })
  assert.deepEqual(await hours.clock.run(hours.begin(), { maxMs: 4 * 60 * MINUTE_MS }), [])
  const never = waitingFor(Infinity, { version: 0, migrationMs: MINUTE_MS })
  await assert.rejects(never.clock.run(never.begin(), { maxMs: 60 * MINUTE_MS }), {
    code: 'STORE_UNAVAILABLE',
    message: /migrating db:5432\/shop for 3m, as long as its 3 statements may take: .* migration_timeout$/,
  })
  assert.equal(never.tookMs(), 3 * MINUTE_MS)
})

test('a wait is told once it lasts, and a short one never', async () => {
  const long = waitingFor(MINUTE_MS, { version: 0, migrationMs: MINUTE_MS })
  await long.clock.run(long.begin())
  assert.deepEqual(long.told, [
    { what: 'waiting for another member that migrates the database', atMs: 5_000 },
  ])
  const short = waitingFor(2_000, { version: 0, migrationMs: MINUTE_MS })
  await short.clock.run(short.begin())
  assert.deepEqual(short.told, [])
})

test('nothing is waited for where nothing is to be done', async () => {
  const at = waitingFor(Infinity, { version: 2, migrationMs: MINUTE_MS })
  assert.deepEqual(await at.begin(), [])
})
