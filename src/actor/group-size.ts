// How many of the commits that wait go into the next group. Decides by their number and by what they weigh, about: a group is
// one statement, one frame or one transaction of a store, and is in memory as a whole.
//
// Invariant: at least one, however large it is.

import type { Limits } from '../base/index.ts'
import type { Commit } from '../ports/index.ts'
import type { Packed } from '../protocol/index.ts'

/** What a state, a reply, an envelope or the id of one weighs besides its bytes. */
const ROW_BYTES = 512

/** What a row with these bytes weighs. */
export function weightOf(bytes: Packed | null): number {
  return ROW_BYTES + (bytes === null ? 0 : bytes.value.length)
}

/** How many of them, from the first on. */
export function fitting(
  open: readonly Commit[],
  { commitGroup, commitGroupBytes }: Pick<Limits, 'commitGroup' | 'commitGroupBytes'>,
): number {
  const most = Math.min(open.length, commitGroup)
  let bytes = 0
  for (let at = 0; at < most; at += 1) {
    const commit = open[at]
    if (commit !== undefined) bytes += bytesOf(commit)
    if (bytes > commitGroupBytes && at > 0) return at
  }
  return most
}

/** Headers are not written down for that. */
function bytesOf({ outcomes, sends, state, takes }: Commit): number {
  let bytes = ROW_BYTES * (1 + outcomes.length + sends.length + takes.length)
  if (state !== null) bytes += state.value.length
  // Most have none or one, and an iterator takes its time for these, too.
  for (let at = 0; at < outcomes.length; at += 1) bytes += outcomes[at]?.reply?.value.length ?? 0
  if (sends.length > 0) for (const { payload } of sends) bytes += payload?.value.length ?? 0
  return bytes
}
