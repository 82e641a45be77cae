// What a proxy can be told, and what it is when nobody says anything. Plain data: where a value came from is read.ts's
// business, what it means that of the part that gets it.

import { LIMITS, type Limits } from '../../base/index.ts'
import type { ClusterPlan } from '../../cluster/cluster-plan.ts'
import type { SealingPlan } from '../../stores/state-keys.ts'
import type { StorePlan } from '../../stores/store-plan.ts'

/** Where the proxy listens: for SDKs, for people and for probes alike. */
export type ListenConfig = ListenAddress | ListenSocket

interface ListenAddress {
  readonly host: string
  /** 0: any that is free. */
  readonly port: number
  /** Names beside its own that a loopback listener takes as `Host`. */
  readonly allowedHosts: readonly string[]
}

interface ListenSocket {
  /** The path of a Unix socket. */
  readonly socket: string
}

/** Where the actions of a host that registers are answered. */
export interface UserFunctionConfig {
  /** Null: the address that the registration came from. */
  readonly host: string | null
  readonly port: number
}

export interface HostsConfig {
  /** What a call gets while no host that has its definition is alive: an error at once, or at its deadline. */
  readonly whenNone: 'fail' | 'wait'
  /** Actions that one host runs at once; more wait. */
  readonly concurrency: number
  /** Actions that wait for one host beyond that; further calls get MAILBOX_FULL. */
  readonly queue: number
  /** How long one action may take at a host, in milliseconds; a nearer deadline of its call wins. */
  readonly timeoutMs: number
  /** How long a connection to a host may take to stand, in milliseconds. */
  readonly connectTimeoutMs: number
  /** How often a host that is down is looked for, in milliseconds. */
  readonly probeEveryMs: number
}

export interface ProxyConfig {
  /** The system that is there without a registration; registrations may bring others. */
  readonly system: string
  /** What the proxy calls itself to hosts and in the log. */
  readonly appName: string
  readonly listen: ListenConfig
  readonly userFunction: UserFunctionConfig
  /** One store for all systems. */
  readonly store: StorePlan
  /** What states are encrypted with where they rest; null: they are not. Never shown. */
  readonly sealing: SealingPlan | null
  /** Null: it is alone. */
  readonly cluster: ClusterPlan | null
  /** Of the actors of registered hosts. */
  readonly durability: 'turn' | 'snapshot'
  /** How often a `snapshot` actor's state is written when its registration does not say, in milliseconds. */
  readonly snapshotTimeoutMs: number
  /** Revisions of their past that are kept, before the latest. */
  readonly historyRevisions: number
  /** How long each is kept after it was replaced, in milliseconds; one is kept while either says so. */
  readonly historyDurationMs: number
  readonly hosts: HostsConfig
  /** Of each system; what is absent is as LIMITS has it. */
  readonly limits: Partial<Limits>
  /** The largest body of a request that is read. */
  readonly bodyBytes: number
  /** How long running actions may take to finish when the proxy stops, in milliseconds. */
  readonly drainMs: number
  /** Whether `GET /metrics` answers. */
  readonly metrics: boolean
  readonly logLevel: LogLevel
  /** A module whose actors run in the proxy's own process; null: none. */
  readonly module: string | null
}

/** From the least important to the most. */
export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

export const DEFAULT_ADDRESS: ListenAddress = { host: '127.0.0.1', port: 9001, allowedHosts: [] }

export const DEFAULTS: ProxyConfig = Object.freeze<ProxyConfig>({
  system: 'spawn-system',
  appName: 'spawn-proxy',
  listen: DEFAULT_ADDRESS,
  userFunction: { host: null, port: 8090 },
  store: { kind: 'sqlite', file: 'spawn-system.db' },
  sealing: null,
  cluster: null,
  durability: 'turn',
  snapshotTimeoutMs: LIMITS.snapshotTimeoutMs,
  historyRevisions: 0,
  historyDurationMs: 0,
  hosts: {
    whenNone: 'fail',
    concurrency: 128,
    queue: 10_000,
    timeoutMs: LIMITS.maxCallTimeoutMs,
    connectTimeoutMs: 3_000,
    probeEveryMs: 1_000,
  },
  limits: {},
  bodyBytes: 8_388_608,
  drainMs: 30_000,
  metrics: true,
  logLevel: 'info',
  module: null,
})
