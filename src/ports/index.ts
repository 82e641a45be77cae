// The ports: what the engine needs from the world, as interfaces with their prose. Adapters implement them.

export {
  type Archive,
  ARCHIVE_KINDS,
  type ArchiveChange,
  type ArchiveKind,
  type ArchivePage,
  type ArchiveRow,
  ERASING_SYSTEM,
  ERASURES_SYSTEM,
  isReserved,
  isRotationMark,
  KEYS_SYSTEM,
  ROTATION_MARK,
} from './archive.ts'
export type {
  ChainLink,
  Cluster,
  HandedEnvelope,
  HostedDefinition,
  RemoteAnnouncement,
  RemoteAnswer,
  RemoteCall,
  Tenant,
} from './cluster.ts'
export type { ClusterCounts, ClusterStatus, ClusterView, MemberView, Whereabouts } from './cluster-view.ts'
export type {
  ActionDefinition,
  Definition,
  Durability,
  FactsPolicy,
  Kind,
  Placement,
  PoolSize,
  Reentrancy,
  StateDefinition,
} from './definition.ts'
export type { ActionView, DefinitionView } from './definition-view.ts'
export type { Fact, Facts, FactsFilter, FactsFollowed, FactsPage, FactsRequest } from './facts.ts'
export type {
  BroadcastEvent,
  ChannelListener,
  DeadLetter,
  DeadLetters,
  Gateway,
  JsonAnswer,
  LetterPage,
  Page,
  PublishOptions,
  Schedule,
  Schedules,
  SpawnOptions,
  UnreadableLetter,
} from './gateway.ts'
export type {
  Broadcast,
  Call,
  Effect,
  EffectEnd,
  Host,
  Metadata,
  Outcome,
  Receipt,
  Route,
  Timing,
  Turn,
  Workflow,
} from './host.ts'
export {
  type Box,
  BOXES,
  type DuePage,
  type Envelope,
  type EnvelopePage,
  type EnvelopePosition,
  FACT_PREFIX,
  type FactPage,
  FOR_EVER_MS,
  type HeaderParts,
  headerText,
  type StandingEnvelope,
} from './outbox.ts'
export type { Erasure, ErasurePage, Erasures } from './erasures.ts'
export type { KeyService, StateKey } from './keys.ts'
export type { SpawnPastRow, SpawnRow, SpawnTables } from './spawn-tables.ts'
export { type LogFields, type Logger, silentLogger } from './logger.ts'
export type { Holdings, Migration, Schema, SchemaStatus, SystemHoldings } from './schema.ts'
export type {
  Diff,
  DiffOptions,
  History,
  Inspection,
  Past,
  PastInspection,
  Restored,
  RestoreOptions,
  Revision,
} from './past.ts'
export type { Commit, Statestore, Verdict } from './statestore.ts'
export type {
  ActorFilter,
  ActorPage,
  HistoryPolicy,
  OutcomeRecord,
  PageRequest,
  RevisionQuery,
  StoredActor,
  Tags,
} from './stored.ts'
export type { Register, RegisterEntry } from './register.ts'
export type { OtherSystems, ServedSystem, SystemCall, SystemExchange } from './systems.ts'
export type { Wire } from './wire.ts'
