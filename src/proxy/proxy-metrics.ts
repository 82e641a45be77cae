// What a proxy tells of itself to those who watch: whether it takes calls, its actors, its hosts, its connections, and
// its cluster.

import type { ClusterView } from '../ports/index.ts'
import { clusterMetrics } from './cluster-metrics.ts'
import type { Metrics, Sample } from './metrics.ts'

/** A host process, as far as it is told of. */
interface Host {
  readonly host: string
  readonly port: number
  readonly live: boolean
  readonly running: number
  readonly waiting: number
  readonly ends: Readonly<Record<string, number>>
}

export interface Watched {
  readonly systems: {
    readonly ready: boolean
    readonly all: readonly { readonly system: string; readonly residentActors: number }[]
  }
  readonly hosts: { readonly hosts: readonly Host[]; readonly waiting: number }
  readonly listener: { readonly connections: number }
  /** Null: it is alone. */
  readonly cluster: ClusterView | null
  readonly version: string
}

export function proxyMetrics(
  metrics: Metrics,
  { cluster, hosts, listener, systems, version }: Watched,
): void {
  const ofHosts = (value: (host: Host) => number) => (): Iterable<Sample> =>
    hosts.hosts.map((host) => ({ labels: { host: `${host.host}:${host.port}` }, value: value(host) }))
  metrics.gauge('spawn_proxy_info', 'The version of the proxy.', () => [{ labels: { version }, value: 1 }])
  metrics.gauge('spawn_ready', 'Whether calls are taken.', () => [{ value: Number(systems.ready) }])
  metrics.gauge('spawn_resident_actors', 'Actors in memory.', () =>
    systems.all.map(({ residentActors, system }) => ({ labels: { system }, value: residentActors })),
  )
  metrics.gauge(
    'spawn_host_up',
    'Whether a host is reachable.',
    ofHosts(({ live }) => Number(live)),
  )
  metrics.gauge(
    'spawn_host_running',
    'Actions that run on a host.',
    ofHosts(({ running }) => running),
  )
  metrics.gauge(
    'spawn_host_waiting',
    'Actions that wait for a host.',
    ofHosts(({ waiting }) => waiting),
  )
  metrics.counts('spawn_host_requests_total', 'Requests to a host, by how they ended.', () =>
    hosts.hosts.flatMap(({ ends, host, port }) =>
      Object.entries(ends).map(([end, value]) => ({ labels: { host: `${host}:${port}`, end }, value })),
    ),
  )
  metrics.gauge('spawn_waiting_for_hosts', 'Actions that wait until any host of theirs is reachable.', () => [
    { value: hosts.waiting },
  ])
  metrics.gauge('spawn_http_connections', 'Open connections.', () => [{ value: listener.connections }])
  metrics.gauge('process_resident_memory_bytes', 'Memory of the process.', () => [
    { value: process.memoryUsage.rss() },
  ])
  if (cluster !== null) clusterMetrics(metrics, cluster)
}
