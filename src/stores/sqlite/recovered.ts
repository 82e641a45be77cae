// What a row of the journal says that a crash has left: read again, or refused with what to do.

import { messageOf, SpawnError } from '../../base/index.ts'
import { type FramedCommit, unpackFrame } from '../frames/frame.ts'
import type { SQLField } from './dictionary.ts'
import type { RecoveredRow } from './journal-table.ts'

export interface Recovered {
  /** Without those that met a conflict. */
  readonly commits: readonly FramedCommit[]
  readonly placesGiven: readonly number[] | null
}

/** @throws SpawnError STATE_UNREADABLE */
export function recovered({ frame, id, placesGiven, refused }: RecoveredRow, file: string): Recovered {
  try {
    if (!(frame instanceof Uint8Array)) throw new TypeError('it has no frame')
    const places = new Set(numbers(refused))
    const commits = unpackFrame(frame).filter((_commit, at) => !places.has(at))
    return { commits, placesGiven: placesGiven === null ? null : numbers(placesGiven) }
  } catch (cause) {
    const message =
      `row ${id} of the journal of the store file ${file} cannot be read (${messageOf(cause)}): ` +
      'open it with the release that wrote it, or restore a backup'
    throw new SpawnError('STATE_UNREADABLE', message, { cause, details: { file, row: id } })
  }
}

/** Of a JSON array that this room has written. */
function numbers(json: SQLField | undefined): number[] {
  return typeof json === 'string' ? (JSON.parse(json) as number[]) : []
}
