// A sidecar with a host of counters, for tests of the wire.

import assert from 'node:assert/strict'

import { type ActorInvocation, Status } from '../../src/protocol/gen/spawn/actors/protocol_pb.ts'
import { WireKind } from '../../src/protocol/protobuf/index.ts'
import { type Answer as HostAnswer, answering } from '../remote/host-server.ts'
import { json, saidBy, type Sidecar, sidecar, type SidecarOptions } from './fixture.ts'

export const NAMED = {
  settings: { stateful: true, kind: WireKind.NAMED },
  actions: [{ name: 'add' }, { name: 'slow' }],
}
export const UNNAMED = { ...NAMED, settings: { stateful: true, kind: WireKind.UNNAMED } }

/** A host of counters: `add` adds the payload, or 1. */
export function counting({ currentContext, payload }: ActorInvocation): HostAnswer {
  const before = Number(currentContext?.state === undefined ? 0 : saidBy(value(currentContext.state)))
  const added = payload.case === 'value' ? Number(saidBy({ payload })) : 1
  const { payload: total } = json(before + added)
  return { updatedContext: { state: total.value }, payload: total }
}

function value(any: { typeUrl: string; value: Uint8Array }) {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- an Any is one, whatever its class
  return { payload: { case: 'value', value: any } } as Parameters<typeof saidBy>[0]
}

export async function counters(
  options: SidecarOptions = {},
): Promise<{ at: Sidecar; stop(): Promise<void> }> {
  const host = await answering(counting)
  const at = await sidecar(options)
  const { status } = await at.register({ counter: NAMED, user: UNNAMED }, host.address.port)
  assert.equal(status?.status, Status.OK)
  return {
    at,
    async stop() {
      await at[Symbol.asyncDispose]()
      await host.stop()
    },
  }
}
