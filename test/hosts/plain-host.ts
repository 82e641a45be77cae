// A host as a process of its own, without our SDK: `node plain-host.ts <manner>`, forked by remote-world.ts. It runs the
// actors of the host suite, tells its port, is told where the proxy is, and ends when its parent lets go.

import { setTimeout as sleep } from 'node:timers/promises'

import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import type { Any } from '@bufbuild/protobuf/wkt'

import {
  type ActorInvocation,
  ActorInvocationResponseSchema,
  InvocationRequestSchema,
  InvocationResponseSchema,
  JSONTypeSchema,
  Status,
} from '../../src/protocol/gen/spawn/actors/protocol_pb.ts'
import { type HostAnswer, HostServer } from './host-server.ts'
import { isMannerName, type Manner, MANNERS } from './manner.ts'
import {
  FIRST_STATE,
  type Json,
  nextState,
  perform,
  type Script,
  type ScriptCall,
  type ScriptEffect,
  type Seen,
  type State,
} from './script.ts'

const PROTOBUF = 'application/octet-stream'
const name = process.argv[2]
if (!isMannerName(name)) throw new Error(`there is no manner ${name}`)
const manner: Manner = MANNERS[name]
let proxy = ''

const host = await HostServer.start(answered)
process.on('message', (url: string) => {
  proxy = url
  process.send?.('heard')
})
process.once('disconnect', () => void host.stop().finally(() => process.exit()))
process.send?.(host.port)

async function answered(call: ActorInvocation): Promise<HostAnswer> {
  try {
    const body = await response(call)
    return { status: 200, type: PROTOBUF, body, framing: manner.framing }
  } catch (error) {
    return failure(String(error))
  }
}

function failure(text: string): HostAnswer {
  if (manner.failure === 'reset') return 'reset'
  if (manner.failure === 'empty 400') {
    return { status: 400, type: null, body: new Uint8Array(), framing: manner.framing }
  }
  const page = `<!doctype html><title>500</title><h1>Internal Server Error</h1><p>${text}</p>`
  return { status: 500, type: 'text/html; charset=utf-8', body: Buffer.from(page), framing: manner.framing }
}

async function response(call: ActorInvocation): Promise<Uint8Array> {
  const seen = seenIn(call)
  const script = perform(seen)
  if (script.pauseMs !== undefined) await sleep(script.pauseMs)
  const reply = script.call === undefined ? script.reply : await invoked(call, script.call)
  if (script.fail !== undefined) throw new Error(script.fail)
  const state = nextState(script, seen.state)
  const { tags } = script
  const { system = '' } = call.actor ?? {}
  const stateAfter = state === undefined ? stateKept(call) : packed(state)
  return toBinary(
    ActorInvocationResponseSchema,
    create(ActorInvocationResponseSchema, {
      actorName: seen.self,
      actorSystem: system,
      updatedContext: {
        ...(stateAfter !== undefined && { state: stateAfter }),
        ...(call.actor !== undefined && { self: call.actor }),
        metadata: seen.metadata,
        tags: tags ?? (manner.echoesTags ? seen.tags : {}),
      },
      payload: payloadOf(reply),
      checkpoint: script.checkpoint ?? false,
      workflow: workflowOf(script, system),
    }),
  )
}

function stateKept({ currentContext }: ActorInvocation): Any | undefined {
  return manner.echoesState ? currentContext?.state : undefined
}

function seenIn({ actionName, actor, caller, currentContext, payload }: ActorInvocation): Seen {
  if (actor === undefined || currentContext === undefined)
    throw new Error('an invocation without its context')
  return {
    action: actionName,
    self: actor.name,
    parent: actor.parent,
    caller: caller?.name ?? null,
    payload: payload.case === 'value' ? unpacked(payload.value) : null,
    metadata: currentContext.metadata,
    tags: currentContext.tags,
    // The suite's states are States.
    state: currentContext.state === undefined ? FIRST_STATE : stateIn(currentContext.state),
  }
}

function stateIn(state: Any): State {
  const value: unknown = unpacked(state)
  // The suite's states are States.
  return value as State
}

function workflowOf({ broadcast, effects = [], forward, pipe }: Script, system: string) {
  const route = pipe ?? forward
  return {
    effects: effects.map((effect) => ({ request: requestOf(effect, system) })),
    ...(broadcast !== undefined && {
      broadcast: { channelGroup: broadcast.channel, payload: payloadOf(broadcast.payload) },
    }),
    ...(route !== undefined && {
      routing: {
        case: pipe === undefined ? ('forward' as const) : ('pipe' as const),
        value: { actor: route.to, actionName: route.action, registerRef: route.ref ?? '' },
      },
    }),
  }
}

function requestOf({ action, delayMs, metadata = {}, payload, ref = '', to }: ScriptEffect, system: string) {
  return {
    system: { name: system },
    actor: { id: { name: to, system } },
    actionName: action,
    payload: payloadOf(payload),
    async: true,
    metadata,
    scheduledTo: delayMs === undefined ? 0n : BigInt(Date.now() + delayMs),
    registerRef: ref,
  }
}

/** Calls another actor through the proxy, in the name of the one that runs. */
async function invoked({ actor }: ActorInvocation, { caught = false, ...call }: ScriptCall): Promise<Json> {
  const system = actor?.system ?? ''
  const request = create(InvocationRequestSchema, { ...requestOf(call, system), async: false, caller: actor })
  const answer = await fetch(`${proxy}/api/v1/system/${system}/actors/${call.to}/invoke`, {
    method: 'POST',
    headers: { 'content-type': PROTOBUF },
    body: toBinary(InvocationRequestSchema, request),
  })
  const { payload, status } = fromBinary(InvocationResponseSchema, new Uint8Array(await answer.arrayBuffer()))
  if (status?.status !== Status.OK) {
    if (!caught) throw new Error(status?.message)
    return /^\[([A-Z_]+)\] /.exec(status?.message ?? '')?.[1] ?? 'a message without its code'
  }
  return payload.case === 'value' ? unpacked(payload.value) : null
}

function payloadOf(value: Json | undefined) {
  if (value === undefined || value === null) return { case: 'noop' as const, value: {} }
  return { case: 'value' as const, value: packed(value) }
}

function packed(value: Json | State): Any {
  const content = create(JSONTypeSchema, { content: JSON.stringify(value) })
  return {
    $typeName: 'google.protobuf.Any',
    typeUrl: manner.jsonUrl,
    value: toBinary(JSONTypeSchema, content),
  }
}

function unpacked({ typeUrl, value }: Any): Json {
  if (!typeUrl.endsWith('.JSONType')) throw new Error(`a ${typeUrl} where JSON was due`)
  const json: Json = JSON.parse(fromBinary(JSONTypeSchema, value).content)
  return json
}
