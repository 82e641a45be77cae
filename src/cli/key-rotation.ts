// The work of `spawn store rotate-keys`: page after page, with what there is to say about it. What is due is decided by the
// store's rotation; here, how often its mark is set, and how it ends.

import { systemClock } from '../base/index.ts'
import { type Rotation, rotationOf, type RotationPage } from '../stores/open.ts'
import { Course, type Reached, reachedText, standingRows } from './course.ts'
import { EXIT, type ExitCode } from './exit-codes.ts'
import { Failure, usageFailure } from './failure.ts'
import { type LineStore, startToRead } from './store-line.ts'
import { tableLines } from './table.ts'
import { printable, type Terminal } from './terminal.ts'

export interface RotationLine {
  readonly check: boolean
  readonly fromStart: boolean
  readonly json: boolean
}

const PAGE = 500
/** How often it is said how far it is, and marked in the store, in milliseconds. */
const TELL_EVERY_MS = 1_000
/** Of what cannot be read: shown one by one. */
const SHOWN = 20

class Totals {
  rows = 0
  counted = 0
  sealed = 0
  overtaken = 0
  unreadable = 0
  readonly byKey = new Map<string, number>()
  /** Whether it goes on where an earlier run was cut off, and so counts only what that one left. */
  readonly #isResumed: boolean

  constructor(isResumed: boolean) {
    this.#isResumed = isResumed
  }

  add(page: RotationPage): void {
    this.rows += page.rows
    this.counted += page.counted
    this.sealed += page.sealed
    this.overtaken += page.overtaken
    this.unreadable += page.unreadable.length
    for (const [key, rows] of page.byKey) this.byKey.set(key, (this.byKey.get(key) ?? 0) + rows)
  }

  /** @param reached how far it has come; null: to the end. */
  json(reached: Reached | null): string {
    const { byKey, overtaken, rows, sealed, unreadable } = this
    const counts = { rows, sealed, overtaken, unreadable, byKey: Object.fromEntries(byKey) }
    const course = { done: reached === null, resumed: this.#isResumed }
    return JSON.stringify({ ...course, ...counts, ...(reached !== null && { reached }) })
  }
}

/** @throws Failure USAGE when there is no key; STATE_UNREADABLE, KEYS for what is not as it should be at the end. */
export async function rotateKeys(
  line: LineStore,
  options: RotationLine,
  terminal: Terminal,
): Promise<ExitCode> {
  if (line.sealing === null)
    throw usageFailure(
      'there is no key',
      'set SPAWN_STATESTORE_KEY; its first key is the one to encrypt with',
    )
  const rotation = await rotationOf(line.store)
  if (rotation === null) throw usageFailure('this store cannot replace what it keeps')
  await startToRead(line)
  const totals = await turn(rotation, await standingRows(line.bare), options, terminal)
  if (options.json) await terminal.print(totals.json(null))
  return (options.check ? checked : rotated)(rotation, totals, options, terminal)
}

/** Goes through the whole store. @param standing how many rows it has, but for kept replies; null: nobody knows. */
async function turn(
  rotation: Rotation,
  standing: number | null,
  { check, fromStart, json }: RotationLine,
  terminal: Terminal,
): Promise<Totals> {
  const begun = await rotation.resumed()
  const resumed = check || fromStart ? null : begun
  const totals = new Totals(resumed !== null)
  let after = resumed?.after ?? null
  if (resumed !== null && !json) terminal.note('going on where an earlier run was cut off')
  const course = new Course(systemClock, standing, resumed?.counted)
  let toldMs = systemClock.now()
  do {
    const page = await rotation.page(after, PAGE, !check)
    const shown = Math.max(0, Math.min(page.unreadable.length, SHOWN - totals.unreadable))
    for (const unreadable of page.unreadable.slice(0, shown))
      terminal.note(json ? JSON.stringify({ unreadable }) : printable(unreadable))
    totals.add(page)
    after = page.next
    const nowMs = systemClock.now()
    if (nowMs - toldMs < TELL_EVERY_MS || after === null) continue
    toldMs = nowMs
    const reached = course.reach(totals.counted)
    if (!check) await rotation.mark(after, reached.at, nowMs)
    terminal.progress(`looked at ${reachedText(reached)}, ${count(totals.sealed)} encrypted anew`)
    if (json) await terminal.print(totals.json(reached))
  } while (after !== null)
  if (!check) await rotation.mark(null, 0, systemClock.now())
  return totals
}

function rotated(
  rotation: Rotation,
  { overtaken, rows, sealed, unreadable }: Totals,
  { json }: RotationLine,
  terminal: Terminal,
): ExitCode {
  const meanwhile =
    overtaken === 0
      ? ''
      : `, ${count(overtaken)} changed in the moment and are the running system's to encrypt`
  if (!json)
    terminal.note(`${count(sealed)} of ${count(rows)} rows encrypted anew with "${rotation.to}"${meanwhile}`)
  if (unreadable === 0) return EXIT.ok
  const more = unreadable > SHOWN ? `; the first ${SHOWN} are shown` : ''
  throw new Failure(
    `${count(unreadable)} ${unreadable === 1 ? 'row' : 'rows'} cannot be opened with these keys, and stay as they are${more}`,
    {
      exit: EXIT.failed,
      code: 'STATE_UNREADABLE',
    },
  )
}

async function checked(
  rotation: Rotation,
  { byKey, rows }: Totals,
  { json }: RotationLine,
  terminal: Terminal,
): Promise<ExitCode> {
  const found = [...byKey].toSorted(([one], [other]) => (one < other ? -1 : 1))
  if (!json) {
    const lines = found.map(([key, amount]) => [keyText(key), count(amount)])
    for (const text of tableLines([['KEY', 'ROWS'], ...lines], terminal.width)) await terminal.print(text)
  }
  const others = found.filter(([key]) => key !== rotation.to && key !== 'own')
  if (others.length === 0) {
    if (!json) terminal.note(`all of ${count(rows)} rows are encrypted with "${rotation.to}"`)
    return EXIT.ok
  }
  const due = others.reduce((sum, [, amount]) => sum + amount, 0)
  throw new Failure(`${count(due)} of ${count(rows)} rows are not encrypted with "${rotation.to}"`, {
    exit: EXIT.failed,
    code: 'KEYS',
    hint: 'without --check, they are encrypted anew',
  })
}

function keyText(key: string): string {
  if (key === '') return '(not encrypted)'
  return key === 'own' ? "(actors' own keys)" : key
}

function count(amount: number): string {
  return amount.toLocaleString('en')
}
