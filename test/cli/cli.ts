// Runs a `spawn` command for tests: within this process, where a process of its own costs more than all that the command
// does; a command that serves gets one, because it takes signals and ends its process. What only a process has (its
// streams, its exit code, how it begins) is for those tests that run `cliProcess`.

import { Readable } from 'node:stream'
import { runProgram } from '../../src/cli/program.ts'
import type { Terminal } from '../../src/cli/terminal.ts'
import { cliProcess, environment, type Outcome, type RunOptions } from './process.ts'

const SERVING = ['dev', 'start', 'proxy']

/** Runs it to its end. */
export async function cli(args: readonly string[], options: RunOptions = {}): Promise<Outcome> {
  const serves = SERVING.includes(args[0] ?? '') && !args.includes('--help')
  if (serves) return cliProcess(args, options)
  const { cwd } = options
  return cwd === undefined ? piped(args, options) : inFolder(cwd, () => piped(args, options))
}

/** Between pipes: nobody to ask, no width, no colours. */
async function piped(args: readonly string[], options: RunOptions): Promise<Outcome> {
  let stdout = ''
  let stderr = ''
  const terminal: Terminal = {
    env: environment(options),
    stdin: Readable.from(options.input === undefined ? [] : [Buffer.from(options.input)]),
    width: null,
    interactive: false,
    ask: () => Promise.reject(new Error('nobody is there to be asked')),
    print: async (line) => void (stdout += `${line}\n`),
    note: (line) => void (stderr += `${line}\n`),
    progress: () => {},
    style: (_format, text) => text,
  }
  const code = await runProgram(args, terminal)
  return { code, signal: null, stdout, stderr }
}

let before: Promise<unknown> = Promise.resolve()

/** One after the other: a process has one working folder. */
async function inFolder<T>(folder: string, work: () => Promise<T>): Promise<T> {
  const mine = before.then(async () => {
    const own = process.cwd()
    process.chdir(folder)
    try {
      return await work()
    } finally {
      process.chdir(own)
    }
  })
  before = mine.catch(() => null)
  return mine
}
