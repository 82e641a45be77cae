// A turn without an engine: what a handler is run with when a test calls it. Everything it sees is what the test said;
// time stands still unless a clock is given.

import { SpawnError } from '../base/index.ts'
import type { ActionDefinition, Call, Definition, Metadata, Tags, Turn } from '../ports/index.ts'
import type { ActorId } from '../protocol/index.ts'

/** What a handler sees of its turn; everything has a default. */
export interface TestTurnOptions<State> {
  /** Default: the first state of the definition; of `testContext`, none. */
  readonly state?: State | undefined
  readonly tags?: Tags | undefined
  readonly metadata?: Metadata | undefined
  readonly self?: Partial<ActorId> | undefined
  readonly caller?: ActorId | null | undefined
  readonly revision?: number | undefined
  /** Default: a minute after the epoch. */
  readonly deadlineMs?: number | undefined
  readonly signal?: AbortSignal | undefined
  /** Default: a clock that stands at the epoch. */
  readonly clock?: { now(): number } | undefined
  /** Answers the calls that the handler makes. Default: there are no other actors. */
  readonly answer?: ((name: string, call: Call) => unknown) | undefined
}

export const STANDING_CLOCK = { now: () => 0 }

const DEADLINE_MS = 60_000

export class TestTurn implements Turn {
  readonly definition: Definition
  readonly action: ActionDefinition
  readonly self: ActorId
  readonly caller: ActorId | null
  readonly payload: unknown
  readonly metadata: Metadata
  readonly state: unknown
  readonly tags: Tags
  readonly revision: number
  readonly deadlineMs: number
  readonly signal: AbortSignal
  readonly #answer: ((name: string, call: Call) => unknown) | undefined

  constructor(
    definition: Definition,
    action: ActionDefinition,
    payload: unknown,
    options: TestTurnOptions<unknown>,
  ) {
    const { kind, name } = definition
    const unnamed = kind === 'unnamed'
    this.definition = definition
    this.action = action
    this.payload = payload
    this.state = 'state' in options ? options.state : definition.state?.initial()
    this.self = {
      system: 'test',
      parent: unnamed ? name : '',
      name: unnamed ? 'test' : name,
      ...options.self,
    }
    this.caller = options.caller ?? null
    this.metadata = options.metadata ?? {}
    this.tags = options.tags ?? definition.tags
    this.revision = options.revision ?? 0
    this.deadlineMs = options.deadlineMs ?? DEADLINE_MS
    this.signal = options.signal ?? new AbortController().signal
    this.#answer = options.answer
  }

  async call(name: string, call: Call): Promise<unknown> {
    if (this.#answer !== undefined) return this.#answer(name, call)
    throw new SpawnError(
      'ACTOR_NOT_FOUND',
      `the test gave no answer to the call of "${name}" action "${call.action}": give its context an \`answer\` function`,
    )
  }
}
