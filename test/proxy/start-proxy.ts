// A whole proxy in this process, on a free port: what tests of the wire are made against. Decides only what differs from
// the defaults.

import { type Clock, seededRandom, systemClock } from '../../src/base/index.ts'
import type { Logger } from '../../src/ports/index.ts'
import { composeProxy, type Proxy } from '../../src/proxy/compose.ts'
import { DEFAULTS, type ProxyConfig } from '../../src/proxy/config/proxy-config.ts'

export type { Proxy }

export interface ProxyChoices {
  /** Default: memory. */
  readonly file?: string | undefined
  /** Where hosts answer, at the address that they register from. */
  readonly hostPort: number
  readonly clock?: Clock
  readonly logger?: Logger
  readonly config?: Partial<ProxyConfig>
  readonly hosts?: Partial<ProxyConfig['hosts']>
}

const silent: Logger = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }

export function startProxy(choices: ProxyChoices): Promise<Proxy> {
  const { clock = systemClock, config, file, hostPort, hosts, logger = silent } = choices
  const whole: ProxyConfig = {
    ...DEFAULTS,
    listen: { host: '127.0.0.1', port: 0, allowedHosts: [] },
    userFunction: { host: null, port: hostPort },
    store: file === undefined ? { kind: 'memory' } : { kind: 'sqlite', file },
    drainMs: 5_000,
    ...config,
    hosts: { ...DEFAULTS.hosts, ...hosts },
  }
  return composeProxy(whole, { clock, logger, random: seededRandom(1), version: '0.0.0-test' })
}
