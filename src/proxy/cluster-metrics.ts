// What a member tells of its cluster to those who watch: which members there are, its own lease, what moved, which calls went
// where. All of it is what this member knows; the numbers of a whole cluster are the sums over its members.

import type { ClusterStatus, ClusterView } from '../ports/index.ts'
import { Metrics, type Sample } from './metrics.ts'

type One = (value: (status: ClusterStatus) => number) => () => Iterable<Sample>

export function clusterMetrics(metrics: Metrics, cluster: ClusterView): void {
  const one: One = (value) => () => [{ value: value(cluster.status()) }]
  metrics.gauge('spawn_cluster_members', 'Members that this one sees, by phase.', () => {
    const { members } = cluster.status()
    return (['up', 'draining'] as const).map((phase) => ({
      labels: { phase },
      value: members.filter((member) => member.phase === phase).length,
    }))
  })
  gauges(metrics, one)
  counts(metrics, one)
}

function gauges(metrics: Metrics, one: One): void {
  metrics.gauge(
    'spawn_cluster_epoch',
    'The number of the view that this member has applied.',
    one(({ epoch }) => epoch),
  )
  metrics.gauge(
    'spawn_cluster_unsettled_members',
    'Members that have not let go yet of all that is not theirs under this view.',
    one(({ epoch, members }) => members.filter(({ acked }) => (acked ?? 0) < epoch).length),
  )
  metrics.gauge(
    'spawn_cluster_lease_held',
    'Whether this member may serve its actors.',
    one(({ holdsLease }) => Number(holdsLease)),
  )
  metrics.gauge(
    'spawn_cluster_lease_age_seconds',
    'Since the lease of this member was renewed.',
    one(({ leaseAgeMs }) => leaseAgeMs / 1_000),
  )
  metrics.gauge(
    'spawn_cluster_lease_seconds',
    'How old a lease may get.',
    one(({ leaseMs }) => leaseMs / 1_000),
  )
}

function counts(metrics: Metrics, one: One): void {
  metrics.counts(
    'spawn_cluster_leases_lost_total',
    'Leases that this member has lost.',
    one((status) => status.counts.leasesLost),
  )
  metrics.counts(
    'spawn_cluster_moved_actors_total',
    'Actors that this member let go of because they are to live elsewhere.',
    one((status) => status.counts.released),
  )
  metrics.counts(
    'spawn_cluster_forwarded_calls_total',
    'Calls that were brought to other members.',
    one((status) => status.counts.forwarded),
  )
  metrics.counts(
    'spawn_cluster_received_calls_total',
    'Calls that came from other members.',
    one((status) => status.counts.received),
  )
  metrics.counts(
    'spawn_cluster_rerouted_calls_total',
    'Calls that had to look again for where their actor lives.',
    one((status) => status.counts.rerouted),
  )
  metrics.counts(
    'spawn_cluster_unhanded_messages_total',
    'Messages for actors of other members that are left to be found in the store.',
    one((status) => status.counts.unhanded),
  )
}

/** The metrics of a member that has no others. */
export function clusterText(cluster: ClusterView): () => string {
  const metrics = new Metrics()
  clusterMetrics(metrics, cluster)
  return () => metrics.text()
}
