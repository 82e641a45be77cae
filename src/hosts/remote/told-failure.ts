// How a host says in its own words why an action failed: with an RFC 9457 problem document, as our own hosts do. It decides
// which codes a host may give; with any other, its action has failed.

import type { SpawnError } from '../../base/index.ts'
import type { Turn } from '../../ports/index.ts'
import { fromProblem, isErrorCode, PROBLEM_CONTENT_TYPE } from '../../protocol/index.ts'
import type { Reply } from './exchange.ts'
import { actionFailed, type Culprit } from './failure.ts'

/** Larger documents are not read. */
const MOST_BYTES = 65_536

/** Groups of codes that mean the same in a host's mouth: its caller is to blame, or "not now". */
const PASSED_ON: ReadonlySet<string> = new Set(['caller', 'busy', 'mesh', 'store'])

const decoder = new TextDecoder()

/** Null when the reply says nothing in our words. */
export function toldFailure(turn: Turn, reply: Reply, who: Culprit): SpawnError | null {
  const error = toldError(reply)
  if (error === null || error.code === 'ACTION_FAILED' || PASSED_ON.has(error.group)) return error
  return actionFailed(turn, who, `says: ${error.message}`, {
    details: { ...error.details, status: reply.status },
  })
}

/** What a host says that stops and has run nothing of a request; null: it says something else. */
export function refusalOf(reply: Reply): SpawnError | null {
  if (reply.status !== 503) return null
  const error = toldError(reply)
  return error?.code === 'DRAINING' && error.details['ran'] === false ? error : null
}

function toldError({ body, contentType, status }: Reply): SpawnError | null {
  if (contentType !== PROBLEM_CONTENT_TYPE || body.length > MOST_BYTES) return null
  let document: unknown
  try {
    document = JSON.parse(decoder.decode(body))
  } catch {
    return null
  }
  if (typeof document !== 'object' || document === null) return null
  return 'code' in document && isErrorCode(document.code) ? fromProblem(status, document) : null
}
