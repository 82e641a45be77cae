// Our proxy as the benchmark runs it: the default configuration, on a free port, with a store in a file of its own.

import { systemClock, systemRandom } from '../src/base/index.ts'
import { composeProxy } from '../src/proxy/compose.ts'
import { DEFAULTS } from '../src/proxy/config/proxy-config.ts'

export async function startBenchProxy(hostPort: number, file: string) {
  const config = {
    ...DEFAULTS,
    listen: { host: '127.0.0.1', port: 0, allowedHosts: [] },
    userFunction: { host: null, port: hostPort },
    store: { kind: 'sqlite', file },
  } as const
  const say = (message: string): void => console.error(message)
  const logger = { debug: () => {}, info: () => {}, warn: say, error: say }
  const parts = { clock: systemClock, random: systemRandom, logger, version: 'bench' }
  const proxy = await composeProxy(config, parts)
  return { port: Number(new URL(proxy.url).port), stop: () => proxy.stop() }
}
