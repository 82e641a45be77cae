// The protocol room: addresses, values and their codecs. Bytes to values and back; no I/O. What takes the Protobuf library
// has a door of its own, protobuf/index.ts: most programs never need it.

export { type ActorId, addressText, checkName, sameActor } from './address.ts'
export { anyCodec } from './any-codec.ts'
export type { Codec } from './codec.ts'
export { jsonCodec, jsonFaultOf, standardCodec } from './json-codec.ts'
export { type JsonChange, jsonDiff } from './json-diff.ts'
export { copyOfJson } from './json-copy.ts'
export { isJsonType, JSON_TYPE_URL } from './json-type.ts'
export { isSealed, Json, Packed, SEALED } from './packed.ts'
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
  factsPath,
  historyPath,
  parsePath,
  restorePath,
  schedulePath,
  definitionsPath,
  schedulesPath,
  SYSTEMS_PATH,
} from './paths.ts'
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
export { systemFile } from './system-file.ts'
export { anyStateCodec, type StateShape, type UpgradeStep, versionedCodec } from './versioned-codec.ts'
export { pathText } from './value-path.ts'
