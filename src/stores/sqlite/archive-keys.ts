// What the positions of an archive's pages are made of: the keys of the tables. Both sides of the store's thread know it.

/** What the keys of positions are made of. */
export const ARCHIVE_KEYS = {
  /** Family and name. */
  actor: ['number', 'string'],
  /** And revision. */
  past: ['number', 'string', 'number'],
  /** The table's row, and within it the key, family and name of the outcome. */
  outcome: ['number', 'string', 'number', 'string'],
  /** Place. */
  envelope: ['number'],
} as const
