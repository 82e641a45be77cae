// What an action returns when it says more than a response: a new state, tags, how the turn is kept. It only carries; what
// becomes of it is the host's and the engine's business.
//
// Invariant: a Value never changes. Every setter answers with another one, so a Value may be kept and returned many times.

import type { Tags, Workflow } from '../ports/index.ts'

/** Tells a Value apart from a plain response; the same in every copy of this package that a process may have loaded. */
const MARK = Symbol.for('spawn-mesh.value')

declare const unchanged: unique symbol

/** In the types: the state of a Value that brings no new one. */
export interface Unchanged {
  readonly [unchanged]: true
}

/**
 * The outcome of an action: `Value.of().state(next).response(reply)`. Whatever it leaves out stays as it was.
 *
 * Its fields are there for tests of handlers: `handler(ctx, payload).nextState`. Two Values that say the same are equal to
 * `assert.deepEqual`.
 */
export class Value<out State = Unchanged, out Response = undefined> {
  declare readonly [MARK]: true
  /** Whether there is a new state. */
  readonly changed: boolean
  /** The new state; undefined when there is none. */
  readonly nextState: State | undefined
  /** The whole new set of tags; null: as before. */
  readonly nextTags: Tags | null
  /** What the caller gets; undefined: nothing. */
  readonly reply: Response
  /** Whether the turn is committed before its reply, whatever the actor's durability. */
  readonly durable: boolean
  /** What it sets in motion; null: nothing. */
  readonly workflow: Workflow | null

  /** Says nothing; where every chain of setters begins. It never changes, so one is enough. */
  private static readonly nothing = new Value<unknown, unknown>(
    false,
    undefined,
    null,
    undefined,
    false,
    null,
  )

  private constructor(
    changed: boolean,
    nextState: State | undefined,
    nextTags: Tags | null,
    reply: Response,
    durable: boolean,
    workflow: Workflow | null,
  ) {
    this.changed = changed
    this.nextState = nextState
    this.nextTags = nextTags
    this.reply = reply
    this.durable = durable
    this.workflow = workflow
  }

  /**
   * @param state the new state; left out, the state stays.
   * @param response what the caller gets; left out, nothing.
   */
  static of(): Value
  static of<const State>(state: State): Value<State>
  static of<const State, Response>(state: State, response: Response): Value<State, Response>
  static of(...given: readonly [state?: unknown, response?: unknown]): Value<unknown, unknown> {
    return given.length === 0 ? Value.nothing : new Value(true, given[0], null, given[1], false, null)
  }

  /** The actor's next state: whole, not a patch. */
  state<const Next>(next: Next): Value<Next, Response> {
    return new Value(true, next, this.nextTags, this.reply, this.durable, this.workflow)
  }

  /** What the caller gets. */
  response<Reply>(reply: Reply): Value<State, Reply> {
    return new Value(this.changed, this.nextState, this.nextTags, reply, this.durable, this.workflow)
  }

  /** The actor's tags from now on: all of them. They are committed with the state. */
  tags(next: Tags): Value<State, Response> {
    return new Value(this.changed, this.nextState, next, this.reply, this.durable, this.workflow)
  }

  /** Commits this turn before its reply. Every turn of an actor with `durability: 'turn'` is committed so anyway. */
  checkpoint(): Value<State, Response> {
    return new Value(this.changed, this.nextState, this.nextTags, this.reply, true, this.workflow)
  }

  /** Takes the response back: the caller hears that the action is done, and nothing else. */
  noreply(): Value<State> {
    return new Value<State>(
      this.changed,
      this.nextState,
      this.nextTags,
      undefined,
      this.durable,
      this.workflow,
    )
  }
}

// On the prototype: it costs a Value nothing, and two Values that say the same stay equal.
Object.defineProperty(Value.prototype, MARK, { value: true })

export function isValue(value: unknown): value is Value<unknown, unknown> {
  return typeof value === 'object' && value !== null && MARK in value
}
