// A program with workers, as processes of this machine: begun, looked at, and ended in all the ways in which one can end. It
// decides nothing about what a program should do then.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { until } from '../../src/testing/index.ts'
import { freePort, SYSTEM } from '../crash/server.ts'
import type { Door } from '../cluster/callers.ts'
import type { TestDatabase } from '../servers/postgres.ts'

const COMMAND = fileURLToPath(new URL('../../bin/spawn.js', import.meta.url))
/** Other tests may have the machine. */
const START_MS = 60_000

export interface MemberRow {
  readonly id: string
  readonly phase: string
}

/** `spawn start` of a module, with workers. */
export class Program implements Door {
  readonly port: number
  isOpen = false
  /** All that it has written, in all its lives. */
  output = ''
  readonly #command: readonly string[]
  #child: ChildProcess | null = null

  private constructor(port: number, command: readonly string[]) {
    this.port = port
    this.#command = [...command, '--system', SYSTEM, '--port', String(port)]
  }

  static async of(module: URL, workers: number, options: readonly string[]): Promise<Program> {
    return new Program(await freePort(), [
      'start',
      fileURLToPath(module),
      '--workers',
      String(workers),
      ...options,
    ])
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`
  }

  get pid(): number {
    const pid = this.#child?.pid
    if (pid === undefined) throw new Error('the program does not run')
    return pid
  }

  /** The process of each worker that runs, by its number. */
  get workers(): ReadonlyMap<number, number> {
    const said = this.output.matchAll(/a worker serves +worker=(\d+) pid=(\d+)/g)
    const known = [...said].map(([, worker, pid]): [number, number] => [Number(worker), Number(pid)])
    return new Map(known.filter(([, pid]) => isAlive(pid)))
  }

  /** Resolves when it takes calls. */
  async start(): Promise<void> {
    const child = this.launch()
    await until(
      'the program to be ready',
      async () => {
        if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}:\n${this.output}`)
        const answer = await fetch(`${this.url}/health/readiness`)
        await answer.arrayBuffer()
        return answer.ok
      },
      { timeoutMs: START_MS, pauseMs: 30 },
    )
    this.isOpen = true
  }

  /** Begins it, and does not wait. */
  launch(): ChildProcess {
    const child = spawn(process.execPath, [COMMAND, ...this.#command], {
      stdio: ['ignore', 'pipe', 'pipe'],
      // A process group of its own, as a program has that was begun in a terminal.
      detached: true,
    })
    this.#child = child
    const keep = (chunk: Buffer): void => void (this.output += chunk.toString())
    child.stdout.on('data', keep)
    child.stderr.on('data', keep)
    return child
  }

  /** @returns the exit code; null: it was killed. */
  async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<number | null> {
    this.isOpen = false
    return this.#ended((child) => void child.kill(signal))
  }

  /** Ctrl-C in a terminal: all of its processes get it. @returns the exit code. */
  interrupt(): Promise<number | null> {
    return this.#ended(({ pid }) => void (pid !== undefined && process.kill(-pid, 'SIGINT')))
  }

  async #ended(end: (child: ChildProcess) => void): Promise<number | null> {
    const child = this.#child
    if (child === null || child.exitCode !== null || child.signalCode !== null) return child?.exitCode ?? null
    const exit = once(child, 'exit')
    end(child)
    await exit
    return child.exitCode
  }

  /** Leaves no process behind. */
  async [Symbol.asyncDispose](): Promise<void> {
    const pids = [...this.workers.values()]
    await this.end('SIGKILL')
    for (const pid of pids.filter(isAlive)) process.kill(pid, 'SIGCONT')
    // They end by themselves, and clear away what the first one cannot.
    await until('its workers to end', () => !pids.some(isAlive)).finally(() => {
      for (const pid of pids.filter(isAlive)) process.kill(pid, 'SIGKILL')
    })
  }

  /** As one of its members sees them. @param withinMs how long it may take to say. */
  async members(
    withinMs = START_MS,
  ): Promise<{ readonly self: string; readonly members: readonly MemberRow[] }> {
    // Each time on a connection of its own, which one that stands still may have got.
    const answer = await fetch(`${this.url}/api/v1/cluster`, {
      headers: { connection: 'close' },
      signal: AbortSignal.timeout(withinMs),
    })
    // An answer of our own listener.
    return (await answer.json()) as { self: string; members: MemberRow[] }
  }
}

/** Whether a process runs: one that has ended and is still in the list of processes does not. */
export function isAlive(pid: number): boolean {
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return false
  }
}

/** A database, as `--store` takes it. */
export function urlOf({ options: { database, host, password, port, user } }: TestDatabase): string {
  return `postgres://${user}:${password}@${host}:${port}/${database}`
}
