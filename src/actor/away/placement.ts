// What other members are told of a definition, and which placement it has when it names none. Which member that means is the
// cluster's.

import type { Definition, HostedDefinition, Placement } from '../../ports/index.ts'

const BY_NAME: Placement = Object.freeze({ by: 'hash' })
/** Workers of a pool keep nothing, so those of the nearest member serve best. */
const LOCAL: Placement = Object.freeze({ by: 'local' })

export function placementOf({ placement, pool }: Definition): Placement {
  return placement ?? (pool === null ? BY_NAME : LOCAL)
}

export function hostedOf(definition: Definition): HostedDefinition {
  const { channels, host, kind, name, stateful } = definition
  return {
    name,
    kind,
    stateful,
    placement: placementOf(definition),
    channels: [...channels],
    ...(host.isOutOfReach === true && { outOfReach: true }),
  }
}
