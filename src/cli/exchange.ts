// One HTTP request and its whole answer. Decides which failure a broken exchange is: before the connection stood,
// nothing was sent; after it, the server may have done what was asked. What an answer means is client.ts's business.

import type { ClientRequest } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import { messageOf, systemClock } from '../base/index.ts'
import { Agent as HttpAgent, request as httpRequest } from '../proxy/node-http.ts'
import { EXIT } from './exit-codes.ts'
import { Failure } from './failure.ts'

export interface Question {
  readonly method: 'GET' | 'POST' | 'DELETE'
  /** Path and query. */
  readonly target: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  /** Milliseconds to wait for the whole answer. */
  readonly timeoutMs: number
}

export interface Answer {
  readonly status: number
  readonly type: string
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, unknown>>
  readonly body: string
}

export interface Exchange {
  readonly url: URL
  /** @throws Failure UNREACHABLE or DEADLINE_EXCEEDED */
  ask(question: Question): Promise<Answer>
  close(): void
}

export function openExchange(url: URL): Exchange {
  const secure = url.protocol === 'https:'
  const agent = secure ? new HttpsAgent({ keepAlive: true }) : new HttpAgent({ keepAlive: true })
  const base = url.pathname.replace(/\/$/, '')
  const open = (question: Question): ClientRequest => {
    const { method, target, headers, body } = question
    const address = new URL(url)
    return (secure ? httpsRequest : httpRequest)({
      agent,
      method,
      protocol: address.protocol,
      hostname: address.hostname.replace(/^\[|\]$/g, ''),
      port: address.port,
      path: `${base}${target}`,
      headers: {
        accept: 'application/json, application/problem+json',
        ...(body !== undefined && { 'content-type': 'application/json', 'content-length': byteLength(body) }),
        ...headers,
      },
    })
  }
  return {
    url,
    ask: (question) => answerTo(open(question), question, url),
    close: () => agent.destroy(),
  }
}

const byteLength = (body: string): number => Buffer.byteLength(body)

function answerTo(request: ClientRequest, question: Question, url: URL): Promise<Answer> {
  return new Promise((resolve, reject) => {
    let connected = false
    let late = false
    const timer = systemClock.after(question.timeoutMs, () => {
      late = true
      request.destroy(new Error('no answer in time'))
    })
    const fail = (thrown: unknown): void => {
      timer.cancel()
      const reads = question.method === 'GET'
      reject(connected && !reads ? unknownOutcome(thrown, url, late) : unreachable(thrown, url))
    }
    request.once('socket', (socket) => {
      if (socket.connecting) socket.once('connect', () => (connected = true))
      else connected = true
    })
    request.once('error', fail)
    request.once('response', (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.once('error', fail)
      response.once('end', () => {
        timer.cancel()
        const { headers, statusCode: status = 0 } = response
        const body = Buffer.concat(chunks).toString('utf8')
        resolve({ status, type: headers['content-type'] ?? '', headers, body })
      })
    })
    // As bytes: node:http joins a text with the headers, and writes both as UTF-8, which the headers are already.
    request.end(question.body === undefined ? undefined : Buffer.from(question.body, 'utf8'))
  })
}

function unreachable(cause: unknown, url: URL): Failure {
  return new Failure(`no server answers at ${url.origin} (${reasonOf(cause)})`, {
    exit: EXIT.unreachable,
    code: 'UNREACHABLE',
    hint: 'start one with `spawn dev <module>`, or say where it is with --url or SPAWN_URL',
    cause,
  })
}

function unknownOutcome(cause: unknown, url: URL, late: boolean): Failure {
  const what = late ? 'did not answer in time' : `broke the connection (${reasonOf(cause)})`
  return new Failure(`${url.origin} ${what}; the call may have happened`, {
    exit: EXIT.unknownOutcome,
    code: late ? 'DEADLINE_EXCEEDED' : 'UNKNOWN_OUTCOME',
    hint: 'look with `spawn actors get`, or call with an --idempotency-key, which makes it safe to send again',
    cause,
  })
}

/** A host with several addresses fails with an error per address, and an empty message of its own. */
function reasonOf(cause: unknown): string {
  const [first] = cause instanceof AggregateError ? (cause.errors as unknown[]) : [cause]
  const { code } = (first ?? {}) as { code?: unknown }
  return typeof code === 'string' ? code : messageOf(first)
}
