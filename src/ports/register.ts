// The register: the few facts on which all members of a cluster agree. Entries with revisions, changed only by who names the
// revision that stands. Leases and the view are entries; what they mean is decided in mesh/.
//
// What every register keeps:
//  - Revisions grow with every change of any entry, and are never used again, also after a removal or a restart of what
//    keeps them.
//  - `put` and `remove` are atomic: of two that name the same revision, one is done.
//  - `get` sees every change that was answered before it was asked.
//  - When `put` or `remove` rejects, it may have been done, or be done later.
//  - `watch` tells every entry that stands, then every change: for one key in the order of revisions, none of them twice.
//    Changes that follow each other quickly may be told as the last of them. After a pause in the connection it goes on by
//    itself, with all that was missed.
//  - Every request ends within a time limit of the register's own.

export interface RegisterEntry {
  readonly key: string
  /** Null: it was removed. */
  readonly value: string | null
  readonly revision: number
}

export interface Register {
  /** @throws SpawnError MEMBER_UNAVAILABLE that says what cannot be reached, and what to do. */
  start(): Promise<void>
  stop(): Promise<void>
  /** The entry as it stands; null: there is none. @throws SpawnError MEMBER_UNAVAILABLE */
  get(key: string): Promise<RegisterEntry | null>
  /**
   * Changes an entry, or makes it.
   *
   * @param follows the revision that stands, that of a removal included; 0: it never stood, or is removed.
   * @returns its revision from now on; null: something else stands, and nothing was changed.
   * @throws SpawnError MEMBER_UNAVAILABLE: the outcome is unknown.
   */
  put(key: string, value: string, follows: number): Promise<number | null>
  /** @returns false: something else stands, and nothing was changed. @throws as `put` */
  remove(key: string, follows: number): Promise<boolean>
  /** Before `start`, once. */
  watch(listener: (entry: RegisterEntry) => void): void
}
