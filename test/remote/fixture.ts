// RemoteHosts with definitions that some host servers have registered, and turns on them.

import assert from 'node:assert/strict'
import { create, type MessageInitShape } from '@bufbuild/protobuf'
import { type Clock, type ErrorCode, isSpawnError, seededRandom, systemClock } from '../../src/base/index.ts'
import { type HostAddress, RemoteHosts, type RemoteSettings } from '../../src/hosts/remote/index.ts'
import { type Definition, type Logger, type Outcome, silentLogger } from '../../src/ports/index.ts'
import type { ActorSchema } from '../../src/protocol/gen/spawn/actors/actor_pb.ts'
import { RegistrationRequestSchema } from '../../src/protocol/gen/spawn/actors/protocol_pb.ts'
import type { ActorId } from '../../src/protocol/index.ts'
import type { RegistrationRequest } from '../../src/protocol/protobuf/index.ts'
import { TestTurn, type TestTurnOptions } from '../../src/testing/test-turn.ts'

export type WireActorInit = MessageInitShape<typeof ActorSchema>

export const COUNTER = { settings: { stateful: true }, actions: [{ name: 'add' }] } satisfies WireActorInit

/** A registration of actors by name. */
export function registration(actors: Record<string, WireActorInit>, system = 'test'): RegistrationRequest {
  const named = Object.entries(actors).map(([name, actor]) => [name, { id: { name }, ...actor }])
  return create(RegistrationRequestSchema, {
    serviceInfo: { serviceName: 'test' },
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- Object.fromEntries loses what map() had
    actorSystem: {
      name: system,
      registry: { actors: Object.fromEntries(named) as Record<string, WireActorInit> },
    },
  })
}

/** A turn that has not ended by then hangs. */
const DEADLINE_MS = 10_000

export type TurnOptions = Omit<TestTurnOptions<unknown>, 'self'> & { readonly self?: ActorId }

export type RunOptions = TurnOptions & {
  readonly payload?: unknown
  readonly action?: string
}

export interface Remote extends AsyncDisposable {
  readonly hosts: RemoteHosts
  /** Registers `counter` from these addresses. */
  register(...addresses: HostAddress[]): Definition
  /** Runs a turn of it. */
  run(options?: RunOptions): Promise<Outcome>
}

export interface RemoteParts {
  readonly clock?: Clock
  readonly logger?: Logger
}

export function remote(settings: Partial<RemoteSettings> = {}, parts: RemoteParts = {}): Remote {
  const { clock = systemClock, logger = silentLogger } = parts
  const hosts = new RemoteHosts({ clock, random: seededRandom(1), logger, settings })
  let definition: Definition | undefined
  return {
    hosts,
    register(...addresses) {
      for (const address of addresses) {
        ;[definition] = hosts.register(address, registration({ counter: COUNTER })).define
      }
      assert.ok(definition !== undefined)
      return definition
    },
    async run({ action = 'add', payload, ...options } = {}) {
      assert.ok(definition !== undefined, 'nothing is registered')
      return runOn(definition, action, payload, options)
    },
    [Symbol.asyncDispose]: () => hosts.stop(),
  }
}

export async function runOn(
  definition: Definition,
  actionName: string,
  payload: unknown,
  { self, ...options }: TurnOptions = {},
): Promise<Outcome> {
  const action = definition.actions.get(actionName)
  assert.ok(action !== undefined, `no action ${actionName}`)
  const deadlineMs = Date.now() + DEADLINE_MS
  // No engine watches the deadline here.
  const signal = AbortSignal.timeout(DEADLINE_MS)
  const turn = new TestTurn(definition, action, payload, { deadlineMs, signal, ...options })
  // As the engine has it: all turns of an actor have the same object as themselves.
  return definition.host.run(self === undefined ? turn : Object.assign(turn, { self }))
}

/** What a failed turn is to look like. */
export function failure(code: ErrorCode, message: RegExp) {
  return (error: unknown): boolean => {
    assert.ok(isSpawnError(error), String(error))
    assert.equal(error.code, code, error.message)
    assert.match(error.message, message)
    return true
  }
}
