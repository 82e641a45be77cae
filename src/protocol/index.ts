// The protocol room: addresses, values and their codecs. Bytes to values and back; no I/O.

export { type ActorId, addressText, checkName, sameActor } from './address.ts'
export { anyCodec } from './any-codec.ts'
export type { Codec } from './codec.ts'
export { type Actor as WireActor, Kind as WireKind } from './gen/spawn/actors/actor_pb.ts'
export type {
  ActorInvocationResponse,
  RegistrationRequest,
  SideEffect as WireEffect,
  Workflow as WireWorkflow,
} from './gen/spawn/actors/protocol_pb.ts'
export { type HostInvocation, hostInvocationBytes, packedOf, readHostAnswer } from './host-invocation.ts'
export { jsonCodec, standardCodec } from './json-codec.ts'
export { type JsonChange, jsonDiff } from './json-diff.ts'
export { isJsonType } from './json-type.ts'
export { Json, Packed } from './packed.ts'
export {
  actionPath,
  actorPath,
  actorsPath,
  type ApiPath,
  channelPath,
  channelsPath,
  deadLetterPath,
  deadLetterRetryPath,
  deadLettersPath,
  diffPath,
  erasePath,
  historyPath,
  parsePath,
  restorePath,
  schedulePath,
  schedulesPath,
} from './paths.ts'
export { protobufCodec } from './protobuf-codec.ts'
export {
  readSpawnRequest,
  registeredBytes,
  SPAWNED,
  wireAnswerBytes,
  wireFailureBytes,
  type WirePayload,
} from './wire-answer.ts'
export { readWireInvocation, type WireInvocation } from './wire-invocation.ts'
export { fromWireStatus, toWireStatus, type WireStatus } from './wire-status.ts'
export { readRegistration, wireActorBytes } from './registration.ts'
export { codecOf, type Schema, type SchemaInput, type SchemaOutput } from './schema.ts'
export {
  CLUSTER_PATH,
  type ClusterPath,
  drainPath,
  parseClusterPath,
  undrainPath,
  WHERE_PATH,
} from './cluster-paths.ts'
export { fromProblem, type Problem, PROBLEM_CONTENT_TYPE, toProblem } from './problem.ts'
export {
  asSpawnError,
  CODE_STATUS,
  type CodeStatus,
  grpcStatusOf,
  httpStatusOf,
  isErrorCode,
  publicMessageOf,
} from './status.ts'
export { MAX_STATE_VERSION, versionOf } from './state-version.ts'
export { readSystemAnswer, SYSTEM_ACCEPTED, systemAnswerBytes, systemFailureBytes } from './system-answer.ts'
export { systemFile } from './system-file.ts'
export { anyStateCodec, type StateShape, type UpgradeStep, versionedCodec } from './versioned-codec.ts'
export { type HostAnswer, hostAnswerBytes, type HostWorkflow, readHostInvocation } from './host-answer.ts'
export {
  callBytes,
  type ProxyIdentity,
  readCallAnswer,
  readRegistrationAnswer,
  readSpawnAnswer,
  registrationBytes,
  type Service,
  spawnBytes,
  type WireCall,
  wireAny,
} from './proxy-messages.ts'
export { pathText } from './value-path.ts'
