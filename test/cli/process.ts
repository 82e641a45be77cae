// Runs the real `spawn` command in a process of its own, for tests. Decides nothing about what it should answer.

import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { text } from 'node:stream/consumers'

const BIN = fileURLToPath(new URL('../../bin/spawn.js', import.meta.url))

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
  /** What the command reads on stdin. */
  readonly input?: string
}

export interface Outcome {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

/** The environment of a command. Nothing of the developer's own leaks in. */
export function environment({ env }: RunOptions): Readonly<Record<string, string | undefined>> {
  const { SPAWN_URL: _url, SPAWN_SYSTEM: _system, NODE_OPTIONS: _options, ...inherited } = process.env
  return { ...inherited, NO_COLOR: '1', ...env }
}

/** Starts it and leaves it running; the caller ends it. */
export function startCli(args: readonly string[], options: RunOptions = {}): ChildProcessWithoutNullStreams {
  return spawn(process.execPath, [BIN, ...args], { cwd: options.cwd, env: environment(options) })
}

/** Runs it to its end. */
export async function cliProcess(args: readonly string[], options: RunOptions = {}): Promise<Outcome> {
  const child = startCli(args, options)
  child.stdin.end(options.input ?? '')
  const ended = new Promise<Pick<Outcome, 'code' | 'signal'>>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => resolve({ code, signal }))
  })
  const [stdout, stderr, end] = await Promise.all([text(child.stdout), text(child.stderr), ended])
  return { ...end, stdout, stderr }
}
