// `spawn start`: serves the actors of a module over HTTP until it is asked to stop.

import { command } from '../command.ts'
import { WORKER_VARIABLE } from '../dev/messages.ts'
import { SERVE_ARGUMENTS, START_OPTIONS } from '../serving/options.ts'

export const start = command({
  name: 'start',
  summary: 'Serve the actors of a module over HTTP',
  about: `Imports a TypeScript or JavaScript module and serves what it exports: a system that is not started, or actors.
Prints the address, the actors and a call to paste. SIGTERM or Ctrl-C stops in order, a second one at once; nothing acknowledged is lost.`,
  args: SERVE_ARGUMENTS,
  options: START_OPTIONS,
  examples: [
    { line: 'spawn start counter.ts', what: 'serve the actors that counter.ts exports' },
    { line: 'spawn start shop.ts --host 0.0.0.0 --port 80', what: 'for other machines too' },
    { line: 'spawn start shop.ts --store sqlite:/var/lib/shop.db --json', what: 'in production' },
    { line: 'spawn start shop.ts --workers auto', what: 'on all cores of this machine' },
    {
      line: 'spawn start shop.ts --store postgres://shop@db/shop --cluster nats://nats',
      what: 'one member of a cluster',
    },
  ],
  async run({ args: [module = ''], options, json }, terminal) {
    const { port, host, store, system, 'log-level': level } = options
    const worker =
      terminal.env[WORKER_VARIABLE] === undefined
        ? null
        : (await import('../dev/worker.ts')).workerOf(terminal.env)
    // What the application begins in its turn is not watched.
    delete process.env[WORKER_VARIABLE]
    // As everywhere in Node: in development mistakes such as changing a state in place are thrown, which costs a little.
    process.env['NODE_ENV'] ||= worker === null ? 'production' : 'development'
    const { clusterOnLine } = await import('../serving/cluster-line.ts')
    const cluster = clusterOnLine(options, terminal.env)
    const { serve } = await import('../serving/serve.ts')
    // Who watches files begins one process anew, and debugs one.
    const workers = worker === null ? options.workers : 1
    return serve(module, { port, host, store, system, cluster, workers, level, json }, terminal, worker)
  },
})
