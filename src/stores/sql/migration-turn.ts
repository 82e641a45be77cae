// Whose turn it is to migrate a database, when many begin at the same time: who gets the vendor's lock; the others wait,
// however long a statement of the first takes, and find it done. Decides how long they wait.
//
// Invariant: a lock is the session's, and a session that says nothing between two statements is ended by the server
// itself: so nobody who is gone is waited for.

import { SpawnError } from '../../base/index.ts'
import type { Migration } from '../../ports/index.ts'
import type { Database } from './database.ts'
import type { Session } from './session.ts'

const LONGEST_WAIT_MS = 3_600_000
const LONGEST_ASK_MS = 500

/** How long the lock is waited for in one statement, in milliseconds: less than that may take. */
export function askMs(requestMs: number): number {
  return Math.min(LONGEST_ASK_MS, Math.ceil(requestMs / 2))
}

/** @param attempt answers what was done; null: another has the lock. @throws SpawnError STORE_UNAVAILABLE */
export async function migrateInTurn<Opened extends Session>(
  database: Database<Opened>,
  attempt: (connection: Opened) => Promise<readonly Migration[] | null>,
): Promise<readonly Migration[]> {
  const { address, options } = database
  const { clock, logger } = options
  const startMs = clock.elapsedMs()
  for (let asked = 0; ; asked += 1) {
    const done = await database.persist(attempt)
    if (done !== null) return done
    if (asked === 0) logger?.info('waiting for another member that migrates the database')
    if (clock.elapsedMs() - startMs > LONGEST_WAIT_MS)
      throw new SpawnError(
        'STORE_UNAVAILABLE',
        `another has been migrating ${address} for an hour; look after it`,
      )
  }
}
