// The host's side of a turn: ActorInvocation from bytes, ActorInvocationResponse to bytes. It decides what is read from and
// written to which field; what is run, and what its outcome means on the wire, is the SDK's business.
//
// Invariant: values go through byte for byte, and an answer always has its context.

import { fromBinary } from '@bufbuild/protobuf'
import { SpawnError } from '../../base/index.ts'
import type { ActorId } from '../address.ts'
import type { ActorId as WireId } from '../gen/spawn/actors/actor_pb.ts'
import {
  type ActorInvocationResponse,
  ActorInvocationResponseSchema,
  ActorInvocationSchema,
  type Workflow,
} from '../gen/spawn/actors/protocol_pb.ts'
import { type HostInvocation, packedOf } from './host-invocation.ts'
import { messageBytes } from './message-writer.ts'
import type { Packed } from '../packed.ts'
import { callMessage, type WireCall, wireAny, wireId, wirePayload } from './proxy-messages.ts'

export interface HostAnswer {
  readonly self: ActorId
  readonly caller: ActorId | null
  readonly metadata: Readonly<Record<string, string>>
  /** Undefined: as before. */
  readonly state: Packed | undefined
  readonly tags: Readonly<Record<string, string>>
  readonly response: Packed | undefined
  readonly checkpoint: boolean
  /** Null: nothing follows. */
  readonly workflow: HostWorkflow | null
}

export interface HostWorkflow {
  readonly effects: readonly WireCall[]
  readonly broadcast: { readonly channel: string; readonly payload: Packed | undefined } | null
  readonly route: {
    readonly kind: 'pipe' | 'forward'
    readonly to: string
    readonly ref: string
    readonly action: string
  } | null
}

/** @throws SpawnError INVALID_ARGUMENT when the bytes are none, or name no actor or no action. */
export function readHostInvocation(bytes: Uint8Array): HostInvocation {
  let message
  try {
    message = fromBinary(ActorInvocationSchema, bytes, { readUnknownFields: false })
  } catch (cause) {
    const problem = 'the body is no spawn.ActorInvocation: its bytes cannot be decoded'
    throw new SpawnError('INVALID_ARGUMENT', problem, { cause })
  }
  const { actionName, actor, caller, currentContext: context, payload } = message
  if (actor === undefined || actor.name === '' || actionName === '') {
    throw new SpawnError('INVALID_ARGUMENT', 'the spawn.ActorInvocation names no actor or no action')
  }
  const from = caller ?? context?.caller
  return {
    self: idOf(actor),
    caller: from === undefined || from.name === '' ? null : idOf(from),
    action: actionName,
    payload: payload.case === 'value' ? packedOf(payload.value) : undefined,
    state: packedOf(context?.state),
    metadata: context?.metadata ?? {},
    tags: context?.tags ?? {},
  }
}

export function hostAnswerBytes(answer: HostAnswer): Uint8Array {
  const { caller, checkpoint, metadata, response, self, state, tags, workflow } = answer
  const message: ActorInvocationResponse = {
    $typeName: 'spawn.ActorInvocationResponse',
    actorName: self.name,
    actorSystem: self.system,
    updatedContext: {
      $typeName: 'spawn.Context',
      ...(state !== undefined && { state: wireAny(state) }),
      ...(caller !== null && { caller: wireId(caller) }),
      self: wireId(self),
      metadata,
      tags,
    },
    payload: wirePayload(response),
    ...(workflow !== null && { workflow: wireWorkflow(workflow) }),
    checkpoint,
  }
  return messageBytes(ActorInvocationResponseSchema, message)
}

function wireWorkflow({ broadcast, effects, route }: HostWorkflow): Workflow {
  return {
    $typeName: 'spawn.Workflow',
    effects: effects.map((call) => ({ $typeName: 'spawn.SideEffect', request: callMessage(call) })),
    ...(broadcast !== null && {
      broadcast: {
        $typeName: 'spawn.Broadcast',
        channelGroup: broadcast.channel,
        payload: wirePayload(broadcast.payload),
      },
    }),
    routing: wireRoute(route),
  }
}

function wireRoute(route: HostWorkflow['route']): Workflow['routing'] {
  if (route === null) return { case: undefined }
  const { action: actionName, ref: registerRef, to: actor } = route
  const where = { actor, actionName, registerRef }
  return route.kind === 'pipe'
    ? { case: 'pipe', value: { $typeName: 'spawn.Pipe', ...where } }
    : { case: 'forward', value: { $typeName: 'spawn.Forward', ...where } }
}

function idOf({ name, parent, system }: WireId): ActorId {
  return { system, parent, name }
}
