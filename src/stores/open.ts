// From a plan to a store: the one place that names the stores by what an operator calls them. It makes a store and does
// not start it. What a store is wrapped in is decided here, too, so it is so for a program, a proxy and the tools alike.

import { readFile } from 'node:fs/promises'
import { type Clock, messageOf, type Random, SpawnError } from '../base/index.ts'
import type { Logger, SpawnTables, Statestore } from '../ports/index.ts'
import type { Rotation } from './sealed/index.ts'
import type { DatabaseTls } from './sql/options.ts'
import type { SealingPlan } from './state-keys.ts'
import type { DatabasePlan, StorePlan } from './store-plan.ts'

export type { Rotation, RotationPage } from './sealed/index.ts'

export interface StoreSurroundings {
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
}

/**
 * @param sealing what it is encrypted with; null: not at all.
 * @throws SpawnError INVALID_ARGUMENT that says what to do.
 */
export async function makeStore(
  plan: StorePlan,
  sealing: SealingPlan | null,
  surroundings: StoreSurroundings,
): Promise<Statestore> {
  return sealedStore(await bareStore(plan, surroundings), sealing, surroundings)
}

/** A store that is there, encrypted if it is to be. */
export async function sealedStore(
  store: Statestore,
  sealing: SealingPlan | null,
  surroundings: StoreSurroundings,
): Promise<Statestore> {
  if (sealing === null) return store
  const { SealedStore } = await import('./sealed/index.ts')
  const [{ id } = { id: '' }, ...others] = sealing.keys
  const { actorKeys, keys, readsPlain, service } = sealing
  const opens = others.map((key) => key.id)
  const fields = service === undefined ? { key: id } : { key: 'drawn', service: service.name }
  surroundings.logger.info('states are encrypted', { ...fields, opens, readsPlain })
  const apart = actorKeys === undefined ? undefined : await bareStore(actorKeys, surroundings)
  return new SealedStore(store, { keys, service, readsPlain, actorKeys: apart, clock: surroundings.clock })
}

/** Null: it is not encrypted, or cannot replace what it keeps. */
export async function rotationOf(store: Statestore): Promise<Rotation | null> {
  const { SealedStore } = await import('./sealed/index.ts')
  return store instanceof SealedStore ? (store.rotation ?? null) : null
}

/** Each is imported only when it is used: a program pays for no driver, thread or file of another's. */
async function bareStore(plan: StorePlan, surroundings: StoreSurroundings): Promise<Statestore> {
  if (plan.kind === 'memory') {
    const { MemoryStore } = await import('./memory/index.ts')
    return new MemoryStore()
  }
  if (plan.kind === 'sqlite') {
    const { SqliteStore } = await import('./sqlite/index.ts')
    return new SqliteStore({ file: plan.file, clock: surroundings.clock, logger: surroundings.logger })
  }
  if (plan.kind === 'served') {
    const { openServed } = await import('./served/index.ts')
    return openServed(plan.address, surroundings)
  }
  if (plan.kind === 'postgres') {
    const { PostgresStore } = await import('./postgres/index.ts')
    return new PostgresStore({ ...plan, tls: await tlsOf(plan), ...surroundings })
  }
  const { MariadbStore } = await import('./mariadb/index.ts')
  return new MariadbStore({ ...plan, tls: await tlsOf(plan), ...surroundings })
}

/**
 * The tables that Spawn's Elixir runtime has in a database, not opened.
 *
 * @throws SpawnError INVALID_ARGUMENT for what is no database server.
 */
export async function spawnTables(plan: StorePlan): Promise<SpawnTables> {
  if ('others' in plan && plan.others.length > 0)
    throw new SpawnError(
      'INVALID_ARGUMENT',
      'the tables are read from one server: name one host, not several',
    )
  if (plan.kind === 'postgres') {
    const { PostgresSpawnTables } = await import('./postgres/index.ts')
    return new PostgresSpawnTables({ ...plan, tls: await tlsOf(plan) })
  }
  if (plan.kind === 'mariadb') {
    const { MariadbSpawnTables } = await import('./mariadb/index.ts')
    return new MariadbSpawnTables({ ...plan, tls: await tlsOf(plan) })
  }
  throw new SpawnError(
    'INVALID_ARGUMENT',
    'Spawn keeps its actors in Postgres or MariaDB: name postgres://… or mariadb://…',
  )
}

/** @throws SpawnError INVALID_ARGUMENT when the file of certificates cannot be read. */
async function tlsOf({ tls }: DatabasePlan): Promise<DatabaseTls | null> {
  if (tls === null) return null
  const { caFile, serverName, verify } = tls
  return {
    verify,
    ...(caFile !== null && { ca: await certificatesIn(caFile) }),
    ...(serverName !== null && { serverName }),
  }
}

async function certificatesIn(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (cause) {
    const message = `the certificates to trust cannot be read from ${file}: ${messageOf(cause)}`
    throw new SpawnError('INVALID_ARGUMENT', message, { cause, details: { file } })
  }
}
