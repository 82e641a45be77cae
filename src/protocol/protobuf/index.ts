// The part of the protocol that takes the Protobuf library: the messages of the wire, and the values of actors whose types are
// Protobuf messages. Who speaks the wire imports this door; a definition with a descriptor gets its codec through
// ../protobuf-on-demand.ts. All others start without the library.

export { type Actor as WireActor, Kind as WireKind } from '../gen/spawn/actors/actor_pb.ts'
export type {
  ActorInvocationResponse,
  RegistrationRequest,
  SideEffect as WireEffect,
  Workflow as WireWorkflow,
} from '../gen/spawn/actors/protocol_pb.ts'
export { type HostAnswer, hostAnswerBytes, type HostWorkflow, readHostInvocation } from './host-answer.ts'
export { type HostInvocation, hostInvocationBytes, packedOf, readHostAnswer } from './host-invocation.ts'
export { protobufCodec } from './protobuf-codec.ts'
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
export { readRegistration, wireActorBytes } from './registration.ts'
export { readSystemAnswer, SYSTEM_ACCEPTED, systemAnswerBytes, systemFailureBytes } from './system-answer.ts'
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
