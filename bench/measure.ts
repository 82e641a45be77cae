// Runs subjects against each other: in one run and in turns (A B A B …), so that what the machine does meanwhile falls on
// both alike. Gives every round's reading; what they mean is decided by line.ts.

import { type ChildProcess, execFile, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

import type { Order, Reading, Report, Shape } from './subject.ts'

/** A subject by the name of its module, and what it is to be. */
export interface SubjectChoice {
  readonly module: string
  readonly callers?: number
  readonly actors?: number
  readonly variant?: string
}

export interface Rounds {
  readonly count: number
  readonly durationMs: number
  /** Where subjects make their files. */
  readonly directory: string
  /** Whether the main threads of all subjects are kept on one processor, where the system can do that. Default: false. */
  readonly onOneProcessor?: boolean
}

const PROCESS = fileURLToPath(new URL('subject-process.ts', import.meta.url))

/** The readings of each subject, round by round. One warm-up round of each is not among them. */
export async function compare(choices: readonly SubjectChoice[], rounds: Rounds): Promise<Reading[][]> {
  const running: RunningSubject[] = []
  try {
    for (const choice of choices) running.push(await RunningSubject.start(choice, rounds.directory))
    if (rounds.onOneProcessor === true) for (const subject of running) await subject.pin()
    for (const subject of running) await subject.round(rounds.durationMs)
    await settleDisk()
    const readings: Reading[][] = choices.map(() => [])
    for (let round = 0; round < rounds.count; round += 1) {
      for (const [at, subject] of running.entries())
        readings[at]?.push(await subject.round(rounds.durationMs))
    }
    for (const subject of running) await subject.stop()
    return readings
  } finally {
    for (const subject of running) subject.end()
  }
}

/**
 * What was written to prepare these subjects, and by those before them, is on the disk: the kernel would write it in the
 * middle of the rounds, where only those wait for it that sync.
 */
async function settleDisk(): Promise<void> {
  if (process.platform !== 'win32') await promisify(execFile)('sync')
}

class RunningSubject {
  private readonly process: ChildProcess
  private readonly module: string

  private constructor(process: ChildProcess, module: string) {
    this.process = process
    this.module = module
  }

  static async start(choice: SubjectChoice, parent: string): Promise<RunningSubject> {
    const directory = await mkdtemp(join(parent, `${choice.module}-`))
    const { actors = 1, callers = 1, module, variant = '' } = choice
    const shape: Shape = { actors, callers, directory, variant }
    const child = fork(PROCESS, [module, JSON.stringify(shape)], {
      cwd: directory,
      env: { ...process.env, NODE_ENV: 'production' },
      execArgv: ['--expose-gc', '--disable-warning=ExperimentalWarning', ...profiling()],
      // What it prints is progress, and goes where ours does.
      stdio: ['ignore', 2, 2, 'ipc'],
    })
    const subject = new RunningSubject(child, module)
    await subject.answer()
    return subject
  }

  /** Keeps its main thread on the first processor; threads that it has begun go where they like. */
  async pin(): Promise<void> {
    if (process.platform !== 'linux') return
    await promisify(execFile)('taskset', ['--cpu-list', '--pid', '0', String(this.process.pid)])
  }

  async round(durationMs: number): Promise<Reading> {
    const report = await this.ask({ round: durationMs })
    if (!('reading' in report)) throw new Error(`${this.module} answered a round without a reading`)
    return report.reading
  }

  async stop(): Promise<void> {
    const exited = once(this.process, 'exit')
    await this.ask({ stop: true })
    await exited
  }

  /** Leaves no process behind, whatever happened. */
  end(): void {
    if (this.process.exitCode === null && this.process.signalCode === null) this.process.kill('SIGKILL')
  }

  private ask(order: Order): Promise<Report> {
    const answer = this.answer()
    this.process.send(order)
    return answer
  }

  private answer(): Promise<Report> {
    return new Promise((resolve, reject) => {
      const settle = (act: () => void): void => {
        this.process.off('message', heard).off('exit', gone)
        act()
      }
      const heard = (report: Report): void => {
        if ('failure' in report) settle(() => reject(new Error(`${this.module}: ${report.failure}`)))
        else settle(() => resolve(report))
      }
      const gone = (code: number | null): void => {
        settle(() => reject(new Error(`the process of ${this.module} ended with code ${code}`)))
      }
      this.process.on('message', heard).on('exit', gone)
    })
  }
}

/** `node --cpu-prof bench/main.ts --only …` profiles every process; the profiles are left in the working directory. */
function profiling(): string[] {
  const flags = process.execArgv.filter((flag) => flag.startsWith('--cpu-prof'))
  return flags.length === 0 ? [] : [`--cpu-prof-dir=${process.cwd()}`, ...flags]
}
