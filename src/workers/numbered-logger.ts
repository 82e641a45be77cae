// The log of a worker: each line says which one it is.

import type { LogFields, Logger } from '../ports/index.ts'
import { ownOrders } from './config.ts'

export class NumberedLogger implements Logger {
  readonly #logger: Logger
  readonly #worker: number

  private constructor(logger: Logger, worker: number) {
    this.#logger = logger
    this.#worker = worker
  }

  /** That of this process, if it is a worker. @throws SpawnError CANCELLED when the first process is gone. */
  static here(logger: Logger): Logger {
    const orders = ownOrders()
    return orders === null ? logger : NumberedLogger.of(logger, orders.worker)
  }

  /** One that is numbered already stays as it is. */
  static of(logger: Logger, worker: number): NumberedLogger {
    return logger instanceof NumberedLogger ? logger : new NumberedLogger(logger, worker)
  }

  debug(message: string, fields?: LogFields): void {
    this.#logger.debug(message, this.#with(fields))
  }

  info(message: string, fields?: LogFields): void {
    this.#logger.info(message, this.#with(fields))
  }

  warn(message: string, fields?: LogFields): void {
    this.#logger.warn(message, this.#with(fields))
  }

  error(message: string, fields?: LogFields): void {
    this.#logger.error(message, this.#with(fields))
  }

  #with(fields: LogFields = {}): LogFields {
    return { worker: this.#worker, ...fields }
  }
}
