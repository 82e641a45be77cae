// `spawn dev`: `spawn start` in a process of its own, which is started again when one of its files changes.

import { command } from '../command.ts'
import { SERVE_ARGUMENTS, SERVE_OPTIONS } from '../serving/options.ts'

export const dev = command({
  name: 'dev',
  summary: 'Serve a module and restart on every change, keeping the state',
  about: `Serves the actors that a module exports, as \`spawn start\` does, and starts anew when the module or a file that it
imports changes. The state is in the store and stays. A module that cannot be loaded is told, and the next change tried.`,
  args: SERVE_ARGUMENTS,
  options: SERVE_OPTIONS,
  examples: [
    { line: 'spawn dev counter.ts', what: 'serve counter.ts while you edit it' },
    { line: 'spawn dev counter.ts --port 0 --store memory', what: 'any free port; every start begins empty' },
  ],
  async run({ args: [module = ''], words, options, json }, terminal) {
    const { moduleFile } = await import('../serving/module.ts')
    const { loggerFor } = await import('../serving/log.ts')
    const { Supervisor } = await import('../dev/supervisor.ts')
    const { systemClock } = await import('../../base/index.ts')
    const { servedProcess } = await import('../dev/served-process.ts')
    const supervisor = new Supervisor({
      file: moduleFile(module),
      clock: systemClock,
      logger: await loggerFor({ json, least: options['log-level'] }, terminal, systemClock),
      fork: (start) => servedProcess(start, words),
    })
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => supervisor.end(signal))
    return supervisor.run()
  },
})
