// What differs between two JSON values, field by field. Decides which places are told apart: fields of objects by their
// keys; of arrays, what is equal at their beginnings and ends is left out, and the rest is compared place by place. Pure.
//
// Invariant: the changes, applied to the one value, give the other.

/** One place at which two JSON values differ. */
export interface JsonChange {
  /** Keys of objects and places in arrays, from the outside in; empty: the whole. */
  readonly path: readonly (string | number)[]
  readonly kind: 'added' | 'removed' | 'changed'
  /** Undefined for what was added. */
  readonly before?: unknown
  /** Undefined for what was removed. */
  readonly after?: unknown
}

type Path = readonly (string | number)[]

/** Both as JSON.stringify takes them; undefined: there is none. Fields in the order of `before`, then new ones of `after`. */
export function jsonDiff(before: unknown, after: unknown): JsonChange[] {
  const changes: JsonChange[] = []
  compare(plain(before), plain(after), [], changes)
  return changes
}

/** Its JSON, read again: what is undefined or has a form of its own is as it would be stored. */
function plain(value: unknown): unknown {
  const text = JSON.stringify(value) as string | undefined
  return text === undefined ? undefined : JSON.parse(text)
}

function compare(before: unknown, after: unknown, path: Path, changes: JsonChange[]): void {
  if (Array.isArray(before) && Array.isArray(after)) compareArrays(before, after, path, changes)
  else if (isFields(before) && isFields(after)) compareFields(before, after, path, changes)
  else if (!isSame(before, after)) changes.push(changeOf(before, after, path))
}

function compareFields(
  before: Readonly<Record<string, unknown>>,
  after: Readonly<Record<string, unknown>>,
  path: Path,
  changes: JsonChange[],
): void {
  const keys = new Set([...Object.keys(before), ...Object.keys(after)])
  for (const key of keys) {
    const has = { before: Object.hasOwn(before, key), after: Object.hasOwn(after, key) }
    const [was, is] = [has.before ? before[key] : undefined, has.after ? after[key] : undefined]
    compare(was, is, [...path, key], changes)
  }
}

function compareArrays(
  before: readonly unknown[],
  after: readonly unknown[],
  path: Path,
  changes: JsonChange[],
): void {
  const shorter = Math.min(before.length, after.length)
  let from = 0
  while (from < shorter && isSame(before[from], after[from])) from += 1
  let kept = 0
  while (kept < shorter - from && isSame(before.at(-1 - kept), after.at(-1 - kept))) kept += 1
  const [ends, newEnds] = [before.length - kept, after.length - kept]
  for (let at = from; at < Math.max(ends, newEnds); at += 1) {
    const [was, is] = [at < ends ? before[at] : undefined, at < newEnds ? after[at] : undefined]
    compare(was, is, [...path, at], changes)
  }
}

function changeOf(before: unknown, after: unknown, path: Path): JsonChange {
  // JSON has no undefined: it stands for what is not there.
  if (before === undefined) return { path, kind: 'added', after }
  if (after === undefined) return { path, kind: 'removed', before }
  return { path, kind: 'changed', before, after }
}

/** Of JSON, whatever the order of fields. */
function isSame(one: unknown, other: unknown): boolean {
  if (one === other) return true
  if (Array.isArray(one)) {
    return (
      Array.isArray(other) &&
      one.length === other.length &&
      one.every((value, at) => isSame(value, other[at]))
    )
  }
  if (!isFields(one) || !isFields(other)) return false
  const keys = Object.keys(one)
  return (
    keys.length === Object.keys(other).length &&
    keys.every((key) => Object.hasOwn(other, key) && isSame(one[key], other[key]))
  )
}

function isFields(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
