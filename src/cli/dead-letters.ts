// What `dead-letters retry` and `dead-letters discard` have in common: one letter or all of them, the count, and what is
// told on the way. `--all` means the letters that stand when it begins: it reads all their ids first, so that one that
// dies again meanwhile is not taken up again without an end.

import { LIMITS } from '../base/index.ts'
import type { Client } from './client.ts'
import { EXIT } from './exit-codes.ts'
import { Failure, usageFailure } from './failure.ts'
import { printable, type Terminal } from './terminal.ts'

/** Requests under way at once: enough for the store to commit them in groups. */
const AT_ONCE = 16

const ADVICE = '`spawn dead-letters list` says why, and `spawn dead-letters discard <id>` drops one'

export const DEAD_LETTER_ARGUMENT = {
  name: 'id',
  help: 'its id, as `spawn dead-letters list` shows it; or --all',
  optional: true,
} as const

/** What is done to a letter. */
export interface Deed {
  /** For messages, and the name of the count in JSON: `retried`. */
  readonly done: string
  /** False: the letter is gone. */
  readonly act: (id: string) => Promise<boolean>
}

/** @returns null for all. @throws Failure USAGE unless exactly one of them is given. */
export function oneOrAll(id: string | undefined, all: boolean): string | null {
  if (all && id !== undefined) throw usageFailure('--all takes no id beside it')
  if (!all && id === undefined) throw usageFailure('<id> is missing: name a dead letter, or say --all')
  return id ?? null
}

export async function dealWithOne(
  id: string,
  { done, act }: Deed,
  terminal: Terminal,
  json: boolean,
): Promise<void> {
  if (!(await act(id))) throw noDeadLetter(id)
  if (json) await terminal.print(JSON.stringify({ [done]: 1 }))
  else terminal.note(`${done} ${printable(id)}`)
}

/** @param ask asks whether it may be done, and throws if not. */
export async function dealWithAll(
  client: Client,
  deed: Deed,
  terminal: Terminal,
  json: boolean,
  ask: (what: string) => Promise<void> = async () => {},
): Promise<void> {
  const { ids, unreadable } = await standing(client)
  if (unreadable > 0 && !json)
    terminal.note(
      `${letters(unreadable)} cannot be read and ${unreadable === 1 ? 'stays' : 'stay'}: ${ADVICE}`,
    )
  if (ids.length > 0) await ask(`all ${letters(ids.length)}`)
  const count = await dealWith(ids, deed, terminal)
  const gone = ids.length - count
  if (json) {
    await terminal.print(JSON.stringify({ [deed.done]: count, gone, ...(unreadable > 0 && { unreadable }) }))
    return
  }
  const rest = gone === 0 ? '' : `; ${gone} had gone before`
  const none = unreadable === 0 ? 'no dead letters stand' : 'no others stand'
  terminal.note(ids.length === 0 ? none : `${deed.done} ${letters(count)}${rest}`)
}

export function noDeadLetter(id: string): Failure {
  const message = `there is no dead letter ${JSON.stringify(id)}: it was retried or discarded, or never was one`
  const hint = 'see what stands with `spawn dead-letters list`'
  return new Failure(message, { exit: EXIT.failed, code: 'NOT_FOUND', hint })
}

/** Those that can be read, and how many cannot: nobody knows what these are, so none is dealt with but by its own id. */
async function standing(client: Client): Promise<{ ids: string[]; unreadable: number }> {
  const ids: string[] = []
  let unreadable = 0
  let after: string | undefined
  do {
    const { rows, next } = await client.deadLetters({ limit: String(LIMITS.pageSize), after })
    for (const row of rows) {
      if ('unreadable' in row) unreadable += 1
      else ids.push(row.id)
    }
    after = next ?? undefined
  } while (after !== undefined)
  return { ids, unreadable }
}

/** @returns how many it was done to. */
async function dealWith(ids: readonly string[], { done, act }: Deed, terminal: Terminal): Promise<number> {
  let count = 0
  for (let at = 0; at < ids.length; at += AT_ONCE) {
    terminal.progress(`${done} ${count} of ${ids.length}`)
    const ends = await Promise.allSettled(ids.slice(at, at + AT_ONCE).map(act))
    count += ends.filter((end) => end.status === 'fulfilled' && end.value).length
    const failed = ends.find((end) => end.status === 'rejected')
    if (failed !== undefined) throw withCount(failed.reason, done, count)
  }
  terminal.progress('')
  return count
}

/** A failure on the way does not hide what was done before it. */
function withCount(thrown: unknown, done: string, count: number): unknown {
  if (!(thrown instanceof Failure)) return thrown
  const message = `${thrown.message} (${letters(count)} ${count === 1 ? 'was' : 'were'} ${done} before)`
  return thrown.with({ message, details: { ...thrown.details, [done]: count }, cause: thrown })
}

function letters(count: number): string {
  return count === 1 ? '1 dead letter' : `${count} dead letters`
}
