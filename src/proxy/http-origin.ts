// Keeps pages of other sites away. A listener on a developer's machine is within reach of every page that the developer's
// browser shows: a page may post to 127.0.0.1 without asking, and a name that its owner points at 127.0.0.1 makes the page
// one of ours. So a request that names another origin is refused, and a listener on a loopback address answers to loopback
// names only. Programs send no Origin and are not concerned. Who a caller is, is decided elsewhere.

import type { IncomingHttpHeaders } from 'node:http'

import { HttpRefusal } from './http-refusal.ts'

const LOOPBACK = /^(?:localhost|(?:[a-z0-9-]+\.)*localhost|127(?:\.[0-9]{1,3}){3}|\[::1\])$/

/** Whether a listener on this host is reached from its own machine only. */
export function isLoopback(host: string): boolean {
  return host === '::1' || LOOPBACK.test(host)
}

export class OriginGuard {
  readonly #loopbackOnly: boolean
  readonly #allowed: ReadonlySet<string>
  /** The last Host that was found good: nearly always the next one too. */
  #lastGood = ''

  /**
   * @param host where the listener listens.
   * @param allowed names, without a port, that a loopback listener answers to as well.
   */
  constructor(host: string, allowed: readonly string[]) {
    this.#loopbackOnly = isLoopback(host)
    this.#allowed = new Set(allowed.map((name) => name.toLowerCase()))
  }

  /** Why the request is refused; null: it is not. */
  refuse(headers: IncomingHttpHeaders): HttpRefusal | null {
    const { host, origin } = headers
    if (this.#loopbackOnly && host !== undefined && host !== this.#lastGood) {
      const name = host.replace(/:[0-9]*$/, '').toLowerCase()
      if (!LOOPBACK.test(name) && !this.#allowed.has(name)) {
        return denied(`this listener answers to loopback names only, not to the Host of this request`)
      }
      this.#lastGood = host
    }
    if (origin !== undefined && !origin.endsWith(`://${host}`)) {
      return denied('this listener answers to pages of its own origin only; call it from a server')
    }
    return null
  }
}

function denied(message: string): HttpRefusal {
  return new HttpRefusal(403, message, { code: 'PERMISSION_DENIED' })
}
