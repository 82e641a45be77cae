// Whether anybody listens at an address.

import { connect } from 'node:net'

import type { Clock } from '../base/index.ts'

/** Resolves to false when the connection is refused, or does not stand within the time, in milliseconds. */
export function isReachable(
  { host, port }: { readonly host: string; readonly port: number },
  timeoutMs: number,
  clock: Clock,
): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port })
    const end = (answer: boolean): void => {
      timer.cancel()
      socket.destroy()
      resolve(answer)
    }
    const timer = clock.after(timeoutMs, () => end(false), { background: true })
    socket.once('connect', () => end(true))
    socket.once('error', () => end(false))
  })
}
