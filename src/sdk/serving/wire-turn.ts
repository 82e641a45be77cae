// A turn that a proxy asks for, as a host sees any turn. The wire has no revision and no deadline of it, so the first is 0
// and the second the usual one from now on. Its signal aborts when the proxy closes the connection: it has given up.

import { messageOf, SpawnError } from '../../base/index.ts'
import type { ActionDefinition, Call, Definition, Metadata, Tags, Turn } from '../../ports/index.ts'
import { type ActorId, addressText, type Packed } from '../../protocol/index.ts'
import type { HostInvocation } from '../../protocol/protobuf/index.ts'
import type { ProxyCalls } from './proxy-calls.ts'

export class WireTurn implements Turn {
  readonly definition: Definition
  readonly action: ActionDefinition
  readonly self: ActorId
  readonly caller: ActorId | null
  readonly payload: Packed | undefined
  readonly metadata: Metadata
  readonly state: unknown
  readonly tags: Tags
  readonly revision = 0
  readonly deadlineMs: number
  private readonly calls: ProxyCalls
  /** Made on first use: most turns are over before anybody could give them up. */
  private ending: AbortController | null = null

  /** @throws SpawnError STATE_UNREADABLE: a state that cannot be read is never replaced by a first one. */
  constructor(
    invocation: HostInvocation,
    definition: Definition,
    action: ActionDefinition,
    deadlineMs: number,
    calls: ProxyCalls,
  ) {
    this.definition = definition
    this.action = action
    this.self = invocation.self
    this.caller = invocation.caller
    this.payload = invocation.payload
    this.metadata = invocation.metadata
    this.tags = invocation.tags
    this.state = liveState(invocation, definition)
    this.deadlineMs = deadlineMs
    this.calls = calls
  }

  get signal(): AbortSignal {
    this.ending ??= new AbortController()
    return this.ending.signal
  }

  call(name: string, call: Call): Promise<unknown> {
    const { deadlineMs, self, signal } = this
    return this.calls.call({ caller: self, deadlineMs, signal }, name, call)
  }

  /** Nobody waits for it any more. */
  abort(reason: SpawnError): void {
    this.ending ??= new AbortController()
    this.ending.abort(reason)
  }
}

function liveState({ self, state }: HostInvocation, definition: Definition): unknown {
  if (state === undefined) return definition.state?.initial()
  const subject = `the state of "${addressText(self)}"`
  if (definition.state === null) {
    const problem = `${subject} is a ${state.typeUrl}, but "${definition.name}" declares none`
    throw new SpawnError('STATE_UNREADABLE', problem)
  }
  try {
    return definition.state.stored.accept(state)
  } catch (cause) {
    const problem = `${subject} cannot be read, so the action does not run: ${messageOf(cause)}`
    throw new SpawnError('STATE_UNREADABLE', problem, { cause })
  }
}
