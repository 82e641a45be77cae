// Which NATS servers the variables of Spawn's own proxy mean: SPAWN_USE_INTERNAL_NATS and what goes with it. What is wrong
// with one is told without it.

import { truthOf } from '../base/index.ts'
import type { NatsIdentity, NatsPlan } from './cluster-plan.ts'
import { readClusterUrl } from './cluster-url.ts'

const SWITCH = 'SPAWN_USE_INTERNAL_NATS'
const HOSTS = 'SPAWN_INTERNAL_NATS_HOSTS'
const TLS = 'SPAWN_INTERNAL_NATS_TLS'
const AUTH = 'SPAWN_INTERNAL_NATS_AUTH'
const AUTH_TYPE = 'SPAWN_INTERNAL_NATS_AUTH_TYPE'
const USER = 'SPAWN_INTERNAL_NATS_AUTH_USER'
const PASSWORD = 'SPAWN_INTERNAL_NATS_AUTH_PASS'
const JWT = 'SPAWN_INTERNAL_NATS_AUTH_JWT'

/** All variables that say something of NATS, for the inside of a system. */
export const CLUSTER_VARIABLES: readonly string[] = [SWITCH, HOSTS, TLS, AUTH, AUTH_TYPE, USER, PASSWORD, JWT]

/** What a manifest of Spawn means when it says less. */
const USUAL_HOSTS = 'nats://127.0.0.1:4222'

export interface ClusterVariables {
  /** Null: they name none, or not soundly. */
  readonly nats: NatsPlan | null
  /** The variable that says most. */
  readonly from: string
  readonly mistakes: readonly { readonly where: string; readonly problem: string }[]
  /** Those that are set and say nothing here. */
  readonly unused: readonly string[]
}

/** @param set the variables that have a value. */
export function readClusterVariables(set: ReadonlyMap<string, string>): ClusterVariables {
  const given = CLUSTER_VARIABLES.filter((name) => set.has(name))
  const mistakes: { where: string; problem: string }[] = []
  const truth = (name: string): boolean => {
    const on = truthOf(set.get(name) ?? 'false')
    if (on === null) mistakes.push({ where: name, problem: 'must be true or false' })
    return on === true
  }
  if (!truth(SWITCH))
    return { nats: null, from: SWITCH, mistakes, unused: given.filter((name) => name !== SWITCH) }
  const tls = truth(TLS)
  const reading = readClusterUrl(urlOf(set.get(HOSTS) ?? USUAL_HOSTS))
  if ('problem' in reading) mistakes.push({ where: HOSTS, problem: reading.problem })
  const identity = truth(AUTH) ? identityIn(set, mistakes) : null
  if ('problem' in reading || mistakes.length > 0) return { nats: null, from: HOSTS, mistakes, unused: [] }
  const { nats } = reading
  const checked = { verify: true, caFile: null, certFile: null, keyFile: null }
  return {
    nats: { ...nats, identity: identity ?? nats.identity, tls: tls ? (nats.tls ?? checked) : nats.tls },
    from: set.has(HOSTS) ? HOSTS : SWITCH,
    mistakes,
    unused: identity === null ? given.filter((name) => name.startsWith(`${AUTH}_`)) : [],
  }
}

/** Hosts as manifests have them: with or without `nats://`, before each or before all. */
function urlOf(hosts: string): string {
  const parts = hosts.split(',').map((part) => part.trim().replace(/^nats:\/\//, ''))
  return `nats://${parts.filter((part) => part !== '').join(',')}`
}

function identityIn(
  set: ReadonlyMap<string, string>,
  mistakes: { where: string; problem: string }[],
): NatsIdentity | null {
  const type = set.get(AUTH_TYPE) ?? 'simple'
  const missing = (where: string): null => {
    mistakes.push({ where, problem: `is missing, and ${AUTH} is true with the type ${type}` })
    return null
  }
  if (type === 'simple') {
    const user = set.get(USER)
    return user === undefined ? missing(USER) : { kind: 'password', user, password: set.get(PASSWORD) ?? '' }
  }
  if (type === 'jwt') {
    const jwt = set.get(JWT)
    return jwt === undefined ? missing(JWT) : { kind: 'jwt', jwt }
  }
  mistakes.push({ where: AUTH_TYPE, problem: 'must be simple or jwt' })
  return null
}
