// A host process as its parent sees it: started, told where the proxy is, killed, ended.

import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

import type { MannerName } from './manner.ts'

const MODULE = fileURLToPath(new URL('plain-host.ts', import.meta.url))

export class HostProcess {
  readonly port: number
  readonly #child: ChildProcess

  private constructor(child: ChildProcess, port: number) {
    this.#child = child
    this.port = port
  }

  static async start(manner: MannerName): Promise<HostProcess> {
    const child = fork(MODULE, [manner], { execArgv: ['--disable-warning=ExperimentalWarning'] })
    return new HostProcess(child, await answerOf<number>(child))
  }

  /** Its actors call others through the proxy at this URL from now on. */
  async use(url: string): Promise<void> {
    this.#child.send(url)
    await answerOf(this.#child)
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const exited = once(this.#child, 'exit')
    if (this.#child.connected) this.#child.disconnect()
    await exited
  }
}

/** What it says next; an end of the process instead is an error. */
function answerOf<T>(child: ChildProcess): Promise<T> {
  return new Promise((resolve, reject) => {
    const settle = (act: () => void): void => {
      child.off('message', heard).off('exit', gone)
      act()
    }
    // Our own process at the other end says what the caller expects.
    const heard = (message: T): void => settle(() => resolve(message))
    const gone = (code: number | null): void =>
      settle(() => reject(new Error(`the host process ended with code ${code}`)))
    child.on('message', heard).on('exit', gone)
  })
}
