// How a host says in its own words why an action failed: with an RFC 9457 problem document, as our own hosts do. It decides
// which codes a host may give; with any other, its action has failed.

import type { SpawnError } from '../../base/index.ts'
import type { Turn } from '../../ports/index.ts'
import { fromProblem, isErrorCode } from '../../protocol/index.ts'
import type { Reply } from './exchange.ts'
import { actionFailed, type Culprit } from './failure.ts'

/** Larger documents are not read. */
const MOST_BYTES = 65_536

/** Groups of codes that mean the same in a host's mouth: its caller is to blame, or "not now". */
const PASSED_ON: ReadonlySet<string> = new Set(['caller', 'busy', 'mesh', 'store'])

const decoder = new TextDecoder()

/** Null when the document is none of ours. */
export function toldFailure(turn: Turn, { body, status }: Reply, who: Culprit): SpawnError | null {
  if (body.length > MOST_BYTES) return null
  let document: unknown
  try {
    document = JSON.parse(decoder.decode(body))
  } catch {
    return null
  }
  if (typeof document !== 'object' || document === null) return null
  if (!('code' in document && isErrorCode(document.code))) return null
  const error = fromProblem(status, document)
  if (error.code === 'ACTION_FAILED' || PASSED_ON.has(error.group)) return error
  return actionFailed(turn, who, `says: ${error.message}`, { details: { ...error.details, status } })
}
