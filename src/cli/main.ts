// Where `spawn` begins: the process's arguments in, its exit code out. bin/spawn.js imports this file. What a run needs is
// loaded after the process that `dev` serves in has been begun, because that one takes longest.

import { getCompileCacheDir } from 'node:module'
import { dirname } from 'node:path'
import { WORKER_VARIABLE } from './dev/messages.ts'

// bin/spawn.js turned the compile cache on; the variable passes it on to threads and child processes.
const cache = getCompileCacheDir()
if (cache !== undefined) process.env['NODE_COMPILE_CACHE'] = dirname(cache)
const [, , ...words] = process.argv
const isServed = process.env[WORKER_VARIABLE] !== undefined && process.send !== undefined
if (words[0] === 'dev' || isServed) {
  const { beginServedProcess, mayServe } = await import('./dev/served-process.ts')
  if (!isServed) beginServedProcess(words.slice(1))
  else if (!(await mayServe())) process.exit(0)
}
// A reader that closed the pipe (`spawn actors list | head`) has what it wanted.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0)
  throw error
})
const [{ runProgram }, { processTerminal }] = await Promise.all([
  import('./program.ts'),
  import('./terminal.ts'),
])
const code = await runProgram(words, processTerminal())
// What a served module left open (a timer, a pool) must not keep the process; what was written must get out first.
await Promise.all(
  [process.stdout, process.stderr].map((stream) => new Promise((done) => stream.write('', done))),
)
process.exit(code)
