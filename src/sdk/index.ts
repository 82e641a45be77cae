// What an application imports: `import { actor, system, Value } from 'spawn-mesh'`. All that the inferred type of a definition
// names is among it, or a library of actors could not emit its declarations.

export { ERROR_CODES, type ErrorCode, type ErrorGroup, isSpawnError, SpawnError } from '../base/index.ts'
export {
  type ActorDefinition,
  type ActionOptions,
  type BroadcastOptions,
  type CallOptions,
  type Context,
  type DeepReadonly,
  effect,
  type Effect,
  type EffectOptions,
  type EffectsOn,
  type Handler,
  type InvokeOptions,
  isActorDefinition,
  type NamedEffectOptions,
  type Receipt,
  type ReceiptOptions,
  type Ref,
  type RouteOptions,
  type ScheduleOptions,
  type TimingOptions,
  type Unchanged,
  type Unrouted,
  Value,
} from '../hosts/index.ts'
export type {
  ActionView,
  ActorPage,
  BroadcastEvent,
  ChannelListener,
  DeadLetter,
  DeadLetters,
  DefinitionView,
  Diff,
  EffectEnd,
  Erasure,
  Fact,
  History,
  Inspection,
  KeyService,
  LetterPage,
  LogFields,
  Logger,
  Metadata,
  Page,
  PublishOptions,
  Restored,
  Revision,
  Schedule,
  Schedules,
  SpawnOptions,
  StateKey,
  Statestore,
  StoredActor,
  Tags,
  UnreadableLetter,
  Workflow,
} from '../ports/index.ts'
export type { ActorId, JsonChange, Schema } from '../protocol/index.ts'
export type {
  DiffSettings,
  InspectionOf,
  PastInspectionOf,
  RestoreSettings,
  RevisionSelection,
} from './past-options.ts'
export type { ActorGiven, ActorSelection } from './selection.ts'
export type { CountOptions, ListOptions } from './listing.ts'
export { actor, type ActorSettings, type HistorySetting, type KindName } from './actor.ts'
export type { ChannelSetting } from './channels-setting.ts'
export type { FactOf, FactsOptions } from './facts-options.ts'
export type { SourceableSetting } from './facts-setting.ts'
export type { ClusterSetting, ClusterSettings } from './cluster-setting.ts'
export type { EncryptionSetting } from './encryption-setting.ts'
export type { PlacementSetting } from './placement-setting.ts'
export type { PoolSetting } from './pool-setting.ts'
export type { SagaFault, SagaState, SagaStatus } from './saga/progress.ts'
export { type CompensationOptions, saga, type SagaOptions } from './saga/saga.ts'
export type { SagaNews } from './saga/saga-turn.ts'
export type { ResultsOf, SagaActions, SagaDefinition } from './saga/saga-types.ts'
export { sagaSettled, type SettledOptions } from './saga/settled.ts'
export type { ServeOptions } from './serving/serve-options.ts'
export type { ServedSystem } from './serving/served-system.ts'
export { type Step, step, type StepSettings } from './saga/step.ts'
export { isSystemBuilder, type StopSettings, System, system, SystemBuilder } from './system.ts'
export { type SchemaStep, upgradeFrom, type UpgradeSetting } from './upgrade-setting.ts'
export type { HttpSetting, StoreSetting, SystemOptions } from './system-options.ts'
export type { WorkersSetting } from './workers-setting.ts'
