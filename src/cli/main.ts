// Where `spawn` begins: the process's arguments in, its exit code out. bin/spawn.js imports this file.

import { getCompileCacheDir } from 'node:module'
import { dirname } from 'node:path'
import { runProgram } from './program.ts'
import { processTerminal } from './terminal.ts'

// bin/spawn.js turned the compile cache on; the variable passes it on to threads and child processes.
const cache = getCompileCacheDir()
if (cache !== undefined) process.env['NODE_COMPILE_CACHE'] = dirname(cache)
// A reader that closed the pipe (`spawn actors list | head`) has what it wanted.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0)
  throw error
})
const code = await runProgram(process.argv.slice(2), processTerminal())
// What a served module left open (a timer, a pool) must not keep the process; what was written must get out first.
await Promise.all(
  [process.stdout, process.stderr].map((stream) => new Promise((done) => stream.write('', done))),
)
process.exit(code)
