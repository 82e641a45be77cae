// A group that is larger than a statement can be, in parts that are not: one after the other, each as a whole. Decides where
// it is parted. Verdicts are those of the group: what stands behind a conflict of its actor is one, in a later part, too.
//
// What is lost by it: after a crash, or a failure, the first parts may stand without the last ones; an error says how many
// commits do. Each commit is whole all the same, and none stands without one that it rests on. Only groups of hundreds of
// mebibytes come to that: the engine makes none (LIMITS.commitGroupBytes), but for a single commit that cannot be parted.

import { isSpawnError, SpawnError } from '../../base/index.ts'
import type { Commit, Verdict } from '../../ports/index.ts'
import { ByActor } from './by-actor.ts'

/** For every value that has a length, and what it takes to say so. */
const ROW_BYTES = 512

/**
 * @param commitPart commits some of the group, in their order.
 * @throws what `commitPart` does, with what stands of the parts before.
 */
export async function commitInParts(
  group: readonly Commit[],
  mostBytes: number,
  commitPart: (part: readonly Commit[]) => Promise<readonly Verdict[]>,
): Promise<readonly Verdict[]> {
  const parts = partsOf(group, mostBytes)
  if (parts.length <= 1) return commitPart(group)
  const refused = new ByActor<true>()
  const verdicts: Verdict[] = []
  for (const part of parts) {
    const sent = part.filter(({ id }) => refused.get(id) === undefined)
    const answers = (await committed(sent, commitPart, verdicts)).values()
    for (const { id } of part) {
      const verdict = refused.get(id) === undefined ? (answers.next().value ?? 'conflict') : 'conflict'
      verdicts.push(verdict)
    }
    for (const [at, { id }] of part.entries()) {
      const isConflict = verdicts[verdicts.length - part.length + at] === 'conflict'
      if (isConflict && id.name !== '') refused.set(id, true)
    }
  }
  return verdicts
}

async function committed(
  part: readonly Commit[],
  commitPart: (part: readonly Commit[]) => Promise<readonly Verdict[]>,
  before: readonly Verdict[],
): Promise<readonly Verdict[]> {
  if (part.length === 0) return []
  try {
    return await commitPart(part)
  } catch (thrown) {
    const standing = before.filter((verdict) => verdict === 'committed').length
    if (standing === 0 || !isSpawnError(thrown)) throw thrown
    const { code, details, message, retryable } = thrown
    const told = `a part of a group of commits that is too large for one statement failed: ${message}; ${standing} commits of the parts before it stand`
    throw new SpawnError(code, told, { cause: thrown, details: { ...details, standing }, retryable })
  }
}

function partsOf(group: readonly Commit[], mostBytes: number): Commit[][] {
  const parts: Commit[][] = []
  let bytes = Infinity
  for (const commit of group) {
    const more = bytesOf(commit)
    if (bytes + more > mostBytes) {
      parts.push([])
      bytes = 0
    }
    parts.at(-1)?.push(commit)
    bytes += more
  }
  return parts
}

function bytesOf({ outcomes, sends, state, takes }: Commit): number {
  let bytes = ROW_BYTES * (1 + outcomes.length + sends.length + takes.length) + (state?.value.length ?? 0)
  for (const { reply } of outcomes) bytes += reply?.value.length ?? 0
  for (const { header, payload } of sends) bytes += header.length + (payload?.value.length ?? 0)
  return bytes
}
