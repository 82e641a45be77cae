// The definitions that a host process serves: how each is registered, and which one an invocation means. It decides what
// of a definition the wire can carry; what is registered is a proxy's to keep.

import { LIMITS } from '../../base/index.ts'
import { type ActorDefinition, GET_NAMES, type HandlerAction } from '../../hosts/index.ts'
import type { Definition, FactsPolicy, Host, Kind } from '../../ports/index.ts'
import type { ActorId, Packed } from '../../protocol/index.ts'
import { type WireActor, wireAny, WireKind } from '../../protocol/protobuf/index.ts'

type ProjectionSettings = NonNullable<NonNullable<WireActor['settings']>['projectionSettings']>

const KINDS: Readonly<Record<Kind, WireKind>> = {
  named: WireKind.NAMED,
  unnamed: WireKind.UNNAMED,
  pooled: WireKind.POOLED,
}

export class ServedActors {
  private readonly definitions: ReadonlyMap<string, Definition>

  constructor(actors: readonly ActorDefinition[], host: Host) {
    this.definitions = new Map(actors.map((actor) => [actor.name, { ...actor, host }]))
  }

  /** The definition of an actor; undefined: it is not served here. Its parent says it, else its name. */
  of({ name, parent }: Pick<ActorId, 'name' | 'parent'>): Definition | undefined {
    return (parent === '' ? undefined : this.definitions.get(parent)) ?? this.definitions.get(name)
  }

  /** For a registration, by name. */
  registry(system: string): Readonly<Record<string, WireActor>> {
    const entries = [...this.definitions.values()].map(
      (each) => [each.name, wireActor(system, each)] as const,
    )
    return Object.fromEntries(entries)
  }

  /** What definitions ask for and the wire cannot say: texts for the log. */
  unsaid(): readonly string[] {
    return [...this.definitions.values()].flatMap((definition) => {
      const parts = unsaidOf(definition)
      return parts.length === 0 ? [] : [`${definition.name}: ${parts.join(', ')}`]
    })
  }
}

/** Whether an action is one that reads the state, of a definition that has none of their names. */
export function isDefaultGet({ actions }: Definition, action: string): boolean {
  return GET_NAMES.some((name) => name === action) && !GET_NAMES.some((name) => actions.has(name))
}

function wireActor(system: string, definition: Definition): WireActor {
  const { actions, channels, facts, kind, name, pool, snapshotTimeoutMs, stateful, tags } = definition
  const first = firstState(definition)
  return {
    $typeName: 'spawn.actors.Actor',
    id: { $typeName: 'spawn.actors.ActorId', name, system, parent: kind === 'unnamed' ? name : '' },
    state: {
      $typeName: 'spawn.actors.ActorState',
      tags,
      ...(first !== undefined && { state: wireAny(first) }),
    },
    settings: {
      $typeName: 'spawn.actors.ActorSettings',
      kind: KINDS[kind],
      stateful,
      snapshotStrategy: {
        $typeName: 'spawn.actors.ActorSnapshotStrategy',
        strategy: { case: 'timeout', value: timeout(snapshotTimeoutMs) },
      },
      deactivationStrategy: {
        $typeName: 'spawn.actors.ActorDeactivationStrategy',
        strategy: { case: 'timeout', value: timeout(definition.idleTimeoutMs) },
      },
      minPoolSize: pool?.min ?? 0,
      maxPoolSize: pool?.max ?? 0,
      ...(facts !== undefined && { projectionSettings: projectionSettings(facts) }),
      stateType: '',
    },
    actions: actionNames(definition, first).map((action) => wireAction(action)),
    timerActions: [...actions.values()].flatMap(({ name: action, timerMs }) =>
      timerMs === null
        ? []
        : [{ $typeName: 'spawn.actors.FixedTimerAction', seconds: timerMs, action: wireAction(action) }],
    ),
    metadata: {
      $typeName: 'spawn.actors.Metadata',
      channelGroup: [...channels].map(([topic, action]) => ({
        $typeName: 'spawn.actors.Channel',
        topic,
        action,
      })),
      tags: {},
    },
  }
}

/**
 * The first state, where it is the same for every actor; undefined where each has one of its own. The proxy then has none
 * to show, so the actions that read the state are answered here.
 */
function firstState({ state }: Definition): Packed | undefined {
  if (state === null) return undefined
  const first = state.initial()
  return first === state.initial() ? state.stored.pack(first) : undefined
}

function actionNames(definition: Definition, first: Packed | undefined): readonly string[] {
  const names = [...definition.actions.keys()]
  const answersGet = definition.state !== null && first === undefined
  return answersGet ? [...names, ...GET_NAMES.filter((name) => isDefaultGet(definition, name))] : names
}

function wireAction(name: string) {
  return { $typeName: 'spawn.actors.Action', name } as const
}

function projectionSettings({ durationMs }: FactsPolicy): ProjectionSettings {
  return {
    $typeName: 'spawn.actors.ProjectionSettings',
    subjects: [],
    sourceable: true,
    eventsRetentionStrategy: {
      $typeName: 'spawn.actors.EventsRetentionStrategy',
      strategy:
        durationMs === null
          ? { case: 'infinite', value: true }
          : { case: 'durationMs', value: BigInt(durationMs) },
    },
    strictEventsOrdering: false,
  }
}

function timeout(ms: number) {
  return { $typeName: 'spawn.actors.TimeoutStrategy', timeout: BigInt(ms) } as const
}

function unsaidOf({
  actions,
  durability,
  history,
  mailboxLimit,
  placement,
  reentrancy,
}: Definition): readonly string[] {
  const isQuery = ({ query }: Pick<HandlerAction, 'query'>): boolean => query
  return [
    ...(durability === 'snapshot' ? ['durability'] : []),
    ...(history.revisions > 0 || history.durationMs > 0 ? ['history'] : []),
    ...(mailboxLimit === LIMITS.mailbox ? [] : ['mailbox']),
    ...(reentrancy === 'none' ? [] : ['reentrancy']),
    ...(placement === undefined ? [] : ['placement']),
    ...([...actions.values()].some(isQuery) ? ['query'] : []),
  ]
}
