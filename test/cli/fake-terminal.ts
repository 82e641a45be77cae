// A terminal that somebody sits at, for commands that run within the test: what was printed, noted and shown on the way,
// and an answer to what is asked.

import { runProgram } from '../../src/cli/program.ts'
import type { Terminal } from '../../src/cli/terminal.ts'

export interface Sitting {
  readonly code: number
  readonly printed: readonly string[]
  readonly noted: readonly string[]
  readonly progress: readonly string[]
  readonly asked: readonly string[]
}

export interface SittingOptions {
  readonly url: string
  /** Columns; null: a pipe. Default 80. */
  readonly width?: number | null
  /** What is typed at a question, when it is asked. Absent: nobody can be asked. */
  readonly types?: string | (() => Promise<string>)
  /** Told of each line as it is printed. */
  readonly prints?: (line: string) => void
}

/** Runs a command line to its end. */
export async function sit(words: readonly string[], options: SittingOptions): Promise<Sitting> {
  const printed: string[] = []
  const noted: string[] = []
  const progress: string[] = []
  const asked: string[] = []
  const terminal: Terminal = {
    env: { SPAWN_URL: options.url },
    stdin: process.stdin,
    width: options.width === undefined ? 80 : options.width,
    interactive: options.types !== undefined,
    ask: async (question) => {
      asked.push(question)
      const { types = '' } = options
      return typeof types === 'string' ? types : types()
    },
    print: async (line) => {
      printed.push(line)
      options.prints?.(line)
    },
    note: (line) => void noted.push(line),
    progress: (text) => void progress.push(text),
    style: (_, text) => text,
  }
  return { code: await runProgram(words, terminal), printed, noted, progress, asked }
}
