// A listing page by page: as a table, or as one JSON document per row. It decides how many rows are asked for and how the
// reader learns that there are more; what a row is and where it comes from, the command says.

import { LIMITS } from '../base/index.ts'
import { usageFailure } from './failure.ts'
import { flag, text, whole } from './option.ts'
import type { QueryValues } from './question.ts'
import { printable, type Terminal } from './terminal.ts'

export const LISTING_OPTIONS = {
  limit: whole('count', `At most so many; default ${LIMITS.defaultPageSize}`, { least: 1, most: 1e9 }),
  all: flag('All of them, page by page'),
  after: text('cursor', 'Go on where a list before ended'),
} as const

interface ListingOptions {
  readonly limit: number | undefined
  readonly all: boolean
  readonly after: string | undefined
}

export interface Rows<Row> {
  readonly rows: readonly Row[]
  /** Where the following page begins; null: there is none. */
  readonly next: string | null
}

export interface Listing<Row> {
  readonly heading: readonly string[]
  /** Printable texts, as many as the heading has. */
  readonly cells: (row: Row) => readonly string[]
  readonly page: (query: QueryValues) => Promise<Rows<Row>>
  /** What is said when there is no row at all. */
  readonly empty: () => Promise<string>
}

/** @throws Failure USAGE when the options exclude each other; apart, so that it is told before anything is sent. */
export function checkListing({ all, limit }: ListingOptions): void {
  if (all && limit !== undefined) throw usageFailure('--all and --limit exclude each other')
}

export async function showListing<Row>(
  listing: Listing<Row>,
  { all, limit, after: from }: ListingOptions,
  terminal: Terminal,
  json: boolean,
): Promise<void> {
  let left = all ? Infinity : (limit ?? LIMITS.defaultPageSize)
  let after: string | null = from ?? null
  let shown = 0
  do {
    const query = { limit: String(Math.min(left, LIMITS.pageSize)), after: after ?? undefined }
    const { rows, next } = await listing.page(query)
    if (json) for (const row of rows) await terminal.print(JSON.stringify(row))
    else if (rows.length > 0) await showTable(listing, rows, shown === 0, terminal)
    shown += rows.length
    left -= rows.length
    after = next
  } while (after !== null && left > 0)
  if (shown === 0 && !json) terminal.note(await listing.empty())
  // On stderr, so that stdout carries rows only.
  if (after !== null)
    terminal.note(json ? JSON.stringify({ next: after }) : `there are more: --after ${after}, or --all`)
}

async function showTable<Row>(
  { heading, cells }: Listing<Row>,
  rows: readonly Row[],
  first: boolean,
  terminal: Terminal,
): Promise<void> {
  const { tableLines } = await import('./table.ts')
  const [head = '', ...lines] = tableLines([heading, ...rows.map(cells)], terminal.width)
  if (first) await terminal.print(terminal.style('bold', head))
  for (const line of lines) await terminal.print(line)
}

/** A time from the server, for a table: without its milliseconds. */
export function timeCell(iso: string): string {
  return iso.replace(/\.\d+Z$/, 'Z')
}

/** Why what stands cannot be read, for a table. */
export function whyUnreadable({
  code,
  message,
}: {
  readonly code: string
  readonly message: string
}): string {
  return printable(`unreadable: ${code}: ${message}`)
}

/** Who an actor is, for a table. */
export function addressCell({ parent, name }: { readonly parent: string; readonly name: string }): string {
  return printable(parent === '' ? name : `${parent}/${name}`)
}

/** The tags of an actor, for a table. */
export function tagsCell(tags: Readonly<Record<string, string>>): string {
  const entries = Object.entries(tags).map(([key, value]) => `${key}=${value}`)
  return printable(entries.join(' '))
}
