// The archive of a store file, on the side of the main thread: what crosses to the store's thread and back. What a page has
// in it and what is written is decided there.

import type { Archive, ArchiveChange, ArchivePage, ArchiveRow, PageRequest } from '../../ports/index.ts'
import type { Packed } from '../../protocol/index.ts'
import { ARCHIVE_START, archivePosition } from '../archive-token.ts'
import { crossingRow, withClass } from '../crossing.ts'
import { ARCHIVE_KEYS } from './archive-keys.ts'
import type { StoreThread } from './store-thread.ts'

export class SqliteArchive implements Archive {
  readonly #alive: () => Promise<StoreThread>

  /** @param alive answers the store's thread. */
  constructor(alive: () => Promise<StoreThread>) {
    this.#alive = alive
  }

  async read({ after, limit }: PageRequest): Promise<ArchivePage> {
    const position = after === undefined ? ARCHIVE_START : archivePosition(after, ARCHIVE_KEYS)
    const { next, rows } = await (await this.#alive()).ask('readArchive', { position, limit })
    return { next, rows: rows.map((row) => crossingRow(row, withClass)) }
  }

  async write(rows: readonly ArchiveRow[]): Promise<number> {
    if (rows.length === 0) return 0
    return (await this.#alive()).ask('writeArchive', { rows: rows.map((row) => crossingRow(row, alone)) })
  }

  async replace(changes: readonly ArchiveChange[]): Promise<number> {
    if (changes.length === 0) return 0
    const crossed = changes.map(({ after, before }) => ({
      before: crossingRow(before, alone),
      after: crossingRow(after, alone),
    }))
    return (await this.#alive()).ask('replaceInArchive', { changes: crossed })
  }
}

/** Bytes that are a part of a larger buffer would take all of it along. */
function alone({ typeUrl, value }: Packed): Packed {
  return { typeUrl, value: value.byteLength === value.buffer.byteLength ? value : value.slice() }
}
