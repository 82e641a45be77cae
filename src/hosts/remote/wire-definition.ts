// What a host process registers, as the engine takes it: a wire Actor to a Definition. It decides what is meant where the
// wire says nothing, and refuses what cannot be meant, naming the actor and the field.

import { LIMITS, SpawnError } from '../../base/index.ts'
import type { ActionDefinition, Definition, FactsPolicy, Host, Kind, PoolSize } from '../../ports/index.ts'
import { anyCodec, anyStateCodec, checkName } from '../../protocol/index.ts'
import { packedOf, type WireActor, WireKind } from '../../protocol/protobuf/index.ts'
import { MAX_TIMER_MS, MIN_TIMER_MS } from '../timing.ts'
import { NO_HISTORY, type RemoteSettings } from './settings.ts'

/** Run on every activation, before the first message; the first that a definition has. */
const INIT_NAMES: ReadonlySet<string> = new Set(['init', 'Init', 'setup', 'Setup'])

/** The action of a channel that names none. */
const RECEIVE = 'receive'

const MIN_WORKERS = 1
const MAX_WORKERS = 10

/**
 * Kinds of the wire that are other words for one actor of the definition's name: one that says nothing, one that is
 * reserved, tasks, and projections (what these are fed from is not theirs to say).
 */
const KINDS: ReadonlyMap<WireKind, Kind> = new Map([
  [WireKind.UNKNOW_KIND, 'named'],
  [WireKind.NAMED, 'named'],
  [WireKind.UNNAMED, 'unnamed'],
  [WireKind.POOLED, 'pooled'],
  [WireKind.PROXY, 'named'],
  [WireKind.TASK, 'named'],
  [WireKind.PROJECTION, 'named'],
])

/** @throws SpawnError INVALID_ARGUMENT that names the actor and the field. */
export function definitionOf(
  name: string,
  actor: WireActor,
  host: Host,
  settings: RemoteSettings,
): Definition {
  checkName('definition', name)
  const { deactivationStrategy, snapshotStrategy } = actor.settings ?? {}
  const pool = poolOf(name, actor)
  const kind = kindOf(name, actor)
  // The workers of a pool keep nothing, whatever a host says.
  const stateful = kind !== 'pooled' && actor.settings?.stateful === true
  const actions = actionsOf(name, actor, settings)
  const first = packedOf(actor.state?.state)
  return {
    name,
    kind,
    stateful,
    durability: settings.durability,
    snapshotTimeoutMs:
      timeoutOf(name, 'snapshot_strategy', snapshotStrategy?.strategy.value?.timeout) ??
      settings.snapshotTimeoutMs,
    idleTimeoutMs:
      timeoutOf(name, 'deactivation_strategy', deactivationStrategy?.strategy.value?.timeout) ??
      LIMITS.idleTimeoutMs,
    mailboxLimit: LIMITS.mailbox,
    tags: { ...actor.state?.tags },
    history: stateful ? settings.history : NO_HISTORY,
    facts: stateful ? factsOf(name, actor) : undefined,
    state: kind === 'pooled' ? null : { codec: anyStateCodec, stored: anyCodec, initial: () => first },
    actions,
    initAction: initActionOf(name, actions),
    channels: channelsOf(actor),
    reentrancy: 'none',
    pool: kind === 'pooled' ? pool : null,
    host,
  }
}

function kindOf(name: string, actor: WireActor): Kind {
  const given = actor.settings?.kind ?? WireKind.UNKNOW_KIND
  const kind = KINDS.get(given)
  if (kind !== undefined) return kind
  throw fault(name, 'settings.kind', `is ${given}, which is no kind of actor`)
}

function poolOf(name: string, actor: WireActor): PoolSize {
  const { maxPoolSize = 0, minPoolSize = 0 } = actor.settings ?? {}
  if (minPoolSize < 0) throw fault(name, 'settings.min_pool_size', `is ${minPoolSize}, and must be from 0`)
  if (maxPoolSize < 0) throw fault(name, 'settings.max_pool_size', `is ${maxPoolSize}, and must be from 0`)
  const min = minPoolSize === 0 ? MIN_WORKERS : minPoolSize
  const max = maxPoolSize === 0 ? Math.max(min, MAX_WORKERS) : maxPoolSize
  if (max >= min) return { min, max }
  throw fault(name, 'settings.max_pool_size', `is ${max}, less than min_pool_size, ${min}`)
}

/**
 * How long facts are kept; undefined: none are left, or nothing is stored that there could be facts of. A host that says
 * nothing of the time means for ever.
 */
function factsOf(name: string, { settings }: WireActor): FactsPolicy | undefined {
  const { eventsRetentionStrategy, sourceable = false } = settings?.projectionSettings ?? {}
  if (!sourceable) return undefined
  const strategy = eventsRetentionStrategy?.strategy
  if (strategy?.case !== 'durationMs' || strategy.value === 0n) return { durationMs: null }
  const { value } = strategy
  if (value > 0n) return { durationMs: Math.min(Number(value), Number.MAX_SAFE_INTEGER) }
  const field = 'settings.projection_settings.events_retention_strategy.duration_ms'
  throw fault(name, field, `is ${value}, and must be a number of milliseconds from 1`)
}

/** Undefined when it is not set. */
function timeoutOf(name: string, field: string, timeout: bigint | undefined): number | undefined {
  if (timeout === undefined || timeout === 0n) return undefined
  if (timeout > 0n) return Math.min(Number(timeout), Number.MAX_SAFE_INTEGER)
  throw fault(name, `settings.${field}.timeout`, `is ${timeout}, and must be a number of milliseconds from 1`)
}

/** Those that it lists, and those that only its timers and channels name: the host knows whether they are there. */
function actionsOf(
  name: string,
  actor: WireActor,
  { hostTimeoutMs }: RemoteSettings,
): ReadonlyMap<string, ActionDefinition> {
  const timers = timersOf(name, actor)
  const actions = new Map<string, ActionDefinition>()
  const add = (field: string, action: string): void => {
    if (action === '') throw fault(name, field, 'is empty, and must name an action')
    if (!action.isWellFormed()) throw fault(name, field, 'has half a surrogate pair and is no valid text')
    const timerMs = timers.get(action) ?? null
    actions.set(action, {
      name: action,
      // No call takes longer anyway.
      timeoutMs: hostTimeoutMs < LIMITS.maxCallTimeoutMs ? hostTimeoutMs : null,
      payload: anyCodec,
      response: anyCodec,
      timerMs,
      query: false,
    })
  }
  for (const [at, action] of actor.actions.entries()) add(`actions[${at}].name`, action.name)
  for (const action of timers.keys()) add('timer_actions', action)
  for (const [topic, action] of channelsOf(actor)) add(`metadata.channel_group "${topic}"`, action)
  return actions
}

/** The periods by action, in milliseconds: the field is called `seconds`, and means them. */
function timersOf(name: string, actor: WireActor): ReadonlyMap<string, number> {
  const timers = new Map<string, number>()
  for (const [at, { action, seconds }] of actor.timerActions.entries()) {
    const field = `timer_actions[${at}]`
    const own = action?.name ?? ''
    if (own === '') throw fault(name, `${field}.action`, 'is empty, and must name an action')
    if (seconds < MIN_TIMER_MS || seconds > MAX_TIMER_MS) {
      const range = `a number of milliseconds from ${MIN_TIMER_MS} to ${MAX_TIMER_MS}`
      throw fault(name, `${field}.seconds`, `is ${seconds}, and must be ${range}`)
    }
    if (timers.has(own)) throw fault(name, field, `sets a timer for "${own}" again; an action has one`)
    timers.set(own, seconds)
  }
  return timers
}

function initActionOf(name: string, actions: ReadonlyMap<string, ActionDefinition>): ActionDefinition | null {
  for (const action of actions.values()) {
    if (!INIT_NAMES.has(action.name)) continue
    if (action.timerMs === null) return action
    throw fault(name, 'timer_actions', `sets a timer for "${action.name}", which begins each life`)
  }
  return null
}

function channelsOf({ metadata }: WireActor): ReadonlyMap<string, string> {
  const channels = new Map<string, string>()
  for (const { action, topic } of metadata?.channelGroup ?? []) {
    if (topic !== '') channels.set(topic, action === '' ? RECEIVE : action)
  }
  return channels
}

function fault(name: string, field: string, problem: string): SpawnError {
  return new SpawnError('INVALID_ARGUMENT', `the registration of "${name}" is refused: ${field} ${problem}`)
}
