// `spawn proxy`: the sidecar. Hosts in any language register their actors with it, and it keeps them.

import { command } from '../command.ts'
import { PROXY_OPTIONS } from '../serving/proxy-options.ts'

export const proxy = command({
  name: 'proxy',
  summary: 'Run the sidecar that keeps the actors of hosts in any language',
  about: `Listens for hosts: programs that register actors over HTTP, with an SDK of Spawn or with ours (system.serve).
Keeps their actors' states, mailboxes, timers and effects, and calls the hosts to run actions. People and probes are answered
on the same port. A module's actors may run in the proxy itself, beside those of hosts.

Flags go before the environment, that before the file. SIGTERM or Ctrl-C stops in order, a second one at once.`,
  args: [
    {
      name: 'module',
      help: 'a TypeScript or JavaScript file that exports actors, or a system',
      optional: true,
    },
  ],
  options: PROXY_OPTIONS,
  examples: [
    { line: 'spawn proxy', what: 'for hosts on this machine that answer on port 8090' },
    { line: 'spawn proxy --user-function-port 8091', what: 'for hosts in Python or Java' },
    { line: 'spawn proxy --host 0.0.0.0 --store sqlite:/data/shop.db --json', what: 'in a container' },
    { line: 'spawn proxy actors.ts --config proxy.json', what: 'with actors of its own, and a file' },
    { line: 'spawn proxy --config proxy.json --check', what: 'what would count, and from where' },
  ],
  async run({ args: [module], options, json }, terminal) {
    // As everywhere in Node; before anything of the application is imported, so that all of it is seen.
    process.env['NODE_ENV'] ||= 'production'
    const { check, config, ...flags } = options
    const { serveProxy } = await import('../serving/serve-proxy.ts')
    return serveProxy({ flags: { ...flags, module }, file: config, check, json }, terminal)
  },
})
