// How long a served system lives: until a signal, or until something that nobody caught. Decides what each signal does
// and the exit code; what stopping means is the system's business.

import { constants } from 'node:os'
import { messageOf } from '../../base/index.ts'
import type { Logger } from '../../ports/index.ts'
import { EXIT, type ExitCode } from '../exit-codes.ts'

export interface Lifecycle {
  /** Resolves when the process should stop. */
  readonly ended: Promise<string>
  /** The process stops for this reason, unless it is stopping already. */
  end(reason: string): void
}

/**
 * From now on SIGINT and SIGTERM ask for a stop; a second one ends the process at once, with 128 and the signal's number as
 * a shell reports it. What nobody caught is logged and ends the process with 70: every acknowledged turn is durable, and a
 * process in an unknown state should not go on.
 */
export function watchProcess(logger: Logger, ignored: readonly NodeJS.Signals[] = []): Lifecycle {
  let resolve: (reason: string) => void = () => {}
  const ended = new Promise<string>((given) => (resolve = given))
  let stopping = false
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (ignored.includes(signal)) return
      if (stopping) process.exit(128 + constants.signals[signal])
      stopping = true
      resolve(signal)
    })
  }
  const crash = (what: string) => (thrown: unknown) => {
    logger.error(what, { error: thrown instanceof Error ? thrown : new Error(messageOf(thrown)) })
    process.exit(EXIT.defect)
  }
  process.on('uncaughtException', crash('an exception that nobody caught; stopping'))
  process.on('unhandledRejection', crash('a rejected promise that nobody handled; stopping'))
  return { ended, end: resolve }
}

/** Stops the system in order. An error in it is told and gives the exit code. */
export async function stopInOrder(
  stop: () => Promise<void>,
  reason: string,
  logger: Logger,
): Promise<ExitCode> {
  logger.info('stopping: turns finish, states are committed', { reason })
  try {
    await stop()
  } catch (error) {
    logger.error('the system did not stop in order', { error })
    return EXIT.failed
  }
  logger.info('stopped')
  return EXIT.ok
}
