// How rows are looked up by keys that come as arrays: one by one, each by the index of the table, however many stand, and whatever
// the server knew of that when it made its plan. A plan that is prepared goes on for as long as nobody counts the rows anew: one of
// a table that had none or few would read all of them.
//
// Invariant: the look-up is no join that could be done another way, and connection.ts leaves it no other way than an index, and no
// sort. Where several indexes would do, it wants an order that only one of them has.

/** Of an actor in `u`. */
export const ITS_ACTOR = { system: 'u.system', parent: 'u.parent', name: 'u.name' } as const

/**
 * What is behind CROSS JOIN LATERAL.
 *
 * @param key what each column of the table's primary key is to be.
 */
export function oneByOne(table: string, key: Readonly<Record<string, string>>): string {
  const conditions = Object.entries(key).map(([column, value]) => `t.${column} = ${value}`)
  // OFFSET keeps it from becoming a join.
  return `(SELECT * FROM spawn.${table} AS t WHERE ${conditions.join(' AND ')} OFFSET 0)`
}

/**
 * The same of an envelope. By its id alone it could as well be looked for in the index of what is due, through all that is
 * pending in its system; as a range, ids have an order, and only the primary key has them in it.
 */
export function envelopeOf(system: string, id: string): string {
  return `(SELECT t.ctid AS at, t.* FROM spawn.outbox AS t
    WHERE t.system = ${system} AND t.id >= ${id} AND t.id <= ${id} ORDER BY t.id)`
}
