// `actor(name, settings)`: an actor as a plain value. It decides which settings there are, what they mean when they are
// left out, and how the types of state, payloads and responses follow from them. It starts nothing.
//
// Invariant: a definition that it answers with is complete and sound; what is wrong with one is said here, at once.

import { LIMITS } from '../base/index.ts'
import { type ActionInput, type ActorDefinition, markDefinition, type StateChecked } from '../hosts/index.ts'
import type { Durability, HistoryPolicy, Reentrancy, Tags } from '../ports/index.ts'
import { checkName, type Schema, type SchemaInput, type SchemaOutput } from '../protocol/index.ts'
import { actionsOf, initActionOf } from './actions.ts'
import { type ChannelSetting, channelsOf } from './channels-setting.ts'
import { factsOf, type SourceableSetting } from './facts-setting.ts'
import { placementOf, type PlacementSetting } from './placement-setting.ts'
import { type PoolSetting, poolOf } from './pool-setting.ts'
import { Settings, shown } from './settings.ts'
import { stateOf } from './state-setting.ts'
import { shapeOf, type UpgradeSetting } from './upgrade-setting.ts'

/** `singleton` is another word for `named`, `abstract` for `unnamed`. */
export type KindName = 'named' | 'singleton' | 'unnamed' | 'abstract' | 'pooled'

type KindOf<Name extends KindName> = Name extends 'unnamed' | 'abstract'
  ? 'unnamed'
  : Name extends 'pooled'
    ? 'pooled'
    : 'named'

const KINDS = {
  named: 'named',
  singleton: 'named',
  unnamed: 'unnamed',
  abstract: 'unnamed',
  pooled: 'pooled',
} as const satisfies { readonly [Name in KindName]: KindOf<Name> }

const KIND_NAMES = ['named', 'singleton', 'unnamed', 'abstract', 'pooled'] as const

/**
 * What is kept of an actor's past: nothing, a number of revisions, or a rule. A revision is kept while either part of the
 * rule keeps it.
 */
export type HistorySetting =
  | 'none'
  | number
  | {
      /** How many revisions before the latest. */
      readonly revisions?: number | undefined
      /** How long a revision is kept after it was replaced, in milliseconds. */
      readonly duration?: number | undefined
    }

/** The steps by the version that each leads to; the last one answers a state of the actor. */
type UpgradesSetting<Next, V extends number, Tos extends number> = {
  readonly [To in Tos]: UpgradeSetting<To extends V ? NoInfer<Next> : unknown>
} & { readonly [to: number]: UpgradeSetting }

/** The state's type: what the schema makes of it, else what `state` says. */
type StateOf<S, Given> = S extends Schema ? SchemaOutput<S> : Given

/** What a new state may be given as: a schema also takes its input, such as a message's fields. */
type NextOf<S, Given> = S extends Schema ? SchemaInput<S> | SchemaOutput<S> : Given

/** What `state` must be besides itself. */
type FirstOf<S> = S extends Schema ? SchemaInput<S> | (() => SchemaInput<S>) : unknown

export interface ActorSettings<
  S,
  State,
  Actions,
  Payloads,
  Name extends KindName,
  Topics extends readonly ChannelSetting[] = readonly ChannelSetting[],
  V extends number = number,
  Tos extends number = number,
> {
  /**
   * `named` (default): one actor, with this name. `unnamed`: instances are made from it by name. `pooled`: several workers
   * without state share the messages to this name.
   */
  readonly kind?: Name | undefined
  /**
   * The state of a new actor, or a function that makes it. Without a `schema`, its type is the type of the state; say it
   * where the value alone does not: `state: (): Cart => ({ items: [] })`. Left out: with a Protobuf `schema`, the empty
   * message; without a schema, the actor has no state.
   */
  readonly state?: (State | (() => State)) & FirstOf<NoInfer<S>>
  /** The type of the state: a Standard Schema validator or a protobuf-es descriptor. It checks every new state. */
  readonly schema?: S
  /**
   * Of the shape of the state: one more whenever a change would leave states that are stored unreadable, or misread. A state
   * of an older version is brought up by `upgrade` when it is loaded, and written with its actor's next commit; one of a
   * newer version is refused. Default 0.
   */
  readonly version?: V | undefined
  /**
   * How states of older versions become one of this: for each version the step that leads to it from the one before, as in
   * `version: 2, upgrade: { 1: (before) => …, 2: (before) => … }`. A step gets the JSON that was stored, or the message, and
   * answers the state of its version; it runs whenever such a state is loaded, so it only computes. `{}`: nothing older can
   * be read.
   */
  readonly upgrade?: UpgradesSetting<NextOf<S, State>, NoInfer<V>, Tos> | undefined
  /** What the actor can do, by name. A name among init, Init, setup, Setup: run whenever the actor comes into memory. */
  readonly actions: ActionsSetting<StateOf<S, State>, NextOf<S, State>, Actions, Payloads> &
    Taking<NoInfer<Topics>>
  /** False: nothing is stored, and the state ends when the actor leaves memory. Default true. */
  readonly stateful?: boolean | undefined
  /**
   * `turn` (default): a reply leaves after its state is committed. `snapshot`: before it; the state is written every
   * `snapshotTimeout`, and what was acknowledged since is lost in a crash.
   */
  readonly durability?: Durability | undefined
  /** For `durability: 'snapshot'`: how often the state is written, in milliseconds. Default 2,000. */
  readonly snapshotTimeout?: number | undefined
  /** How long an actor stays in memory after its last use, in milliseconds. Default 600,000: ten minutes. */
  readonly deactivateTimeout?: number | undefined
  /** Tags of a new actor, text to text: at most 128, and 64 KiB. */
  readonly tags?: Tags | undefined
  /** Messages that may wait for one actor; beyond, callers get MAILBOX_FULL. Default 10,000. */
  readonly mailbox?: number | undefined
  /** What to keep of its past. Default: 'none', the latest revision only. */
  readonly history?: HistorySetting | undefined
  /**
   * Whether each turn that sets the state leaves a fact, the state as that turn has made it: committed with the turn, to be
   * read and followed by `system.facts()`. `true`: it is kept for ever; `{ duration }`: for so many milliseconds. A `snapshot`
   * actor commits each such turn. Default false.
   */
  readonly sourceable?: SourceableSetting | undefined
  /**
   * True: each actor is encrypted with a key of its own, so that it can be erased: `erase` destroys the key, and what was
   * ever stored of the actor can be read by nobody. The store must be encrypted. Default false.
   */
  readonly erasable?: boolean | undefined
  /**
   * The topics that it listens to: `['orders', { topic: 'prices', action: 'reprice' }]`. What is broadcast there calls the
   * action; of a topic alone, the action `receive`.
   */
  readonly channels?: Topics | undefined
  /**
   * What becomes of a call that comes back, along its own chain, to an actor that waits for it. `none` (default): the error
   * CALL_CYCLE. `call-chain`: it has its turn within the waiting one.
   */
  readonly reentrancy?: Reentrancy | undefined
  /** For the kind `pooled`: how many workers there are. Default: 1 at rest, up to 10 under load. */
  readonly pool?: PoolSetting | undefined
  /**
   * On which members of a cluster its actors may live. `hash` (default): any that hosts the definition, by the actor's name.
   * `local` (default of the kind `pooled`; only for what stores no state): the one where the call is made. `{ zone }` or
   * `{ labels }`: one of the members in that zone, or with all of these labels.
   */
  readonly placement?: PlacementSetting | undefined
}

/**
 * The actions that an actor with such channels must have. It stands beside the actions: if the channels said which ones
 * there are, the compiler would ask for them before the handlers' types are known.
 */
type Taking<Topics extends readonly ChannelSetting[]> = {
  readonly [Name in TakerOf<Topics[number]>]: unknown
}

type TakerOf<Topic extends ChannelSetting> = Topic extends { readonly action: infer Name extends string }
  ? Name
  : 'receive'

/**
 * The actions by name. Views of the same object: `Actions` keeps each as it is written, for the types of refs; the second
 * checks the states that they return; `Payloads` is inferred from the schemas and types the handlers' second parameter. In
 * this order: the compiler tells what the first view that does not fit says, and a wrong state should be told as one.
 */
type ActionsSetting<State, Next, Actions, Payloads> = Actions & {
  readonly [Name in keyof Actions]: StateChecked<Actions[Name], Next>
} & {
  readonly [Name in keyof Payloads]: ActionInput<State, Payloads[Name], Next>
}

const NO_HISTORY: HistoryPolicy = { revisions: 0, durationMs: 0 }

const SETTINGS = [
  'kind',
  'state',
  'schema',
  'version',
  'upgrade',
  'actions',
  'stateful',
  'durability',
  'snapshotTimeout',
  'deactivateTimeout',
  'tags',
  'mailbox',
  'history',
  'sourceable',
  'erasable',
  'channels',
  'reentrancy',
  'pool',
  'placement',
] as const

/**
 * Defines an actor: a name, a state and actions.
 *
 * @param name of the actor; of an unnamed definition, the `ref` that instances are made from. At most 512 bytes of UTF-8.
 * @throws SpawnError INVALID_ARGUMENT that names the definition, the setting, what is wrong with it and what is accepted.
 */
export function actor<
  Actions,
  Payloads,
  State = undefined,
  S extends Schema | undefined = undefined,
  Name extends KindName = 'named',
  const Topics extends readonly ChannelSetting[] = readonly [],
  const V extends number = 0,
  Tos extends number = never,
>(
  name: string,
  settings: ActorSettings<S, State, Actions, Payloads, Name, Topics, V, Tos>,
): ActorDefinition<StateOf<S, State>, Actions, KindOf<Name>>
export function actor(name: string, given: object): ActorDefinition {
  checkName('definition', name)
  const settings = new Settings(`actor "${name}"`, given, SETTINGS)
  const kind = KINDS[settings.oneOf('kind', KIND_NAMES, 'named')]
  const pool = poolOf(settings, kind === 'pooled')
  const stateful = settings.boolean('stateful', pool === null)
  const durability = settings.oneOf('durability', ['turn', 'snapshot'], 'turn')
  if (!stateful)
    settings.excludes('stateful is false', [
      'durability',
      'snapshotTimeout',
      'history',
      'sourceable',
      'erasable',
      'version',
      'upgrade',
    ])
  if (durability === 'turn') settings.excludes("durability is 'turn'", ['snapshotTimeout'])
  const actions = actionsOf(settings)
  const placement = placementOf(settings, stateful)
  return markDefinition({
    name,
    kind,
    stateful,
    durability,
    snapshotTimeoutMs: settings.milliseconds('snapshotTimeout', LIMITS.snapshotTimeoutMs),
    idleTimeoutMs: settings.milliseconds('deactivateTimeout', LIMITS.idleTimeoutMs),
    mailboxLimit: settings.count('mailbox', 1, LIMITS.mailbox),
    tags: settings.entries('tags'),
    history: historyOf(settings),
    facts: factsOf(settings),
    ...(settings.boolean('erasable', false) && { erasable: true }),
    state: stateOf(settings, shapeOf(settings)),
    actions,
    initAction: initActionOf(settings, actions),
    channels: channelsOf(settings, actions),
    reentrancy: settings.oneOf('reentrancy', ['none', 'call-chain'], 'none'),
    pool,
    ...(placement !== undefined && { placement }),
  })
}

function historyOf(settings: Settings): HistoryPolicy {
  const given = settings.raw('history')
  if (given === undefined || given === 'none') return NO_HISTORY
  if (typeof given === 'string') {
    throw settings.fault(
      'history',
      `must be 'none', a number of revisions, or { revisions, duration }, not ${shown(given)}`,
    )
  }
  if (typeof given === 'number') return { revisions: settings.count('history', 0, 0), durationMs: 0 }
  const history = new Settings(`${settings.subject} history`, given, ['revisions', 'duration'])
  return { revisions: history.count('revisions', 0, 0), durationMs: history.count('duration', 1, 0) }
}
