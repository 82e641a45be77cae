// An answer that is no success, as the failure that a person and a script get: which exit code, and what to do.

import type { ErrorCode } from '../base/index.ts'
import { fromProblem, PROBLEM_CONTENT_TYPE } from '../protocol/problem.ts'
import type { Answer } from './exchange.ts'
import { EXIT, type ExitCode } from './exit-codes.ts'
import { Failure } from './failure.ts'

export function failureOf({ status, type, body }: Answer, url: URL): Failure {
  const isProblem = type.startsWith(PROBLEM_CONTENT_TYPE)
  // A gateway on the way answers with these and a page of its own.
  if (!isProblem && ![502, 503, 504].includes(status)) return stranger(url, `answered with HTTP ${status}`)
  const { code, message, retryable, details } = fromProblem(status, isProblem ? jsonOf(body, url) : null)
  return new Failure(message, {
    exit: exitOf(code, retryable),
    code,
    showsCode: true,
    hint: hintFor(code, details) ?? (retryable ? 'it may work later' : undefined),
    details: { retryable, ...details },
  })
}

/** Something answers there, but not a spawn server. */
export function stranger(url: URL, what: string): Failure {
  return new Failure(`${url.origin} ${what}`, {
    exit: EXIT.unreachable,
    code: 'UNREACHABLE',
    hint: 'is another program listening there? say where spawn listens with --url or SPAWN_URL',
  })
}

/** @throws Failure UNREACHABLE */
export function jsonOf(body: string | null, url: URL): unknown {
  try {
    return JSON.parse(body ?? '')
  } catch {
    throw stranger(url, 'answered with something that is not JSON')
  }
}

const HINTS: Partial<Record<ErrorCode, string>> = {
  ACTOR_NOT_FOUND: 'see what is stored with `spawn actors list`; an instance needs --ref <definition>',
  ACTION_FAILED: 'the log of the process that ran it says where it was thrown',
  DEADLINE_EXCEEDED: 'give it longer with --timeout; `spawn actors get` shows what stands',
  DEFECT: 'the log of the server says more',
}

function hintFor(
  code: ErrorCode,
  details: Readonly<Record<string, unknown>> | undefined,
): string | undefined {
  // The server says so of a system, and names its own.
  if (code === 'ACTOR_NOT_FOUND' && details?.['system'] !== undefined)
    return 'name one that is served with --system, or leave it and SPAWN_SYSTEM out'
  return HINTS[code]
}

function exitOf(code: ErrorCode, retryable: boolean): ExitCode {
  if (code === 'DEADLINE_EXCEEDED') return EXIT.unknownOutcome
  return retryable ? EXIT.busy : EXIT.failed
}
