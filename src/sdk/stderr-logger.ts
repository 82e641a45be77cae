// The logger of a system that was given none: warnings and errors, one line each, on standard error. What goes wrong with
// no caller to hear of it would otherwise be lost.

import { inspect } from 'node:util'

import type { Clock } from '../base/index.ts'
import type { LogFields, Logger } from '../ports/index.ts'

export function stderrLogger(clock: Pick<Clock, 'now'>): Logger {
  const line = (level: 'warn' | 'error') => (message: string, fields?: LogFields) => {
    const time = new Date(clock.now()).toISOString()
    const rest = fields === undefined ? '' : ` ${inspect(fields, { breakLength: Infinity, depth: 4 })}`
    process.stderr.write(`${time} ${level} ${message}${rest}\n`)
  }
  return { debug() {}, info() {}, warn: line('warn'), error: line('error') }
}
