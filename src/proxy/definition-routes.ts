// The routes of what is served: the systems, and the definitions of one. Those that this process hosts are shown whole; of
// those that only other members of its cluster host, what all members know. Nobody else is asked.

import type { ClusterView, DefinitionView, Gateway, HostedDefinition } from '../ports/index.ts'
import { parseQuery } from './http-query.ts'
import { jsonReply, type Reply } from './http-reply.ts'
import type { Systems } from './systems.ts'

const FRESH: readonly string[] = ['Cache-Control', 'no-cache']

/** What all members know of a definition, and which of them host it. */
interface Elsewhere {
  readonly hosted: HostedDefinition
  readonly members: string[]
}

/**
 * GET …/definitions
 *
 * @param cluster null: this process is a member of none.
 */
export function definitionsReply(gateway: Gateway, cluster: ClusterView | null, query: string): Reply {
  parseQuery(query, [])
  const own = gateway.definitions
  if (cluster === null) return jsonReply({ definitions: own }, 200, FRESH)
  const hosted = hostedBy(cluster, gateway.system)
  const { self } = cluster.status()
  const here = own.map((view) => ({ ...view, members: hosted.get(view.name)?.members ?? [self] }))
  const names = new Set(own.map(({ name }) => name))
  const others = [...hosted.values()].filter((one) => !names.has(one.hosted.name)).map(otherView)
  return jsonReply({ definitions: [...here, ...others] }, 200, FRESH)
}

/** GET /api/v1/system */
export function systemsReply({ all, main }: Systems, query: string): Reply {
  parseQuery(query, [])
  const systems = all.map(({ definitions, system }) => ({ name: system, definitions: definitions.length }))
  return jsonReply({ main, systems }, 200, FRESH)
}

/** By name. */
function hostedBy(cluster: ClusterView, system: string): ReadonlyMap<string, Elsewhere> {
  const found = new Map<string, Elsewhere>()
  for (const { id, systems } of cluster.status().members) {
    for (const { definitions, name } of systems) {
      if (name !== system) continue
      for (const hosted of definitions) {
        const one = found.get(hosted.name) ?? { hosted, members: [] }
        one.members.push(id)
        found.set(hosted.name, one)
      }
    }
  }
  return found
}

function otherView({
  hosted,
  members,
}: Elsewhere): Partial<DefinitionView> & { readonly members: readonly string[] } {
  const { channels, kind, name, placement, stateful } = hosted
  return {
    name,
    kind,
    channels: channels.map(([channel, action]) => ({ channel, action })),
    stateful,
    placement,
    members,
  }
}
