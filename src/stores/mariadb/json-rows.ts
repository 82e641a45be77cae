// Rows of a statement's parameter as a table in SQL: a JSON array of arrays, one for each row. Decides how a column is
// found, by its place in the row. Bytes do not stand in JSON: they are one parameter, and a row says where its own begin.
//
// A statement that is stopped (`KILL QUERY`) while the server goes through the JSON may end as if there were no more rows, or
// no more fields in one, without an error. So a field that is not found is an error here, and whoever uses rows counts them.

import type { ActorId } from '../../protocol/index.ts'
import { IS_READ_ONLY } from './server.ts'

/** A type for each column, in the order of the array. */
export type Layout = Readonly<Record<string, string>>

export const NUMBER = 'BIGINT'
const NAME = 'VARBINARY(512)'

/** An idempotency key. */
export const KEY = 'VARBINARY(512)'

/** An envelope's id. */
export const ID = 'VARBINARY(2048)'

/** A parameter whose rows a server that has become a replica answers nothing for: what stands there may have been replaced. */
export const ASKED = `IF(${IS_READ_ONLY}, NULL, ?)`

/** The parts of an actor's address, as they lead a row. What is alike in all rows comes last. */
export const ADDRESS = { name: NAME, parent: NAME, system: NAME } as const

/** The condition that a row `a` of a table is of the actor of the row `u`. */
export const SAME_ACTOR = 'a.system = u.system AND a.parent = u.parent AND a.name = u.name'

/**
 * The table `u` of the rows in `json`.
 *
 * @param columns those that are wanted; each costs time. Default: all.
 * @param ordinal whether there is a column `n` that counts the rows from 1.
 */
export function rowsOf<Columns extends Layout>(
  json: string,
  layout: Columns,
  {
    columns,
    ordinal = false,
  }: { readonly columns?: readonly (keyof Columns)[]; readonly ordinal?: boolean } = {},
): string {
  const found = Object.entries(layout)
    .map(([name, type], at) => ({ name, sql: `${name} ${type} PATH '$[${at}]' ERROR ON EMPTY` }))
    .filter(({ name }) => columns?.includes(name) !== false)
    .map(({ sql }) => sql)
  if (ordinal) found.unshift('n FOR ORDINALITY')
  return `JSON_TABLE(${json}, '$[*]' COLUMNS (${found.join(', ')})) AS u`
}

/** Addresses as rows, in order. */
export function addressesOf(ids: readonly ActorId[]): string {
  return `[${ids.map((id) => `[${addressText(id)}]`).join(',')}]`
}

/** As it leads a row. */
export function addressText({ name, parent, system }: ActorId): string {
  return `${JSON.stringify(name)},${JSON.stringify(parent)},${JSON.stringify(system)}`
}
