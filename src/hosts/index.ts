// The hosts room: how an action reaches user code. This page is what user code sees of it, whichever host runs it; the
// hosts themselves are adapters, and only compositions name them.

export { type ActorDefinition, isActorDefinition, markDefinition } from './actor-definition.ts'
export type { Context } from './context.ts'
export type { DeepReadonly } from './deep-readonly.ts'
export { deepFreeze } from './freeze.ts'
export type {
  ActionInput,
  ActionOptions,
  Handler,
  HandlerAction,
  PayloadOf,
  ResponseOf,
  StateChecked,
} from './handler.ts'
export { type CallOptions, callOf, type InvokeOptions } from './invoke-options.ts'
export { type InstanceName, type Ref, refOf, type Sender } from './ref.ts'
export { Value } from './value.ts'
