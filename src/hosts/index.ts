// The hosts room: how an action reaches user code. This page is what user code sees of it, whichever host runs it; the
// hosts themselves are adapters, and only compositions name them.

export { type ActorDefinition, isActorDefinition, markDefinition } from './actor-definition.ts'
export type { Context } from './context.ts'
export type { DeepReadonly } from './deep-readonly.ts'
export { deepFreeze } from './freeze.ts'
export { type Effect, type EffectOptions, knowing, type NamedEffectOptions } from './effect.ts'
export { effect, type EffectsOn } from './effects-on.ts'
export type {
  ActionInput,
  ActionOptions,
  Handler,
  HandlerAction,
  PayloadOf,
  ReplyOf,
  StateChecked,
} from './handler.ts'
export {
  type CallOptions,
  callOf,
  type InvokeForReceipt,
  type InvokeLater,
  type InvokeOptions,
  type Receipt,
  type ReceiptOptions,
  type ScheduleOptions,
} from './invoke-options.ts'
export { type AnyRef, GET_NAMES, type Ref, refOf, refTargetOf, type Sender } from './ref.ts'
export type { RouteOptions } from './route.ts'
export type { InstanceName } from './target.ts'
export { isTimerPeriod, MAX_TIMER_MS, MIN_TIMER_MS, type TimingOptions } from './timing.ts'
export { type Unchanged, type Unrouted, Value } from './value.ts'
export type { BroadcastOptions } from './workflow.ts'
