// The routes of the cluster: its status, where an actor lives, taking a member out of service and back. They read a request,
// ask this member's view, and show it as JSON with times in ISO 8601. Which members there are, and where an actor is placed,
// the view says; here is only which definition a name means, as calls have it.

import type { IncomingMessage } from 'node:http'

import { LIMITS, SpawnError } from '../base/index.ts'
import type { ClusterStatus, ClusterView, Gateway, HostedDefinition, MemberView } from '../ports/index.ts'
import { checkName } from '../protocol/index.ts'
import { refuseBody } from './http-payload.ts'
import { parseQuery } from './http-query.ts'
import { HttpRefusal } from './http-refusal.ts'
import { jsonReply, type Reply } from './http-reply.ts'
import { type Systems, systemOf } from './systems.ts'
import { isoTime } from './time-text.ts'

type Hosted = ReadonlyMap<string, HostedDefinition>

export class ClusterRoutes {
  readonly #cluster: ClusterView | null
  readonly #systems: Systems

  /** @param cluster null: this process is a member of none. */
  constructor(cluster: ClusterView | null, systems: Systems) {
    this.#cluster = cluster
    this.#systems = systems
  }

  get isMember(): boolean {
    return this.#cluster !== null
  }

  /** GET /api/v1/cluster */
  async status(query: string): Promise<Reply> {
    parseQuery(query, [])
    return fresh(statusJson(this.#view().status()))
  }

  /** GET /api/v1/cluster/where */
  async where(query: string): Promise<Reply> {
    const cluster = this.#view()
    const parameters = parseQuery(query, ['system', 'actor', 'ref'])
    const system = parameters.get('system') ?? this.#systems.main
    const name = parameters.get('actor')
    if (name === undefined) {
      throw new SpawnError('INVALID_ARGUMENT', 'say who is looked for: the query parameter "actor"')
    }
    checkName('actor', name)
    const { epoch, members } = cluster.status()
    const hosted = hostedIn(members, system)
    if (hosted.size === 0) checkServed(this.#systems, system)
    const definition = await this.#definitionOf(name, parameters.get('ref') ?? '', system, hosted)
    const { isServed, member, reason } = cluster.whereabouts(system, definition, name)
    const known = hosted.get(definition)
    return fresh({
      name,
      parent: known === undefined || known.kind === 'unnamed' ? definition : '',
      system,
      placement: known?.placement ?? null,
      member,
      node: members.find(({ id }) => id === member)?.node ?? null,
      served: isServed,
      reason,
      hosts: members
        .filter((one) => one.phase === 'up' && hostedIn([one], system).has(definition))
        .map(({ id }) => id),
      epoch,
    })
  }

  /** POST /api/v1/cluster/members/{id}/drain and …/undrain */
  async setPhase(
    member: string,
    phase: MemberView['phase'],
    query: string,
    request: IncomingMessage,
  ): Promise<Reply> {
    const cluster = this.#view()
    parseQuery(query, [])
    refuseBody(request, 'a change of a member')
    const ids = cluster.status().members.map(({ id }) => id)
    if (!ids.includes(member)) {
      const there = ids.length === 0 ? 'it has none' : `it has ${ids.join(', ')}`
      throw new HttpRefusal(404, `the cluster has no member "${member}"; ${there}`, {
        details: { id: member },
      })
    }
    await cluster.setPhase(member, phase)
    return jsonReply({ member, phase, epoch: cluster.status().epoch })
  }

  #view(): ClusterView {
    if (this.#cluster !== null) return this.#cluster
    throw new HttpRefusal(
      404,
      'the process that answers here is a member of no cluster; start it with --cluster <url>',
    )
  }

  /** The definition that a name means: that of `ref`, the one of this name, or that of the one stored instance. */
  async #definitionOf(name: string, ref: string, system: string, hosted: Hosted): Promise<string> {
    if (ref !== '') {
      const kind = hosted.get(ref)?.kind ?? 'unnamed'
      if (kind === 'unnamed' || ref === name) return ref
      const text = `"${ref}" is a ${kind} actor, so "${name}" cannot be an instance of it`
      throw new SpawnError('INVALID_ARGUMENT', text)
    }
    const own = hosted.get(name)
    if (own !== undefined && own.kind !== 'unnamed') return name
    if (own !== undefined) {
      const text = `"${name}" is an unnamed definition; say which instance, with "${name}" as ref`
      throw new SpawnError('INVALID_ARGUMENT', text)
    }
    return storedParent(systemOf(this.#systems, system), name, hosted)
  }
}

/** @throws SpawnError ACTOR_NOT_FOUND for a system that nobody hosts anything of, and that is not one of this process. */
function checkServed(systems: Systems, system: string): void {
  if (systems.find(system) !== null) return
  throw new SpawnError('ACTOR_NOT_FOUND', `no member of the cluster hosts anything of the system "${system}"`)
}

/**
 * Those that somebody hosts go before those that nobody does any more.
 *
 * @throws SpawnError ACTOR_NOT_FOUND when none is stored; INVALID_ARGUMENT that lists them when several are.
 */
async function storedParent(gateway: Gateway, name: string, hosted: Hosted): Promise<string> {
  const { actors } = await gateway.list({ name }, { limit: LIMITS.pageSize })
  const stored = [...new Set(actors.map(({ id }) => (id.parent === '' ? name : id.parent)))]
  const served = stored.filter((definition) => hosted.has(definition))
  const candidates = served.length > 0 ? served : stored
  const [definition] = candidates
  if (definition === undefined) {
    throw new SpawnError(
      'ACTOR_NOT_FOUND',
      `no actor "${name}" is stored in the system "${gateway.system}", and no member hosts a definition of this name; say with ref which definition it is an instance of`,
    )
  }
  if (candidates.length === 1) return definition
  const list = candidates.toSorted().join('", "')
  throw new SpawnError(
    'INVALID_ARGUMENT',
    `"${name}" is an instance of each of "${list}"; say which with ref`,
  )
}

/** The definitions of a system that these members host. */
function hostedIn(members: readonly MemberView[], system: string): Hosted {
  const hosted = new Map<string, HostedDefinition>()
  for (const { systems } of members) {
    for (const one of systems) {
      if (one.name === system) for (const each of one.definitions) hosted.set(each.name, each)
    }
  }
  return hosted
}

function statusJson(status: ClusterStatus): object {
  const { counts, epoch, holdsLease, leaseAgeMs, leaseMs, members, self } = status
  return {
    self,
    epoch,
    holdsLease,
    leaseAgeMs: Math.round(leaseAgeMs),
    leaseMs,
    members: members.map(memberJson),
    counts,
  }
}

function memberJson(member: MemberView): object {
  const { acked, capacity, id, labels, node, phase, seenMsAgo, startedAtMs, systems, version, zone } = member
  return {
    id,
    node,
    zone: zone === '' ? null : zone,
    labels,
    capacity,
    version,
    startedAt: isoTime(startedAtMs),
    phase,
    acked,
    seenMsAgo: seenMsAgo === null ? null : Math.round(seenMsAgo),
    systems: systems.map(({ definitions, name }) => ({ name, definitions: definitions.map(definitionJson) })),
  }
}

function definitionJson({ kind, name, placement }: HostedDefinition): object {
  return { name, kind, placement }
}

function fresh(value: object): Reply {
  return jsonReply(value, 200, ['Cache-Control', 'no-cache'])
}
