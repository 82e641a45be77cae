// What an application imports: `import { actor, system, Value } from 'spawn-mesh'`.

export { ERROR_CODES, type ErrorCode, type ErrorGroup, isSpawnError, SpawnError } from '../base/index.ts'
export {
  type ActorDefinition,
  type ActionOptions,
  type CallOptions,
  type Context,
  type DeepReadonly,
  type Handler,
  type InvokeOptions,
  isActorDefinition,
  type Ref,
  Value,
} from '../hosts/index.ts'
export type {
  ActorPage,
  Inspection,
  LogFields,
  Logger,
  Metadata,
  SpawnOptions,
  Statestore,
  StoredActor,
  Tags,
} from '../ports/index.ts'
export type { ActorId, Schema } from '../protocol/index.ts'
export { actor, type ActorSettings, type HistorySetting, type KindName } from './actor.ts'
export {
  type ActorSelection,
  isSystemBuilder,
  type ListOptions,
  type StopSettings,
  System,
  system,
  SystemBuilder,
} from './system.ts'
export type { HttpSetting, StoreSetting, SystemOptions } from './system-options.ts'
