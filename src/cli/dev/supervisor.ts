// Keeps one served process running while its files change. A change stops the process in order and starts the next one
// when it is gone, so that two never hold the same state; a process that ended by itself is started again by the next
// change. State is not this file's concern: it is in the store.

import type { ChildProcess } from 'node:child_process'
import { constants } from 'node:os'
import type { Clock, Timer } from '../../base/index.ts'
import type { Logger } from '../../ports/index.ts'
import { EXIT, type ExitCode } from '../exit-codes.ts'
import { shortPath } from '../serving/module.ts'
import { FileWatch } from './file-watch.ts'
import { isWorkerMessage } from './messages.ts'

/** How long a process may take to stop in order before it is killed. Nothing acknowledged is lost by that. */
const STOP_MS = 10_000

export interface SupervisorOptions {
  /** The module; it is watched even when it was never read. */
  readonly file: string
  /** Starts the process. */
  readonly fork: (start: 'first' | 'again') => ChildProcess
  readonly clock: Clock
  readonly logger: Logger
}

export class Supervisor {
  readonly #options: SupervisorOptions
  readonly #watch: FileWatch
  /** Null: it ended, and the next change starts it again. */
  #worker: ChildProcess | null = null
  #wants: 'to run' | 'to restart' | 'to end' = 'to run'
  /** Whether any process of it has served: those after it need not say what there is. */
  #hasServed = false
  #changedAtMs = 0
  #killer: Timer | null = null
  #resolve: (code: ExitCode) => void = () => {}

  constructor(options: SupervisorOptions) {
    this.#options = options
    const { clock, logger } = options
    this.#watch = new FileWatch({
      clock,
      onChange: (files) => this.#changed(files),
      onBlind: (folder, error) => logger.warn('changes in this folder are not seen', { folder, error }),
    })
  }

  /** Runs until it is told to end. */
  run(): Promise<ExitCode> {
    const ended = new Promise<ExitCode>((resolve) => (this.#resolve = resolve))
    this.#watch.add(this.#options.file)
    this.#start()
    return ended
  }

  /** The first time the served process stops in order; the second time everything ends at once. */
  end(signal: 'SIGINT' | 'SIGTERM'): void {
    if (this.#wants === 'to end') {
      this.#worker?.kill('SIGKILL')
      process.exit(128 + constants.signals[signal])
    }
    this.#wants = 'to end'
    if (this.#worker === null) this.#finish()
    else this.#stop(this.#worker)
  }

  #start(): void {
    const worker = this.#options.fork(this.#hasServed ? 'again' : 'first')
    this.#worker = worker
    worker.on('message', (message) => {
      if (!isWorkerMessage(message)) return
      if (message.spawn === 'reads') for (const { file, stamp } of message.files) this.#watch.add(file, stamp)
      else this.#serves(message.url)
    })
    worker.once('exit', (code, signal) => this.#exited(code ?? signal))
  }

  #serves(url: string): void {
    const isFirst = !this.#hasServed
    this.#hasServed = true
    if (isFirst) return
    const tookMs = this.#options.clock.now() - this.#changedAtMs
    this.#options.logger.info('serving again, with the state it had', { url, tookMs })
  }

  #changed(files: readonly string[]): void {
    if (this.#wants === 'to end') return
    this.#changedAtMs = this.#options.clock.now()
    this.#options.logger.info('changed, restarting', { files: files.map(shortPath).join(', ') })
    if (this.#worker === null) {
      this.#start()
    } else if (this.#wants === 'to run') {
      this.#wants = 'to restart'
      this.#stop(this.#worker)
    }
  }

  #stop(worker: ChildProcess): void {
    worker.kill('SIGTERM')
    this.#killer = this.#options.clock.after(STOP_MS, () => {
      this.#options.logger.warn('it did not stop in time and is killed', { stopMs: STOP_MS })
      worker.kill('SIGKILL')
    })
  }

  #exited(how: number | NodeJS.Signals | null): void {
    this.#killer?.cancel()
    this.#worker = null
    if (this.#wants === 'to end') {
      this.#finish()
    } else if (this.#wants === 'to restart') {
      this.#wants = 'to run'
      this.#start()
    } else {
      const file = shortPath(this.#options.file)
      this.#options.logger.warn('it ended; waiting for a change (Ctrl-C ends)', { exit: how, file })
    }
  }

  #finish(): void {
    this.#watch.close()
    this.#resolve(EXIT.ok)
  }
}
