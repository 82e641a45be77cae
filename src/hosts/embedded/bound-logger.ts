// A logger that adds the same fields to every line.

import type { LogFields, Logger } from '../../ports/index.ts'

/** Fields of a line go before the bound ones of the same name. */
export function boundLogger(logger: Logger, bound: LogFields): Logger {
  return {
    debug: (message, fields) => logger.debug(message, { ...bound, ...fields }),
    info: (message, fields) => logger.info(message, { ...bound, ...fields }),
    warn: (message, fields) => logger.warn(message, { ...bound, ...fields }),
    error: (message, fields) => logger.error(message, { ...bound, ...fields }),
  }
}
