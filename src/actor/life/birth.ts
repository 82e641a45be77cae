// The mark of an incarnation: what tells an actor that was deleted and made again from the one before, whose revisions
// were counted from 1 as well. See ports/statestore.ts.

import { below, type Random } from '../../base/index.ts'

/** Not yet given. */
export const UNBORN = 0

/** Births are whole numbers from 1 to this: six bytes in a row of SQLite, and no more than Random can tell apart. */
const BIRTHS = 2 ** 47 - 1

/** A new one. It need not be unique in a system: it must differ from that of the same actor's lives before. */
export function drawBirth(random: Random): number {
  return 1 + below(random, BIRTHS)
}
