// Where `spawn` begins: the process's arguments in, its exit code out. bin/spawn.js imports this file.

import { runProgram } from './program.ts'
import { processTerminal } from './terminal.ts'

// A reader that closed the pipe (`spawn actors list | head`) has what it wanted.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0)
  throw error
})
process.exitCode = await runProgram(process.argv.slice(2), processTerminal())
