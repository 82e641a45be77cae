// The ports: what the engine needs from the world, as interfaces with their prose. Adapters implement them.

export type { ActionDefinition, Definition, Durability, Kind, StateDefinition } from './definition.ts'
export type { Gateway, Inspection, SpawnOptions } from './gateway.ts'
export type { Call, Host, Metadata, Outcome, Turn } from './host.ts'
export { type LogFields, type Logger, silentLogger } from './logger.ts'
export type {
  ActorFilter,
  ActorPage,
  Commit,
  HistoryPolicy,
  OutcomeRecord,
  PageRequest,
  RevisionQuery,
  Statestore,
  StoredActor,
  Tags,
  Verdict,
} from './statestore.ts'
