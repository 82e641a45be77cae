// What the compiler knows of a saga: the input and the results that follow from its steps, whether each step finds the
// results that it needs, and what a ref of it can call. Types only.

import type { ActorDefinition } from '../../hosts/index.ts'
import type { Schema, SchemaInput, SchemaOutput } from '../../protocol/index.ts'
import type { Progress, SagaStatus } from './progress.ts'
import type { AnyStep, Step } from './step.ts'

/** The actions of a saga, as its refs have them. */
export interface SagaActions<Input, Results> {
  /**
   * Begins a run; answers when it is durable that it began. The same call again answers with the status.
   *
   * @throws SpawnError INVALID_ARGUMENT when this run was started with another input: another run has a name of its own.
   */
  readonly start: (ctx: unknown, input: Input) => SagaStatus<Results>
  /** How far it has come, durably. It waits for nothing. */
  readonly status: () => SagaStatus<Results>
  /** Lets a saga go on that is stuck; any other answers with its status. */
  readonly resume: () => SagaStatus<Results>
}

/** What `saga(...)` answers with: an unnamed definition. Its state is its progress, for inspection only. */
export type SagaDefinition<Input = unknown, Results = unknown> = ActorDefinition<
  Progress,
  SagaActions<Input, Results>,
  'unnamed'
>

/** What a saga is started with: what its schema takes, else what all its steps take. */
export type StartOf<Steps extends readonly AnyStep[], S> = S extends Schema ? SchemaInput<S> : InputOf<Steps>

/** What the steps answer with, by name. */
export type ResultsOf<Steps extends readonly AnyStep[]> = {
  readonly [S in Steps[number] as S['name']]: ResultOf<S>
}

/** What the schema of the input must be besides itself: one whose output the steps take. */
export type InputFits<Steps extends readonly AnyStep[], S> = S extends Schema
  ? SchemaOutput<S> extends InputOf<Steps>
    ? unknown
    : never
  : unknown

/** What the steps must be besides themselves: ones that need no results but those of the steps before them. */
export type InOrder<Steps extends readonly AnyStep[], Given = unknown> = Steps extends readonly [
  infer First extends AnyStep,
  ...infer Rest extends readonly AnyStep[],
]
  ? [Fitting<First, Given>, ...InOrder<Rest, Given & { readonly [Name in First['name']]: ResultOf<First> }>]
  : []

type Fitting<S, Given> =
  S extends Step<infer Name, infer Input, infer Needs, infer Result>
    ? Given extends Needs
      ? S
      : Step<Name, Input, Given, Result>
    : never

type InputOf<Steps extends readonly AnyStep[]> = {
  [At in keyof Steps]: Steps[At] extends Step<string, infer Input, never, unknown>
    ? (input: Input) => void
    : never
}[number] extends (input: infer Input) => void
  ? Input
  : never

type ResultOf<S> = S extends Step<string, never, never, infer Result> ? Result : never
