// The log of `start` and `dev`, on stdout: readable lines for people, or pino's JSON for machines. Decides the form only;
// what is logged is the runtime's business.

import { inspect } from 'node:util'
import { type Clock, messageOf } from '../../base/index.ts'
import type { LogFields, Logger } from '../../ports/index.ts'
import { LOG_LEVELS, type LogLevel } from '../../proxy/config/proxy-config.ts'
import { type ActorId, addressText } from '../../protocol/address.ts'
import { printable, type Terminal } from '../terminal.ts'
import { OWN } from './module.ts'

/** The form that was asked for; `info` and worse unless told otherwise. */
export async function loggerFor(
  { json, least = 'info' }: { json: boolean; least: LogLevel | undefined },
  terminal: Terminal,
  clock: Pick<Clock, 'now'>,
): Promise<Logger> {
  return json ? jsonLogger(least) : lineLogger(least, terminal, clock)
}

/** One JSON object per line, as pino writes them: level, time, msg, and the fields. */
async function jsonLogger(least: LogLevel): Promise<Logger> {
  const { pino } = await import('pino')
  const log = pino(
    {
      level: least,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { error: pino.stdSerializers.err },
    },
    pino.destination({ dest: 1, sync: true }),
  )
  const at =
    (level: LogLevel) =>
    (message: string, fields: LogFields = {}) =>
      log[level](fields, message)
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}

/** `20:15:19 warn  the mailbox is full  actor=user-1 waiting=10000` */
function lineLogger(least: LogLevel, terminal: Terminal, clock: Pick<Clock, 'now'>): Logger {
  const at =
    (level: LogLevel) =>
    (message: string, fields: LogFields = {}): void => {
      if (LOG_LEVELS.indexOf(level) < LOG_LEVELS.indexOf(least)) return
      const time = terminal.style('dim', timeText(clock.now()))
      const rest = Object.entries(fields).map(([key, value]) => fieldText(key, value))
      const line = [`${time} ${levelText(level, terminal)} ${printable(message)}`, ...rest].join(' ')
      void terminal.print(line)
    }
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}

const COLOURS = { debug: 'dim', info: 'green', warn: 'yellow', error: 'red' } as const

function levelText(level: LogLevel, terminal: Terminal): string {
  return terminal.style(COLOURS[level], level.padEnd(5))
}

/** Local time of day: who reads along knows the date. */
function timeText(nowMs: number): string {
  const date = new Date(nowMs)
  const two = (part: number): string => String(part).padStart(2, '0')
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`
}

function fieldText(key: string, value: unknown): string {
  // A stack is worth its lines here: whoever wrote the action reads this.
  if (value instanceof Error) return `${key}=${JSON.stringify(messageOf(value))}\n${stackText(value)}`
  if (isActorId(value)) return `${key}=${printable(addressText(value))}`
  const text = typeof value === 'string' ? value : inspect(value, { breakLength: Infinity, depth: 3 })
  return `${key}=${/[\s"=]/.test(text) && typeof value === 'string' ? JSON.stringify(text) : printable(text)}`
}

/** `user/user-1`: which system it is in, who reads along knows. */
function isActorId(value: unknown): value is ActorId {
  return typeof value === 'object' && value !== null && Object.keys(value).join() === 'system,parent,name'
}

/**
 * The frames of the application, and of us where they lie between or above them: what called the application is the same
 * every time. All of ours where there are no others. Never Node's own.
 */
function stackText(error: Error): string {
  const frames = (error.stack ?? '')
    .split('\n')
    .filter((line) => /^\s+at /.test(line) && !line.includes('node:'))
  const last = frames.findLastIndex((frame) => !frame.includes(OWN))
  const shown = last < 0 ? frames : frames.slice(0, last + 1)
  return shown.map((frame) => `        ${printable(frame.trim())}`).join('\n')
}
