// Anything that was thrown, as the reply that its client gets. The document and the status of a code are protocol's to
// say; here is what HTTP adds: headers, when to come again, and whether the connection ends.

import type { SpawnError } from '../base/index.ts'
import { asSpawnError, type Problem, PROBLEM_CONTENT_TYPE, toProblem } from '../protocol/index.ts'
import { HttpRefusal } from './http-refusal.ts'
import { NO_HEADERS, type Reply } from './http-reply.ts'
import { STATUS_CODES } from './node-http.ts'

export interface ProblemReply {
  readonly reply: Reply
  readonly error: SpawnError
  /** Whether the connection ends with it. */
  readonly closes: boolean
}

/** Seconds. The runtime cannot know when it will be less busy; this keeps a client from asking at once. */
export const RETRY_LATER: readonly string[] = ['Retry-After', '1']

export function problemReply(thrown: unknown): ProblemReply {
  const error = asSpawnError(thrown)
  const refusal = error instanceof HttpRefusal ? error : null
  const problem = toProblem(error, refusal?.status)
  const { status } = problem
  const isBusy = status === 429 || status === 503
  return {
    reply: {
      status,
      body: textOf(problem),
      type: PROBLEM_CONTENT_TYPE,
      headers: refusal?.headers ?? (isBusy ? RETRY_LATER : NO_HEADERS),
    },
    error,
    // The next request of this client should find another member.
    closes: refusal?.closes ?? error.code === 'DRAINING',
  }
}

/** Details come from whoever threw: a value that JSON does not have must not turn one error into two. */
function textOf(problem: Problem): string {
  try {
    return JSON.stringify(problem)
  } catch {
    const { details: _unwritable, ...rest } = problem
    return JSON.stringify(rest)
  }
}

/** A refusal as bytes, for a client whose request never became one. It ends the connection. */
export function rawReply(refusal: HttpRefusal): string {
  const { status, headers } = problemReply(refusal).reply
  const body = textOf(toProblem(refusal, refusal.status))
  const head = [`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`, `Content-Type: ${PROBLEM_CONTENT_TYPE}`]
  for (let at = 0; at < headers.length; at += 2) head.push(`${headers[at]}: ${headers[at + 1]}`)
  head.push(`Content-Length: ${Buffer.byteLength(body)}`, 'Connection: close', '', body)
  return head.join('\r\n')
}
