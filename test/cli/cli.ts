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

/** Starts it and leaves it running; the caller ends it. Nothing of the developer's own environment leaks in. */
export function startCli(
  args: readonly string[],
  { env, cwd }: RunOptions = {},
): ChildProcessWithoutNullStreams {
  const { SPAWN_URL: _url, SPAWN_SYSTEM: _system, NODE_OPTIONS: _options, ...inherited } = process.env
  return spawn(process.execPath, [BIN, ...args], { cwd, env: { ...inherited, NO_COLOR: '1', ...env } })
}

/** Runs it to its end. */
export async function cli(args: readonly string[], options: RunOptions = {}): Promise<Outcome> {
  const child = startCli(args, options)
  child.stdin.end(options.input ?? '')
  const ended = new Promise<Pick<Outcome, 'code' | 'signal'>>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => resolve({ code, signal }))
  })
  const [stdout, stderr, end] = await Promise.all([text(child.stdout), text(child.stderr), ended])
  return { ...end, stdout, stderr }
}
