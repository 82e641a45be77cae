// The types between an action as it is written and a call of it: what a handler may look like, what a caller may give, and
// what it gets. Types only; sdk/actor.ts infers them, ref.ts and context.ts use them.

import type { Message } from '@bufbuild/protobuf'
import type { GenMessage } from '@bufbuild/protobuf/codegenv2'
import type { StandardSchemaV1 } from '@standard-schema/spec'

import type { ActionDefinition } from '../ports/index.ts'
import type { Schema, SchemaInput, SchemaOutput } from '../protocol/index.ts'
import type { Context } from './context.ts'
import type { DeepReadonly } from './deep-readonly.ts'
import type { Unchanged, Unrouted, Value } from './value.ts'

/**
 * The function of an action. It returns a Value, or the response itself, or a promise of either. Its payload is typed by its schema, or by an annotation of the parameter; without both it is
 * `unknown`. (A method signature, so that an annotated parameter is taken.)
 */
export type Handler<State, Payload, Next = State> = {
  run(ctx: Context<State, Next>, payload: Payload): unknown
}['run']

/** A schema whose output is a `Payload`. */
export type SchemaOf<Payload> = StandardSchemaV1<unknown, Payload> | GenMessage<Payload & Message>

/** An action with more to say than its function. */
export interface ActionOptions<State, Payload, Next = State> {
  readonly handler: Handler<State, NoInfer<Payload>, Next>
  /** Checks and types the payload. Absent: any JSON. */
  readonly payload?: SchemaOf<Payload> | undefined
  /** Checks the response. Absent: any JSON. */
  readonly response?: Schema | undefined
  /** How long one run may take, in milliseconds. Default: no limit but the caller's deadline. */
  readonly timeout?: number | undefined
  /**
   * Fires it every so many milliseconds, at least 10, with no payload, while its definition is registered: durably, and
   * never beside itself. `Value.timer` changes or stops it.
   */
  readonly timer?: number | undefined
  /**
   * True: it changes nothing. It sees the last durable state, runs beside other turns and waits for no commit; if it sets
   * something, it fails.
   */
  readonly query?: boolean | undefined
}

export type ActionInput<State, Payload, Next = State> =
  | Handler<State, Payload, Next>
  | ActionOptions<State, Payload, Next>

/** An action as the embedded host runs it. */
export interface HandlerAction extends ActionDefinition {
  readonly handler: (ctx: Context, payload: unknown) => unknown
}

type AnyFunction = (...args: never) => unknown

type FunctionOf<Action> = Action extends AnyFunction
  ? Action
  : Action extends { readonly handler: infer F extends AnyFunction }
    ? F
    : never

/**
 * What an action must be besides itself: one that returns a Value with a state returns a state of the actor. A return type
 * could not say so, since a response may be of any type, `unknown` included.
 */
export type StateChecked<Action, Next> = [StateIn<ReturnType<FunctionOf<Action>>>] extends [
  DeepReadonly<Next> | Unchanged,
]
  ? unknown
  : Action extends AnyFunction
    ? (...args: never) => Value<DeepReadonly<Next>, unknown, unknown>
    : { readonly handler: (...args: never) => Value<DeepReadonly<Next>, unknown, unknown> }

/** The states of the Values that are returned. */
type StateIn<Returned> = 0 extends Returned & 1
  ? never
  : Awaited<Returned> extends infer Answer
    ? Answer extends Value<infer State, unknown, unknown>
      ? State
      : never
    : never

/** The arguments of a call: none, one, or one that may be left out. */
export type PayloadOf<Action> = Action extends { readonly payload: infer S extends Schema }
  ? undefined extends SchemaInput<S>
    ? [payload?: SchemaInput<S>]
    : [payload: SchemaInput<S>]
  : PayloadParameter<Parameters<FunctionOf<Action>>>

type PayloadParameter<Args extends readonly unknown[]> = Args extends readonly [unknown, infer Payload]
  ? undefined extends Payload
    ? [payload?: Payload]
    : [payload: Payload]
  : Args extends readonly [unknown, (infer Payload)?]
    ? Args['length'] extends 0 | 1
      ? [payload?: undefined]
      : [payload?: Payload]
    : [payload?: undefined]

/** What an action can be piped into it. One without a payload takes anything. */
export type PipedInto<Action> =
  PayloadOf<Action> extends readonly [(infer Payload)?]
    ? [Payload] extends [undefined]
      ? unknown
      : Payload
    : never

/** What a call answers with; of an action that pipes or forwards, what the last hop does. */
export type ResponseOf<Action> = Answer<Awaited<ReturnType<FunctionOf<Action>>>, OwnResponse<Action>>

/** What an action says itself. */
export type ReplyOf<Action> = Own<Awaited<ReturnType<FunctionOf<Action>>>, OwnResponse<Action>>

/** By the schema of its response, if it has one. */
type OwnResponse<Action> = Action extends { readonly response: infer S extends Schema } ? S : undefined

type Answer<Returned, S> =
  Returned extends Value<unknown, unknown, infer Last>
    ? [Last] extends [Unrouted]
      ? Own<Returned, S>
      : Last
    : Own<Returned, S>

type Own<Returned, S> = S extends Schema ? SchemaOutput<S> : Said<Returned>

type Said<Returned> =
  Returned extends Value<unknown, infer Response, unknown>
    ? Response
    : Returned extends void
      ? undefined
      : Returned
