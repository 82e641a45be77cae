// The process that `spawn dev` serves in: when it is begun, and when it may run. To start a process takes far longer than to
// find out what a line asks for. So the first one is begun before anything else is loaded, and waits until it is told that
// the line makes sense; whoever finds a mistake there says so, and the one that waits ends without a word.
//
// Invariant: no served process runs its line before it was told to, and none outlives the one that watches it.

import { type ChildProcess, fork } from 'node:child_process'
import { WORKER_VARIABLE } from './messages.ts'

const GO = 'go'

/** The first one, as long as nobody has asked for it. */
let begun: ChildProcess | null = null

/** @param words the command line behind `dev`. */
export function beginServedProcess(words: readonly string[]): void {
  const child = forked('first', words)
  begun = child
  child.once('exit', () => {
    if (begun === child) begun = null
  })
  process.once('exit', () => begun?.kill('SIGKILL'))
}

/** One that runs. @param words as above. */
export function servedProcess(start: 'first' | 'again', words: readonly string[]): ChildProcess {
  const child = (start === 'first' ? begun : null) ?? forked(start, words)
  begun = null
  // One that has ended meanwhile says that itself.
  child.send(GO, () => undefined)
  return child
}

/** Its input is nobody's; the terminal's Ctrl-C reaches it too, and it leaves that to the process that watches. */
function forked(start: 'first' | 'again', words: readonly string[]): ChildProcess {
  const [, program = ''] = process.argv
  const env = { ...process.env, [WORKER_VARIABLE]: start }
  return fork(program, ['start', ...words], { env, stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
}

/** In the served process: resolves when it may run, with false when it never may. */
export function mayServe(): Promise<boolean> {
  return new Promise((resolve) => {
    process.once('message', () => resolve(true))
    process.once('disconnect', () => resolve(false))
  })
}
