// The archive of a store that is to be moved. Decides what is said of a store that has none.

import { SpawnError } from '../base/index.ts'
import type { Archive, Statestore } from '../ports/index.ts'

/** @throws SpawnError INVALID_ARGUMENT */
export function archiveOf({ archive, name }: Statestore): Archive {
  if (archive !== undefined) return archive
  throw new SpawnError(
    'INVALID_ARGUMENT',
    `the store ${name} cannot be read or written row by row: move it with the tools of what it is kept in`,
  )
}
