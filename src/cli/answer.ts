// What the server's answers look like, checked: something else that listens on the port must not pass for a server.

import type { Rows } from './listing.ts'

export interface ActorRow {
  readonly name: string
  /** Empty for a named actor. */
  readonly parent: string
  readonly revision: number
  readonly tags: Readonly<Record<string, string>>
  /** ISO 8601. */
  readonly committedAt: string
}

export interface Address {
  readonly system: string
  /** Empty for a named actor. */
  readonly parent: string
  readonly name: string
}

export interface ScheduleRow {
  readonly id: string
  readonly to: Address
  readonly action: string
  /** ISO 8601. */
  readonly dueAt: string
  readonly cron: string | null
  readonly timeZone: string | null
  /** Null: the outside. */
  readonly from: Address | null
}

export interface DeadLetterRow {
  readonly id: string
  readonly to: Address
  readonly action: string
  readonly attempts: number
  readonly error: { readonly code: string; readonly message: string }
  /** ISO 8601. */
  readonly diedAt: string
}

/** A schedule or a dead letter that stands and cannot be read. */
export interface UnreadableRow {
  readonly id: string
  readonly box: string
  /** ISO 8601. Of a schedule. */
  readonly dueAt?: string
  /** Of a dead letter. */
  readonly diedAt?: string
  readonly unreadable: { readonly code: string; readonly message: string }
}

export interface RevisionRow {
  readonly revision: number
  /** ISO 8601. */
  readonly committedAt: string
  readonly tags: Readonly<Record<string, string>>
}

export interface HistoryRows extends Rows<RevisionRow> {
  /** What the actor's definition keeps. */
  readonly keeps: { readonly revisions: number; readonly durationMs: number }
}

/** One field that differs. */
export interface ChangeRow {
  readonly path: readonly (string | number)[]
  readonly kind: 'added' | 'removed' | 'changed'
  readonly before?: unknown
  readonly after?: unknown
}

export interface DiffAnswer {
  readonly from: RevisionRow
  readonly to: RevisionRow
  readonly state: readonly ChangeRow[]
  readonly tags: readonly ChangeRow[]
}

export interface RestoredAnswer {
  /** The one that stands now. */
  readonly revision: number
  /** The one that it is made from. */
  readonly from: number
}

/** What a call rests on. */
export interface CallReceipt {
  readonly actor: Pick<Address, 'parent' | 'name'>
  readonly revision: number
  readonly durability: string
}

/** Null when it is no page of actors. */
export function actorRowsOf(value: unknown): Rows<ActorRow> | null {
  return rowsOf(value, 'actors', isActor)
}

/** Null when it is no count. */
export function countOf(value: unknown): number | null {
  return isObject(value) && typeof value['count'] === 'number' ? value['count'] : null
}

/** Null when it is no page of revisions. */
export function historyRowsOf(value: unknown): HistoryRows | null {
  const rows = rowsOf(value, 'revisions', isRevision)
  if (rows === null || !isObject(value) || !isObject(value['keeps'])) return null
  const { durationMs, revisions } = value['keeps']
  const good = typeof durationMs === 'number' && typeof revisions === 'number'
  return good ? { ...rows, keeps: { revisions, durationMs } } : null
}

/** Null when it does not say what changed. */
export function diffOf(value: unknown): DiffAnswer | null {
  if (!isObject(value)) return null
  const { from, state, tags, to } = value
  const good = isRevision(from) && isRevision(to) && areChanges(state) && areChanges(tags)
  return good ? { from, to, state, tags } : null
}

/** Null when it does not name both revisions. */
export function restoredOf(value: unknown): RestoredAnswer | null {
  if (!isObject(value)) return null
  const { from, revision } = value
  return typeof from === 'number' && typeof revision === 'number' ? { revision, from } : null
}

export interface ErasureAnswer {
  readonly name: string
  readonly parent: string
  readonly key: string
  readonly revision: number
  readonly messages: number
  readonly begunAt: string
  readonly doneAt: string
}

/** Null when it is no proof of an erasure. */
export function erasureOf(value: unknown): ErasureAnswer | null {
  if (!isObject(value)) return null
  const { begunAt, doneAt, key, messages, name, parent, revision } = value
  const texts = [begunAt, doneAt, key, name, parent].every((text) => typeof text === 'string')
  // Its fields were looked at just now.
  return texts && typeof messages === 'number' && typeof revision === 'number'
    ? (value as unknown as ErasureAnswer)
    : null
}

/** Null when it is no page of schedules. */
export function scheduleRowsOf(value: unknown): Rows<ScheduleRow | UnreadableRow> | null {
  return lettersOf(value, rowsOf(value, 'schedules', isSchedule), ({ dueAt = '' }) => dueAt)
}

/** Null when it is no page of dead letters. */
export function deadLetterRowsOf(value: unknown): Rows<DeadLetterRow | UnreadableRow> | null {
  return lettersOf(value, rowsOf(value, 'deadLetters', isDeadLetter), ({ diedAt = '' }) => diedAt)
}

/** With those that cannot be read, in order of time: a page has them apart, and leaves them out when there are none. */
function lettersOf<Row>(
  value: unknown,
  readable: Rows<Row> | null,
  timeOf: (row: Row | UnreadableRow) => string,
): Rows<Row | UnreadableRow> | null {
  if (readable === null || !isObject(value) || value['unreadable'] === undefined) return readable
  type Any = Row | UnreadableRow
  const all: Any[] = [...readable.rows]
  const inTime = (one: Any, other: Any): number => Date.parse(timeOf(one)) - Date.parse(timeOf(other))
  if (!Array.isArray(value['unreadable'])) return null
  for (const each of value['unreadable']) {
    if (!isUnreadable(each)) return null
    const { error, ...rest } = each
    all.push({ ...rest, unreadable: error })
  }
  return { rows: all.sort(inTime), next: readable.next }
}

/** Null when it does not name a system. */
export function systemOf(value: unknown): string | null {
  return isObject(value) && typeof value['system'] === 'string' ? value['system'] : null
}

/** Null when it does not name a schedule. */
export function scheduleOf(value: unknown): string | null {
  return isObject(value) && typeof value['schedule'] === 'string' ? value['schedule'] : null
}

/** Null when the headers carry no receipt. */
export function receiptOf(headers: Readonly<Record<string, unknown>>): CallReceipt | null {
  const { 'spawn-actor': actor, 'spawn-revision': revision, 'spawn-durability': durability } = headers
  if (typeof actor !== 'string' || typeof durability !== 'string' || !/^\d+$/.test(String(revision)))
    return null
  try {
    const [name = '', parent = ''] = actor.split('/').map(decodeURIComponent).toReversed()
    return { actor: { parent, name }, revision: Number(revision), durability }
  } catch {
    // Not percent-encoded: nobody who writes receipts wrote it.
    return null
  }
}

function rowsOf<Row>(value: unknown, field: string, isRow: (row: unknown) => row is Row): Rows<Row> | null {
  if (!isObject(value)) return null
  const { [field]: rows, next } = value
  const good = Array.isArray(rows) && rows.every(isRow) && (next === null || typeof next === 'string')
  return good ? { rows, next } : null
}

function isActor(value: unknown): value is ActorRow {
  if (!isObject(value)) return false
  const { name, parent, revision, tags, committedAt } = value
  return areTexts(name, parent, committedAt) && typeof revision === 'number' && isObject(tags)
}

function isRevision(value: unknown): value is RevisionRow {
  if (!isObject(value)) return false
  const { committedAt, revision, tags } = value
  return areTexts(committedAt) && typeof revision === 'number' && isObject(tags)
}

function areChanges(value: unknown): value is readonly ChangeRow[] {
  return Array.isArray(value) && value.every(isChange)
}

function isChange(value: unknown): value is ChangeRow {
  if (!isObject(value)) return false
  const { kind, path } = value
  return Array.isArray(path) && (kind === 'added' || kind === 'removed' || kind === 'changed')
}

function isSchedule(value: unknown): value is ScheduleRow {
  if (!isObject(value)) return false
  const { id, to, action, dueAt, cron, timeZone, from } = value
  const good = areTexts(id, action, dueAt) && isAddress(to)
  return (
    good &&
    (from === null || isAddress(from)) &&
    [cron, timeZone].every((text) => text === null || areTexts(text))
  )
}

function isDeadLetter(value: unknown): value is DeadLetterRow {
  if (!isObject(value)) return false
  const { id, to, action, attempts, error, diedAt } = value
  const good = areTexts(id, action, diedAt) && isAddress(to) && typeof attempts === 'number'
  return good && isObject(error) && areTexts(error['code'], error['message'])
}

function isUnreadable(
  value: unknown,
): value is Omit<UnreadableRow, 'unreadable'> & { readonly error: UnreadableRow['unreadable'] } {
  if (!isObject(value)) return false
  const { box, error, id } = value
  const times = [value['diedAt'] ?? '', value['dueAt'] ?? '']
  return areTexts(id, box, ...times) && isObject(error) && areTexts(error['code'], error['message'])
}

function isAddress(value: unknown): value is Address {
  return isObject(value) && areTexts(value['system'], value['parent'], value['name'])
}

export function areTexts(...values: readonly unknown[]): boolean {
  return values.every((value) => typeof value === 'string')
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
