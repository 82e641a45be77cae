// What commands that move rows have in common: how far they are, and how many rows there were, as people read it.

import type { RowCounts } from '../archive/index.ts'
import { type Clock, messageOf } from '../base/index.ts'
import { Course, reachedText } from './course.ts'
import { EXIT } from './exit-codes.ts'
import { Failure } from './failure.ts'
import type { Terminal } from './terminal.ts'

/** How often the line of progress changes, in milliseconds. */
const PROGRESS_MS = 100
const CHUNK_BYTES = 1_024 * 1_024

/** `1,204 actors, 3,300 past revisions, 12 outcomes, 0 messages, 4,504 facts`. */
export function countsText({ actor, envelope, fact, outcome, past }: RowCounts): string {
  return [
    counted(actor, 'actor'),
    counted(past, 'past revision'),
    counted(outcome, 'outcome'),
    counted(envelope, 'message'),
    counted(fact, 'fact'),
  ].join(', ')
}

export function counted(count: number, what: string): string {
  return `${count.toLocaleString('en')} ${what}${count === 1 ? '' : 's'}`
}

/** A file, or standard input for `-`. @throws Failure, while it is read, for a file that cannot be. */
export async function* bytesOf(file: string, stdin: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  if (file === '-') {
    yield* stdin
    return
  }
  const { createReadStream } = await import('node:fs')
  try {
    yield* createReadStream(file, { highWaterMark: CHUNK_BYTES }) as AsyncIterable<Uint8Array>
  } catch (thrown) {
    throw new Failure(`${file} cannot be read (${messageOf(thrown)})`, { exit: EXIT.failed, code: 'FILE' })
  }
}

/** Shows counts while they grow, now and then. @param of how many there are, but for outcomes; null: nobody knows. */
export function progressOn(
  terminal: Terminal,
  clock: Clock,
  verb: string,
  of: number | null = null,
): (counts: RowCounts) => void {
  const course = new Course(clock, of)
  let lastMs = Number.NEGATIVE_INFINITY
  return (counts) => {
    const nowMs = clock.now()
    if (nowMs - lastMs < PROGRESS_MS) return
    lastMs = nowMs
    const reached = course.reach(counts.actor + counts.past + counts.envelope + counts.fact)
    const rows = of === null ? '' : ` ${reachedText(reached)}:`
    terminal.progress(`${verb}${rows} ${countsText(counts)}`)
  }
}
