// The only way from the command to the outside: arguments' text, standard streams and environment. Decides what a value
// looks like on a terminal; the commands decide what to say. Results go to stdout and everything else to stderr, so that
// a pipe carries results only. Text from outside is escaped before it reaches a terminal: a name cannot move the cursor.

import type { Readable } from 'node:stream'
import { styleText } from 'node:util'

type Format = Parameters<typeof styleText>[0]

export interface Terminal {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly stdin: Readable
  /** Columns of stdout; null when it is no terminal. */
  readonly width: number | null
  /** Whether a question can be asked. */
  readonly interactive: boolean
  /** Asks, and gives the line that was typed; empty when the input ended instead. */
  ask(question: string): Promise<string>
  /** A line on stdout. Resolves when the next one may be written. */
  print(line: string): Promise<void>
  /** A line on stderr. */
  note(line: string): void
  /** What is going on, on a line of stderr that the next one takes; nothing where stderr is no terminal. */
  progress(text: string): void
  /** Styled for stdout or stderr, if that is a terminal and NO_COLOR is not set. */
  readonly style: (format: Format, text: string, stream?: 'stdout' | 'stderr') => string
}

export function processTerminal(): Terminal {
  const { stdin, stdout, stderr } = process
  let progressing = false
  const clear = (): void => {
    if (progressing) stderr.write('\r\u001b[K')
    progressing = false
  }
  return {
    env: process.env,
    stdin,
    // A terminal that does not know its width says 0.
    width: stdout.isTTY ? stdout.columns || 80 : null,
    interactive: stdin.isTTY && stderr.isTTY,
    ask: async (question) => {
      const { createInterface } = await import('node:readline/promises')
      const lines = createInterface({ input: stdin, output: stderr })
      const ended = new Promise<string>((resolve) => lines.once('close', () => resolve('')))
      const answer = await Promise.race([lines.question(question), ended])
      lines.close()
      return answer
    },
    print: (line) =>
      new Promise((resolve) => {
        clear()
        if (stdout.write(`${line}\n`)) resolve()
        else stdout.once('drain', resolve)
      }),
    note: (line) => {
      clear()
      stderr.write(`${line}\n`)
    },
    progress: (text) => {
      if (!stderr.isTTY) return
      clear()
      stderr.write(text)
      progressing = true
    },
    style: (format, text, stream = 'stdout') =>
      styleText(format, text, { stream: stream === 'stdout' ? stdout : stderr }),
  }
}

/** A line on stderr about what may be wrong; of text from outside. */
export function noteWarning(terminal: Terminal, text: string): void {
  terminal.note(`${terminal.style('yellow', 'warning:', 'stderr')} ${printable(text)}`)
}

// Control characters, line separators, and the marks that turn the direction of writing.
const UNPRINTABLE = /[\p{Cc}\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu

/** Text from outside, with what would steer a terminal written as an escape that JSON knows, such as `\u001b`. */
export function printable(given: string): string {
  return given.replace(UNPRINTABLE, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
}
