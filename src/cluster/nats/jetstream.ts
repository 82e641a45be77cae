// What is asked of JetStream: requests in JSON, on subjects of its own. Decides how long an answer is waited for, and what a
// refusal is. What is asked for is bucket.ts's and register.ts's.

import { messageOf } from '../../base/index.ts'
import type { Connection } from './connection.ts'
import { refusal, requestFailure } from './failures.ts'

/** A refusal that its asker may expect. */
export class Refused extends Error {
  readonly code: number

  constructor(code: number, description: string) {
    super(description)
    this.code = code
  }
}

export const REFUSAL = {
  noStream: 10_059,
  noMessage: 10_037,
  wrongSequence: 10_071,
  /** Of a server that is one of several, while another change of the same entry is under way. */
  wrongSequenceUnknown: 10_164,
  noConsumer: 10_014,
  /** Also while somebody else makes the very stream. */
  subjectsOverlap: 10_065,
  /** Of one that was made otherwise, as by another release. */
  nameInUse: 10_058,
} as const

const EXPECTED: ReadonlySet<number> = new Set(Object.values(REFUSAL))

/** How long an answer is waited for. */
export const REQUEST_MS = 2_000

export interface JetStreamRequest {
  /** How it reads in an error. */
  readonly what: string
  readonly subject: string
  readonly payload: string
  readonly headers?: Readonly<Record<string, string>>
  /** Whether it changes anything. */
  readonly changes: boolean
}

/**
 * @throws Refused with one of REFUSAL.
 * @throws SpawnError MEMBER_UNAVAILABLE
 */
export async function askJetStream(
  connection: Connection,
  request: JetStreamRequest,
): Promise<Readonly<Record<string, unknown>>> {
  const { changes, headers, payload, subject, what } = request
  let text: string
  try {
    text = (await connection.request(subject, payload, REQUEST_MS, headers)).string()
  } catch (thrown) {
    throw requestFailure(what, thrown, changes)
  }
  const answer = parsed(what, text, changes)
  const error = answer['error']
  if (typeof error !== 'object' || error === null) return answer
  const { description, err_code: code } = error as {
    readonly description?: unknown
    readonly err_code?: unknown
  }
  if (typeof code === 'number' && EXPECTED.has(code)) throw new Refused(code, String(description))
  throw refusal(what, typeof code === 'number' ? code : 0, String(description))
}

function parsed(what: string, text: string, changes: boolean): Readonly<Record<string, unknown>> {
  try {
    // What the server answered.
    const answer: unknown = JSON.parse(text)
    if (typeof answer === 'object' && answer !== null) return answer as Readonly<Record<string, unknown>>
    throw new Error('it is no object')
  } catch (thrown) {
    throw requestFailure(what, new Error(`the answer cannot be read: ${messageOf(thrown)}`), changes)
  }
}
