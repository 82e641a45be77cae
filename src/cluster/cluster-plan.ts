// Which cluster a program is a member of, and as what: plain data. How it is written is cluster-url.ts's and the options',
// what is made of it open.ts's.

import { hostname } from 'node:os'
import type { Tags } from '../ports/index.ts'

/** Who connects. Each kind as NATS has it; files hold what must not stand in a command line. */
export type NatsIdentity =
  | { readonly kind: 'password'; readonly user: string; readonly password: string }
  | { readonly kind: 'token'; readonly token: string }
  /** The path of a file with the seed of an NKEY. */
  | { readonly kind: 'nkey'; readonly seedFile: string }
  /** The path of a file with a JWT and its seed, as `nsc` writes it. */
  | { readonly kind: 'credentials'; readonly file: string }
  /** A JWT alone: for servers that let its bearer in. */
  | { readonly kind: 'jwt'; readonly jwt: string }

export interface NatsTlsPlan {
  /** Whether the server's certificate is checked. */
  readonly verify: boolean
  /** The path of the authority's certificate; null: those of the system. */
  readonly caFile: string | null
  /** The paths of this member's own certificate and key; null: it shows none. */
  readonly certFile: string | null
  readonly keyFile: string | null
}

export interface NatsPlan {
  /** `host:port`; any of them will do. */
  readonly servers: readonly string[]
  /** Null: whoever comes is let in. */
  readonly identity: NatsIdentity | null
  /** Null: not encrypted. */
  readonly tls: NatsTlsPlan | null
}

export interface ClusterPlan {
  readonly nats: NatsPlan
  /** Members of one name are one cluster; null: that of the system. */
  readonly name: string | null
  /** What this machine, or place in a deployment, is called; null: by its host name. */
  readonly node: string | null
  readonly zone: string | null
  readonly labels: Tags
  /** How many actors it takes beside others: 2 gets twice as many as 1. */
  readonly capacity: number
  /** How long a member that is not heard of may go on serving, in milliseconds; after that, others take over. */
  readonly leaseMs: number
}

export const USUAL_CLUSTER: Omit<ClusterPlan, 'nats'> = Object.freeze({
  name: null,
  node: null,
  zone: null,
  labels: {},
  capacity: 1,
  leaseMs: 6_000,
})

/** What this place in the cluster is called. */
export function nodeOf({ node }: Pick<ClusterPlan, 'node'>): string {
  return node ?? hostname()
}
