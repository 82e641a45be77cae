// What an action returns when it says more than a response: a new state, tags, what it sets in motion, how the turn is
// kept. It only carries; what becomes of it is the host's and the engine's business.
//
// Invariant: a Value never changes. Every setter answers with another one, so a Value may be kept and returned many times.

import type { Kind, Tags, Workflow } from '../ports/index.ts'
import type { ActorDefinition } from './actor-definition.ts'
import { type Effect, isEffect, type NamedEffectOptions } from './effect.ts'
import { effect } from './effects-on.ts'
import type { PipedInto, ResponseOf } from './handler.ts'
import { type RouteOptions, routeTo } from './route.ts'
import type { InstanceName } from './target.ts'
import { type BroadcastOptions, withBroadcast, withEffects, withRoute, withTimer } from './workflow.ts'

/** Tells a Value apart from a plain response; the same in every copy of this package that a process may have loaded. */
const MARK = Symbol.for('spawn-mesh.value')

declare const unchanged: unique symbol
declare const unrouted: unique symbol
declare const last: unique symbol

/** In the types: the state of a Value that brings no new one. */
export interface Unchanged {
  readonly [unchanged]: true
}

/** In the types: the last hop of a Value that goes nowhere. */
export interface Unrouted {
  readonly [unrouted]: true
}

/**
 * The outcome of an action: `Value.of().state(next).response(reply)`. Whatever it leaves out stays as it was.
 *
 * Its fields are there for tests of handlers: `handler(ctx, payload).nextState`. Two Values that say the same are equal to
 * `assert.deepEqual`. `Last` is what the last hop of its pipe or forward answers the caller with.
 */
export class Value<out State = Unchanged, out Response = undefined, out Last = Unrouted> {
  declare readonly [MARK]: true
  /** Only in the types. */
  declare readonly [last]?: Last
  /** Whether there is a new state. */
  readonly changed: boolean
  /** The new state; undefined when there is none. */
  readonly nextState: State | undefined
  /** The whole new set of tags; null: as before. */
  readonly nextTags: Tags | null
  /** What the caller gets, or the next actor of a pipe; undefined: nothing. */
  readonly reply: Response
  /** Whether the turn is committed before its reply, whatever the actor's durability. */
  readonly durable: boolean
  /** What it sets in motion: effects, broadcasts, a pipe or forward, timers; null: nothing. */
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
  state<const Next>(next: Next): Value<Next, Response, Last> {
    return new Value(true, next, this.nextTags, this.reply, this.durable, this.workflow)
  }

  /** What the caller gets; with a pipe, what the next actor gets. */
  response<Reply>(reply: Reply): Value<State, Reply, Last> {
    return new Value(this.changed, this.nextState, this.nextTags, reply, this.durable, this.workflow)
  }

  /** The actor's tags from now on: all of them. They are committed with the state. */
  tags(next: Tags): Value<State, Response, Last> {
    return new Value(this.changed, this.nextState, next, this.reply, this.durable, this.workflow)
  }

  /** Commits this turn before its reply. Every turn of an actor with `durability: 'turn'` is committed so anyway. */
  checkpoint(): Value<State, Response, Last> {
    return new Value(this.changed, this.nextState, this.nextTags, this.reply, true, this.workflow)
  }

  /** Takes the response back: the caller hears that the action is done, and nothing else. */
  noreply(): Value<State, undefined, Last> {
    return new Value(this.changed, this.nextState, this.nextTags, undefined, this.durable, this.workflow)
  }

  /**
   * A call to another actor that leaves with this turn: committed with its state and delivered after it, once. This turn
   * does not wait for it. Effects to one actor come in the order in which they were sent.
   *
   * @throws SpawnError INVALID_ARGUMENT for options that are wrong.
   */
  effect(one: Effect): Value<State, Response, Last>
  effect(
    to: string,
    action: string,
    payload?: unknown,
    options?: NamedEffectOptions,
  ): Value<State, Response, Last>
  effect(
    to: Effect | string,
    action = '',
    payload?: unknown,
    options?: NamedEffectOptions,
  ): Value<State, Response, Last> {
    return this.effects([isEffect(to) ? to : effect(to, action, payload, options)])
  }

  /**
   * Several effects, made with `effect(...)`: `.effects([effect(account, 'acc-1').deposit({ amount: 5 })])`. They follow
   * those that the Value has already.
   */
  effects(more: readonly Effect[]): Value<State, Response, Last> {
    return this.with(withEffects(this.workflow, more))
  }

  /** Reaches every actor that subscribes to the channel, and the listeners of the application, once. May be repeated. */
  broadcast(options: BroadcastOptions): Value<State, Response, Last> {
    return this.with(withBroadcast(this.workflow, options))
  }

  /**
   * Hands this action's response to another action, whose answer the caller gets; this actor is free meanwhile. The
   * response goes before it: `.response({ total }).pipe(ledger, 'book')`. A Value has one route: a second one throws.
   *
   * @throws SpawnError INVALID_ARGUMENT
   */
  pipe(
    this: Value<State, Response>,
    to: string,
    action: string,
    options?: RouteOptions,
  ): Value<State, Response, unknown>
  /** Hands the response to an action of a definition, which must take it; the caller gets its answer. */
  pipe<S, Actions, K extends Kind, Name extends keyof Actions & string>(
    this: Value<State, PipedInto<Actions[Name]>>,
    definition: ActorDefinition<S, Actions, K>,
    action: Name,
    ...name: InstanceName<K>
  ): Value<State, Response, ResponseOf<Actions[Name]>>
  pipe(
    to: ActorDefinition | string,
    action: string,
    where?: RouteOptions | string,
  ): Value<State, Response, unknown> {
    return this.route('pipe', to, action, where)
  }

  /**
   * Hands this action's payload on to another action, whose answer the caller gets; this actor is free meanwhile, and its
   * own response goes nowhere. A Value has one route: a second one throws.
   *
   * @throws SpawnError INVALID_ARGUMENT
   */
  forward(
    this: Value<State, Response>,
    to: string,
    action: string,
    options?: RouteOptions,
  ): Value<State, Response, unknown>
  /** Hands the payload on to an action of a definition; the caller gets its answer. */
  forward<S, Actions, K extends Kind, Name extends keyof Actions & string>(
    this: Value<State, Response>,
    definition: ActorDefinition<S, Actions, K>,
    action: Name,
    ...name: InstanceName<K>
  ): Value<State, Response, ResponseOf<Actions[Name]>>
  forward(
    to: ActorDefinition | string,
    action: string,
    where?: RouteOptions | string,
  ): Value<State, Response, unknown> {
    return this.route('forward', to, action, where)
  }

  /**
   * Changes a timer of this actor, one of an action with `timer`: it fires every so many milliseconds from now on, at least
   * 10. Null stops it.
   */
  timer(action: string, periodMs: number | null): Value<State, Response, Last> {
    return this.with(withTimer(this.workflow, action, periodMs))
  }

  private route(
    kind: 'pipe' | 'forward',
    target: ActorDefinition | string,
    action: string,
    where: RouteOptions | string | undefined,
  ): Value<State, Response, unknown> {
    return this.with(withRoute(this.workflow, routeTo(kind, target, action, where)))
  }

  private with(workflow: Workflow | null): Value<State, Response, Last> {
    return new Value(this.changed, this.nextState, this.nextTags, this.reply, this.durable, workflow)
  }
}

// On the prototype: it costs a Value nothing, and two Values that say the same stay equal.
Object.defineProperty(Value.prototype, MARK, { value: true })

export function isValue(value: unknown): value is Value<unknown, unknown, unknown> {
  return typeof value === 'object' && value !== null && MARK in value
}
