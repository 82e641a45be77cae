// What Spawn's Elixir runtime leaves in a database, written by code that knows nothing of how it is read: rows, saves, and the
// encryption of states. Where rows go is said by who has a database.

import { createCipheriv, randomBytes } from 'node:crypto'
import { SpawnSource, takeIn, type SpawnNotice } from '../../src/archive/index.ts'
import type { Statestore } from '../../src/ports/index.ts'
import { spawnTables } from '../../src/stores/open.ts'
import { readStoreUrl } from '../../src/stores/store-url.ts'
import { clock } from './fixture.ts'

export const NOON_MS = Date.UTC(2_026, 4, 5, 12)
export const TYPE = 'type.googleapis.com/spawn.JSONType'

export interface Saved {
  readonly id: number
  readonly actor: string | null
  readonly system: string | null
  readonly revision: number | null
  readonly tags?: unknown
  readonly dataType?: string | null
  readonly data?: Buffer | null
  readonly atMs: number
}

/** A database with the tables of Spawn. */
export interface ElixirDatabase {
  readonly url: string
  /** Saves a row as the runtime does: what stood under its id goes into the past. */
  readonly save: (row: Saved) => Promise<void>
  readonly remove: (id: number, atMs: number) => Promise<void>
  /** As in a database that keeps no past. */
  readonly dropPast: () => Promise<void>
  readonly end: () => Promise<void>
}

export function saved(id: number, actor: string, revision: number, more: Partial<Saved> = {}): Saved {
  return {
    id,
    actor,
    system: 'eigr-system',
    revision,
    tags: {},
    dataType: TYPE,
    data: stateOf(actor, revision),
    atMs: NOON_MS + revision * 1_000,
    ...more,
  }
}

export function stateOf(actor: string, revision: number): Buffer {
  return Buffer.from(`\n${JSON.stringify({ actor, revision })}`)
}

export const KEY = Buffer.from('000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f', 'hex')

export function sealed(plain: Buffer, key: Buffer = KEY): Buffer {
  const iv = randomBytes(16)
  const cipher = createCipheriv('aes-256-gcm', key, iv)
  cipher.setAAD(Buffer.from('AES256GCM'))
  const text = Buffer.concat([cipher.update(plain), cipher.final()])
  return Buffer.concat([Buffer.from([1, 10]), Buffer.from('AES.GCM.V1'), iv, cipher.getAuthTag(), text])
}

export interface TakenOver {
  readonly notices: readonly SpawnNotice[]
}

/** Takes all of it over into a store. */
export async function takeOver(
  { url }: ElixirDatabase,
  target: Statestore,
  keys: readonly Uint8Array[] = [],
): Promise<TakenOver> {
  const reading = readStoreUrl(url)
  if (!('plan' in reading)) throw new Error(reading.problem)
  const tables = await spawnTables(reading.plan)
  const notices: SpawnNotice[] = []
  try {
    await tables.open()
    const notice = async (told: SpawnNotice): Promise<void> => void notices.push(told)
    const source = new SpawnSource({ tables, name: 'the tables', target, keys, notice })
    await takeIn({ source, target, targetName: 'memory', merges: false, clock })
  } finally {
    await tables.close()
  }
  return { notices }
}
