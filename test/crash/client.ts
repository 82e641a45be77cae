// Calls to a server that comes and goes. Decides what is known of a call whose answer did not come; who repeats it is the
// test's business.

import { setTimeout as sleep } from 'node:timers/promises'
import { RETRY_MS, SYSTEM, type Victim } from './server.ts'

export class Client {
  readonly #server: Victim

  constructor(server: Victim) {
    this.#server = server
  }

  /** Calls once. Null: the server was gone, or on its way; it may have happened. */
  async call(path: string, payload: unknown, headers: Record<string, string> = {}): Promise<unknown> {
    try {
      const answer = await fetch(`${this.#server.url}/api/v1/system/${SYSTEM}/${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify(payload),
      })
      const body = await answer.text()
      if (answer.ok) return body === '' ? {} : JSON.parse(body)
      if (answer.status < 500) throw new RangeError(`a call was refused with ${answer.status}: ${body}`)
    } catch (thrown) {
      if (thrown instanceof RangeError) throw thrown
    }
    await sleep(RETRY_MS)
    return null
  }

  /** Repeats a call until it is acknowledged; its key says that it is one and the same. */
  async insist(path: string, payload: unknown, key: string): Promise<unknown> {
    for (;;) {
      const answer = await this.call(path, payload, { 'idempotency-key': key })
      if (answer !== null) return answer
    }
  }

  async get(path: string): Promise<unknown> {
    const answer = await fetch(`${this.#server.url}/api/v1/system/${SYSTEM}/${path}`)
    return answer.json()
  }
}

export function actionPath(definition: string, actor: string, action: string): string {
  return `actors/${actor}/actions/${action}?ref=${definition}`
}
