// From a plan to what carries a cluster: the one place that names the adapters by what an operator calls them. It makes a
// register, a wire and an exchange of systems, and starts none; what members do with them is mesh/'s.

import { readFile } from 'node:fs/promises'
import { type Clock, messageOf, SpawnError } from '../base/index.ts'
import type { Logger, Register, SystemExchange, Wire } from '../ports/index.ts'
import type { ClusterPlan, NatsIdentity, NatsPlan, NatsTlsPlan } from './cluster-plan.ts'
import type { NatsSettings } from './nats/index.ts'

export interface Carriers {
  readonly register: Register
  readonly wire: Wire
  /** Where the systems of this cluster meet others; null: they meet none. */
  readonly systems: SystemExchange | null
}

/**
 * @param system whose name the cluster has, if the plan says no other.
 * @throws SpawnError INVALID_ARGUMENT for a file that cannot be read, with its name.
 */
export async function openCarriers(
  { name, nats }: ClusterPlan,
  system: string,
  surroundings: { readonly clock: Clock; readonly logger: Logger },
): Promise<Carriers> {
  const settings = await settingsOf(nats)
  const { openNats } = await import('./nats/index.ts')
  return openNats(settings, { ...surroundings, cluster: name ?? system })
}

async function settingsOf({ identity, servers, tls }: NatsPlan): Promise<NatsSettings> {
  return {
    servers,
    identity: identity === null ? null : await identityOf(identity),
    tls: tls === null ? null : await tlsOf(tls),
  }
}

async function identityOf(identity: NatsIdentity): Promise<NatsSettings['identity']> {
  if (identity.kind === 'nkey')
    return { kind: 'nkey', seed: (await textIn(identity.seedFile, 'nkey')).trim() }
  if (identity.kind !== 'credentials') return identity
  return { kind: 'credentials', text: await textIn(identity.file, 'credentials') }
}

async function tlsOf({ caFile, certFile, keyFile, verify }: NatsTlsPlan): Promise<NatsSettings['tls']> {
  return {
    verify,
    ...(caFile !== null && { ca: await textIn(caFile, 'ca') }),
    ...(certFile !== null && { cert: await textIn(certFile, 'cert') }),
    ...(keyFile !== null && { key: await textIn(keyFile, 'key') }),
  }
}

async function textIn(file: string, parameter: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (cause) {
    const text = `the file that ${parameter} of the cluster's URL names cannot be read: ${messageOf(cause)}`
    throw new SpawnError('INVALID_ARGUMENT', text, { cause })
  }
}
