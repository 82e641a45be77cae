// The paths of the cluster in the HTTP interface for people, built and parsed in one place. They belong to no system: what
// they are about is the member that is asked, and those that it knows.

import { pathStep, readStep } from './paths.ts'

/** `/api/v1/cluster` */
export const CLUSTER_PATH = '/api/v1/cluster'

/** `/api/v1/cluster/where`; who is looked for goes into the query. */
export const WHERE_PATH = `${CLUSTER_PATH}/where`

const MEMBERS = `${CLUSTER_PATH}/members/`

export type ClusterPath =
  | { readonly kind: 'cluster' }
  | { readonly kind: 'cluster-where' }
  | { readonly kind: 'cluster-drain' | 'cluster-undrain'; readonly member: string }

/** `/api/v1/cluster/members/{id}/drain` */
export function drainPath(member: string): string {
  return `${MEMBERS}${pathStep(member)}/drain`
}

/** `/api/v1/cluster/members/{id}/undrain` */
export function undrainPath(member: string): string {
  return `${MEMBERS}${pathStep(member)}/undrain`
}

/**
 * @param path without a query.
 * @returns null when it is no path of the cluster.
 * @throws SpawnError INVALID_ARGUMENT when the member in it is empty or its percent-encoding is broken.
 */
export function parseClusterPath(path: string): ClusterPath | null {
  if (path === CLUSTER_PATH) return { kind: 'cluster' }
  if (path === WHERE_PATH) return { kind: 'cluster-where' }
  if (!path.startsWith(MEMBERS)) return null
  const [id = '', verb, ...rest] = path.slice(MEMBERS.length).split('/')
  if (rest.length > 0 || (verb !== 'drain' && verb !== 'undrain')) return null
  return { kind: `cluster-${verb}`, member: readStep('member', id) }
}
