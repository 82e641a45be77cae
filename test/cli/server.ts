// A `spawn start`, `spawn dev` or `spawn proxy` process that serves, for tests. It is killed at the end of the scope that it stands in.

import assert from 'node:assert/strict'
import type { ChildProcessWithoutNullStreams } from 'node:child_process'
import { until } from '../../src/testing/until.ts'
import { cli } from './cli.ts'
import { startCli, type Outcome, type RunOptions } from './process.ts'

export interface Serving extends AsyncDisposable {
  readonly child: ChildProcessWithoutNullStreams
  /** As the first line of its output says. */
  readonly url: string
  /** What stands on its stdout and stderr by now. */
  readonly output: () => { readonly stdout: string; readonly stderr: string }
  /** A client command against it. */
  readonly cli: (args: readonly string[], options?: RunOptions) => Promise<Outcome>
  /** Sends a signal and waits for the end. */
  readonly end: (signal: NodeJS.Signals) => Promise<Pick<Outcome, 'code' | 'signal'>>
}

/** How long a process may take for a step, in milliseconds: many start at once on a busy machine. */
export const PATIENCE = { timeoutMs: 30_000 } as const

/** Starts it, on a free port unless it is told one, and resolves when it serves. */
export async function serve(
  args: readonly [command: 'start' | 'dev' | 'proxy', ...rest: string[]],
  options: RunOptions = {},
): Promise<Serving> {
  const child = startCli(args.includes('--port') ? args : [...args, '--port', '0'], options)
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
  const ended = new Promise<Pick<Outcome, 'code' | 'signal'>>((resolve) =>
    child.once('close', (code, signal) => resolve({ code, signal })),
  )
  const end = async (signal: NodeJS.Signals): Promise<Pick<Outcome, 'code' | 'signal'>> => {
    if (child.exitCode === null && child.signalCode === null) child.kill(signal)
    return ended
  }
  try {
    const url = await until(
      `${args.join(' ')} to serve`,
      () => {
        const ended = child.exitCode !== null || child.signalCode !== null
        return /\b(http:\/\/[\d.]+:\d+)\b/.exec(stdout)?.[1] ?? (ended ? '' : undefined)
      },
      PATIENCE,
    )
    assert.notEqual(url, '', `it ended with ${child.exitCode}: ${stdout}${stderr}`)
    return {
      child,
      url,
      output: () => ({ stdout, stderr }),
      cli: (words, given) => cli(words, { ...given, env: { SPAWN_URL: url, ...given?.env } }),
      end,
      [Symbol.asyncDispose]: async () => void (await end('SIGKILL')),
    }
  } catch (thrown) {
    child.kill('SIGKILL')
    throw thrown
  }
}
