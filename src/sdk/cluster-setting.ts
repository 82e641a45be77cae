// The option `cluster` of a system: which cluster it is a member of, and as what. Nothing is opened here.
//
// What is wrong with a URL is told without it: it may have a password in it.

import type { ClusterPlan } from '../cluster/cluster-plan.ts'
import { USUAL_CLUSTER } from '../cluster/cluster-plan.ts'
import { CLUSTER_FORMS, readClusterUrl } from '../cluster/cluster-url.ts'
import { checkName } from '../protocol/index.ts'
import { Settings, shown } from './settings.ts'

/** The URL of the NATS server that carries the cluster, or that and what this member is in it. */
export type ClusterSetting = string | ClusterSettings

export interface ClusterSettings {
  /** `nats://user:password@host:4222,other:4222`; see docs/cluster.md for encryption and keys. */
  readonly url: string
  /** Members of one name are one cluster. Default: the name of the system. */
  readonly name?: string | undefined
  /** What this machine, or place in a deployment, is called. Default: the name of the host. */
  readonly node?: string | undefined
  /** Where it is, for actors with a `placement` by zone. Default: nowhere. */
  readonly zone?: string | undefined
  /** What it has, for actors with a `placement` by labels. Default: nothing. */
  readonly labels?: Readonly<Record<string, string>> | undefined
  /** How many actors it takes beside the others: 2 gets twice as many as 1. Whole, default 1. */
  readonly capacity?: number | undefined
  /**
   * How long a member that is not heard of may go on serving, in milliseconds; others take over after that. The same for all
   * members. Default 6,000.
   */
  readonly lease?: number | undefined
}

const SETTINGS = ['url', 'name', 'node', 'zone', 'labels', 'capacity', 'lease'] as const

/** A shorter lease is lost by a pause of the garbage collector. */
const LEAST_LEASE_MS = 300
const MOST_CAPACITY = 1_000

/** @returns null: it is alone. @throws SpawnError INVALID_ARGUMENT */
export function clusterOf(settings: Settings): ClusterPlan | null {
  const given = settings.raw('cluster')
  if (given === undefined) return null
  const asked = typeof given === 'string' ? { url: given } : given
  const cluster = new Settings(`${settings.subject} cluster`, asked, SETTINGS)
  const url = cluster.raw('url')
  if (typeof url !== 'string') throw cluster.fault('url', `must be ${CLUSTER_FORMS}, not ${shown(url)}`)
  const reading = readClusterUrl(url)
  if ('problem' in reading) throw cluster.fault('url', reading.problem)
  const capacity = cluster.count('capacity', 1, USUAL_CLUSTER.capacity)
  if (capacity > MOST_CAPACITY) throw cluster.fault('capacity', `must be at most ${MOST_CAPACITY}`)
  const leaseMs = cluster.milliseconds('lease', USUAL_CLUSTER.leaseMs)
  if (leaseMs < LEAST_LEASE_MS)
    throw cluster.fault('lease', `must be at least ${LEAST_LEASE_MS} milliseconds, not ${leaseMs}`)
  return {
    nats: reading.nats,
    name: nameIn(cluster, 'name'),
    node: nameIn(cluster, 'node'),
    zone: nameIn(cluster, 'zone'),
    labels: cluster.entries('labels'),
    capacity,
    leaseMs,
  }
}

function nameIn(cluster: Settings, setting: 'name' | 'node' | 'zone'): string | null {
  const given = cluster.raw(setting)
  if (given === undefined) return null
  if (typeof given !== 'string') throw cluster.fault(setting, `must be a name, not ${shown(given)}`)
  checkName(setting, given)
  return given
}
