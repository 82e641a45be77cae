// The tables of a database that Spawn's Elixir runtime has kept its actors in, as far as they are needed to take these over.
// They are read, never written; what a row means is decided by who takes it over.
//
//  - `current` and `past` answer rows in batches, both of one moment, as far as the database can. A batch comes to some
//    mebibytes, or to one row, and has at most LIMITS.loadGroup.
//  - The key of a row is a short hash of its actor: two actors may share one, and then the row is of who was saved last.

/** A row: of an actor as it stands, or of its past. */
export interface SpawnRow {
  readonly id: number
  readonly system: string | null
  readonly actor: string | null
  readonly revision: number | null
  /** JSON; null: none. */
  readonly tags: string | null
  /** The type URL of the state. */
  readonly dataType: string | null
  /** The state, encrypted or not. */
  readonly data: Uint8Array | null
  /** When it was saved, epoch milliseconds. */
  readonly savedAtMs: number | null
}

export interface SpawnPastRow extends SpawnRow {
  /** Whose row stands under this id; null: nobody's. */
  readonly owner: { readonly system: string | null; readonly actor: string | null } | null
}

export interface SpawnTables {
  /** @throws SpawnError STORE_UNAVAILABLE, INVALID_ARGUMENT when the database has no such tables. */
  open(): Promise<void>
  /** In no order. To be read before `past`. */
  current(): AsyncIterable<readonly SpawnRow[]>
  /** Rows of one id come together, the newest first. Nothing where the database keeps no past. */
  past(): AsyncIterable<readonly SpawnPastRow[]>
  close(): Promise<void>
}
