// Whose turn it is to migrate a database, when many begin at the same time: who gets the vendor's lock; the others wait,
// however long a statement of the first takes, and find it done. Decides how long they wait, and what they say of it.
//
// Invariant: a lock is the session's, and a session that says nothing between two statements is ended by the server
// itself: so nobody who is gone is waited for. Nor is one who is there waited for longer than its statements may take.

import { SpawnError, spanText } from '../../base/index.ts'
import type { Migration, SchemaStatus } from '../../ports/index.ts'
import type { Database } from './database.ts'
import { checkKnown } from './schema-status.ts'
import type { Session } from './session.ts'

const LONGEST_ASK_MS = 500
/** A wait that is longer is told to operators, once. */
const UNTOLD_MS = 5_000

/** How long the lock is waited for in one statement, in milliseconds: less than that may take. */
export function askMs(requestMs: number): number {
  return Math.min(LONGEST_ASK_MS, Math.ceil(requestMs / 2))
}

/**
 * @param status what stood before.
 * @param attempt answers what was done; null: another has the lock.
 * @returns what was done; nothing, where another was first.
 * @throws SpawnError STORE_UNAVAILABLE, also for a schema of a newer release.
 */
export async function migrateInTurn<Opened extends Session>(
  database: Pick<Database<Opened>, 'address' | 'options' | 'persist'>,
  status: SchemaStatus,
  attempt: (connection: Opened) => Promise<readonly Migration[] | null>,
): Promise<readonly Migration[]> {
  const { address, options } = database
  const { clock, logger, migrationMs } = options
  checkKnown(address, status)
  const statements = status.pending.reduce((sum, migration) => sum + migration.statements.length, 0)
  if (statements === 0) return []
  const limitMs = statements * migrationMs
  const startMs = clock.elapsedMs()
  for (let isTold = false; ;) {
    const done = await database.persist(attempt)
    if (done !== null) return done
    const waitedMs = clock.elapsedMs() - startMs
    if (waitedMs >= limitMs)
      throw new SpawnError(
        'STORE_UNAVAILABLE',
        `another has been migrating ${address} for ${spanText(limitMs)}, as long as its ${statements} statements may take: ` +
          'look after it, or give them longer with migration_timeout',
      )
    if (isTold || waitedMs < UNTOLD_MS) continue
    logger?.warn('waiting for another member that migrates the database', { address, limitMs })
    isTold = true
  }
}
