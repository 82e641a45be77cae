// The store that a command line and the environment mean: made for who serves, made and looked after for who works on the
// store itself. What is wrong with a line is told with its place and never with what was written there: a URL may have a
// password in it.
//
// Invariant: a store that is only read is not made, and not changed: neither its tables nor what is in them.

import { isSpawnError, systemClock, systemRandom } from '../base/index.ts'
import { type Logger, silentLogger, type Statestore } from '../ports/index.ts'
import type { Mistake } from '../proxy/config/config-file.ts'
import { valuesIn } from '../proxy/config/environment.ts'
import { readStore, type StoreSources } from '../proxy/config/store-source.ts'
import { makeStore, sealedStore } from '../stores/open.ts'
import { sealingIn, type SealingPlan, STATE_KEY_VARIABLE } from '../stores/state-keys.ts'
import type { StorePlan } from '../stores/store-plan.ts'
import { storeText } from '../stores/store-url.ts'
import { EXIT } from './exit-codes.ts'
import { Failure, usageFailure } from './failure.ts'
import type { Terminal } from './terminal.ts'

export interface LineStore {
  readonly plan: StorePlan
  /** Encrypted, if the environment has a key. */
  readonly store: Statestore
  /** What that is, without what encrypts it. */
  readonly bare: Statestore
  readonly sealing: SealingPlan | null
}

/**
 * Null: nobody says a store.
 *
 * @throws Failure USAGE, or the code of what the store refuses.
 */
export async function storeOnLine(sources: StoreSources, logger: Logger): Promise<LineStore | null> {
  const read = readStore(sources)
  if (read.mistakes !== undefined) throw lineFailure(read.mistakes)
  const { plan } = read
  if (plan === null) return null
  const sealing = sealingOf(sources)
  try {
    const surroundings = { clock: systemClock, random: systemRandom, logger }
    const bare = await makeStore(plan, null, surroundings)
    return { plan, bare, sealing, store: await sealedStore(bare, sealing, surroundings) }
  } catch (thrown) {
    throw asFailure(thrown)
  }
}

function sealingOf({ env }: StoreSources): SealingPlan | null {
  const reading = sealingIn(valuesIn(env))
  if (reading === null || 'plan' in reading) return reading?.plan ?? null
  throw lineFailure([{ where: STATE_KEY_VARIABLE, problem: reading.problem }])
}

function lineFailure(mistakes: readonly Mistake[]): Failure {
  const [first, ...more] = mistakes.map(({ problem, where }) => `${where} ${problem}`)
  return new Failure(first ?? '', { exit: EXIT.usage, code: 'USAGE', lines: more, details: { mistakes } })
}

/** What the runtime or a store refuses has a message that says what to do. */
export function asFailure(thrown: unknown): unknown {
  if (!isSpawnError(thrown) || thrown.code === 'DEFECT') return thrown
  return new Failure(thrown.message, { exit: EXIT.failed, code: thrown.code, cause: thrown })
}

/** What a URL on the line means, with who connects from the environment. @throws Failure USAGE */
export function planOnLine(text: string, where: string, { env }: Terminal): StorePlan {
  const read = readStore({ line: { text, where }, env, readsFile: false })
  if (read.mistakes !== undefined) throw lineFailure(read.mistakes)
  return read.plan ?? { kind: 'memory' }
}

export interface NamedStore {
  /** As it was written; undefined: what the environment says. */
  readonly store: string | undefined
  /** The option that names it. Default: `--store`. */
  readonly where?: string
}

/**
 * Hands the store that is meant to `work`, not started, and stops it at the end.
 *
 * @throws Failure USAGE when none is meant, or the code of what the store refuses.
 */
export async function withStore<T>(
  { store, where = '--store' }: NamedStore,
  terminal: Terminal,
  work: (line: LineStore) => Promise<T>,
): Promise<T> {
  const { env } = terminal
  const line = { text: store, where }
  const meant = kept(await storeOnLine({ line, env, readsFile: true }, waitsOn(terminal)))
  try {
    return await work(meant)
  } catch (thrown) {
    throw toFailure(thrown)
  } finally {
    await meant.store.stop()
  }
}

/**
 * Starts a store that is there and up to date, and no other: to start one makes its tables and brings them up to date.
 *
 * @throws Failure STORE that says what to do.
 */
export async function startToRead({ plan, store }: LineStore): Promise<void> {
  const { newest, pending, version } = (await store.schema?.status()) ?? {
    version: 1,
    newest: 1,
    pending: [],
  }
  const where = storeText(plan)
  if (version === 0) {
    throw storeFailure(
      `there is nothing at ${where}: no system has kept anything there`,
      'is it the right one?',
    )
  }
  if (pending.length > 0) {
    const message = `the tables of ${where} have version ${version}, and this release needs ${newest}`
    throw storeFailure(message, 'bring them up to date with `spawn store migrate`; --dry-run shows how')
  }
  await store.start()
}

function storeFailure(message: string, hint: string): Failure {
  return new Failure(message, { exit: EXIT.failed, code: 'STORE', hint })
}

/** What a store waits for, and mends by itself, is shown while it lasts; what comes of it, the command says. */
function waitsOn(terminal: Terminal): Logger {
  return { ...silentLogger, warn: (what) => terminal.progress(`${what} …`) }
}

function kept(line: LineStore | null): LineStore {
  if (line === null)
    throw usageFailure('no store is named', 'say which with --store <url>, or with PROXY_STORE')
  if (line.plan.kind !== 'memory') return line
  throw usageFailure(
    'memory is gone with its process',
    'name a store that is kept: sqlite:<path>, postgres://… or mariadb://…',
  )
}

function toFailure(thrown: unknown): unknown {
  if (!isSpawnError(thrown) || thrown.code === 'DEFECT') return thrown
  const exit = thrown.retryable ? EXIT.busy : EXIT.failed
  return new Failure(thrown.message, { exit, code: thrown.code, cause: thrown })
}
