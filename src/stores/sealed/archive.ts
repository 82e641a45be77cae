// The archive of a sealed store: its rows are read opened and written sealed, so that what is exported is good for any
// other store, sealed or not, under any keys. Unlike elsewhere a row that cannot be opened fails its whole page: nothing is
// to be missing in an export without a word. Rotation does without it: see rotation.ts.

import {
  type Archive,
  type ArchiveChange,
  type ArchivePage,
  type ArchiveRow,
  isRotationMark,
  type PageRequest,
  type Statestore,
} from '../../ports/index.ts'
import type { Opener } from './opener.ts'
import type { ActorId } from '../../protocol/index.ts'
import type { SealedRow } from './fields.ts'
import { isWrappedKey } from './wrapped-keys.ts'
import type { Seal, Sealer } from './sealer.ts'

/** A row as it stood, and as it is to be: sealed. */
export interface SealedChange {
  readonly before: ArchiveRow
  readonly after: SealedRow
}

/** An archive that takes nothing but what was sealed. */
export interface ArchiveBehind extends Pick<Archive, 'read'> {
  write(rows: readonly SealedRow[]): Promise<number>
  replace(changes: readonly SealedChange[]): Promise<number>
}

export interface SealedArchiveOptions {
  readonly store: Statestore
  readonly archive: ArchiveBehind
  readonly opener: Opener
  readonly sealer: Sealer
  readonly seal: Seal
  /** Has the keys of actors' own that these rows are sealed with in memory. */
  readonly ready: (rows: readonly ArchiveRow[]) => Promise<void>
}

export class SealedArchive implements Archive {
  readonly #options: SealedArchiveOptions

  constructor(options: SealedArchiveOptions) {
    this.#options = options
  }

  async read(page: PageRequest): Promise<ArchivePage> {
    const { next, rows: all } = await this.#options.archive.read(page)
    const rows = all.filter((row) => row.kind !== 'actor' || !isOfThisStore(row.actor.id))
    await this.#options.ready(rows)
    return { rows: rows.map((row) => openedRow(this.#options.opener, row)), next }
  }

  async write(rows: readonly ArchiveRow[]): Promise<number> {
    return this.#options.archive.write(rows.map((row) => this.#sealed(row)))
  }

  /** What stood is known only as it was opened: it is looked up as it stands, and compared there. */
  async replace(changes: readonly ArchiveChange[]): Promise<number> {
    const sealed: SealedChange[] = []
    for (const { after, before } of changes) {
      const standing = await this.#standing(before)
      if (standing === null) continue
      sealed.push({ before: standing, after: this.#sealed(withBytesOf(standing, after)) })
    }
    return this.#options.archive.replace(sealed)
  }

  #sealed(row: ArchiveRow): SealedRow {
    const { seal, sealer } = this.#options
    return sealer.row(seal, row)
  }

  /** The same row as it is stored; null: it is not as it was. */
  async #standing(row: ArchiveRow): Promise<ArchiveRow | null> {
    const found = await this.#find(row)
    if (found === null) return null
    await this.#options.ready([found])
    return bytesOf(openedRow(this.#options.opener, found)) === bytesOf(row) ? found : null
  }

  async #find(row: ArchiveRow): Promise<ArchiveRow | null> {
    const { store } = this.#options
    if (row.kind === 'outcome') {
      const outcome = await store.loadOutcome(row.id, row.outcome.key, 0)
      return outcome === null ? null : { ...row, outcome }
    }
    if (row.kind === 'envelope') {
      const [envelope = null] = await store.envelopes(row.system, [row.envelope.id])
      return envelope === null ? null : { ...row, envelope }
    }
    const { id, revision } = row.actor
    const actor = await store.loadRevision(id, { revision })
    return actor === null ? null : { ...row, actor }
  }
}

/** With all of it opened. @throws SpawnError STATE_UNREADABLE */
export function openedRow(opener: Opener, row: ArchiveRow): ArchiveRow {
  if (row.kind === 'outcome') return { ...row, outcome: opener.outcome(row.id, row.outcome) }
  // Spread: what is opened when it is read, is read.
  if (row.kind === 'envelope') return { ...row, envelope: { ...opener.envelope(row.system, row.envelope) } }
  return { ...row, actor: { ...opener.actor(row.actor) } }
}

/** Another store has keys, and pages, of its own. */
function isOfThisStore(id: ActorId): boolean {
  return isWrappedKey(id) || isRotationMark(id)
}

/** Sealed bytes are bound to the rest of their row, which no replacement changes. */
function withBytesOf(standing: ArchiveRow, after: ArchiveRow): ArchiveRow {
  if (standing.kind === 'outcome' && after.kind === 'outcome')
    return { ...standing, outcome: { ...standing.outcome, reply: after.outcome.reply } }
  if (standing.kind === 'envelope' && after.kind === 'envelope') {
    const { header, payload } = after.envelope
    return { ...standing, envelope: { ...standing.envelope, header, payload } }
  }
  if ('actor' in standing && 'actor' in after)
    return { ...standing, actor: { ...standing.actor, state: after.actor.state } }
  return standing
}

/** What a replacement is judged by, comparable. */
function bytesOf(row: ArchiveRow): string {
  if (row.kind === 'outcome') return JSON.stringify([row.outcome.expiresAtMs, packedText(row.outcome.reply)])
  if (row.kind === 'envelope') {
    const { box, dueAtMs, header, payload, place } = row.envelope
    return JSON.stringify([place, box, dueAtMs, header, packedText(payload)])
  }
  const { birth, revision, state } = row.actor
  return JSON.stringify([revision, birth, packedText(state)])
}

function packedText(packed: { readonly typeUrl: string; readonly value: Uint8Array } | null): string | null {
  return packed === null ? null : `${packed.typeUrl} ${Buffer.from(packed.value).toString('base64')}`
}
