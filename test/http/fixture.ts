// A listener on a free port before a MapGateway, and what tests ask of it.

import assert from 'node:assert/strict'

import { systemClock } from '../../src/base/index.ts'
import type { LogFields, Logger } from '../../src/ports/index.ts'
import { HttpListener, type HttpListenerOptions, oneSystem } from '../../src/proxy/index.ts'
import { MapGateway } from './map-gateway.ts'

export class Log implements Logger {
  readonly lines: { readonly level: string; readonly message: string; readonly fields?: LogFields }[] = []
  debug = (message: string, fields: LogFields = {}): void => this.#add('debug', message, fields)
  info = (message: string, fields: LogFields = {}): void => this.#add('info', message, fields)
  warn = (message: string, fields: LogFields = {}): void => this.#add('warn', message, fields)
  error = (message: string, fields: LogFields = {}): void => this.#add('error', message, fields)

  #add(level: string, message: string, fields: LogFields): void {
    this.lines.push({ level, message, fields })
  }
}

export interface Fixture extends AsyncDisposable {
  readonly listener: HttpListener
  readonly gateway: MapGateway
  readonly log: Log
  readonly url: string
  /** The URL of the actors. */
  readonly actors: string
}

export async function listening(options: Partial<HttpListenerOptions> = {}): Promise<Fixture> {
  const gateway = new MapGateway()
  const log = new Log()
  const listener = new HttpListener({
    systems: oneSystem(gateway),
    logger: log,
    clock: systemClock,
    port: 0,
    ...options,
  })
  await listener.start()
  const { url } = listener
  return {
    listener,
    gateway,
    log,
    url,
    actors: `${url}/api/v1/system/my-system/actors`,
    async [Symbol.asyncDispose]() {
      gateway.release()
      await listener.stop()
    },
  }
}

interface ProblemBody {
  readonly code: string
  readonly status: number
  readonly detail: string
  readonly retryable: boolean
  readonly details?: Readonly<Record<string, unknown>>
}

/** Checks that an answer is a problem with this status and code, and gives its body. */
export async function problem(response: Response, status: number, code: string): Promise<ProblemBody> {
  const text = await response.text()
  assert.equal(response.status, status, text)
  assert.equal(response.headers.get('content-type'), 'application/problem+json')
  // Decoded JSON of our own; the assertions below look at it.
  const body: ProblemBody = JSON.parse(text)
  assert.equal(body.code, code)
  assert.equal(body.status, status)
  return body
}
