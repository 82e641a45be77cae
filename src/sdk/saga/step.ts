// `step(name, settings)`: one step of a saga, as a plain value. It decides what a step is made of, and carries to the
// compiler what it takes and what it gives; saga.ts puts steps together.

import type { Effect } from '../../hosts/index.ts'
import { checkName } from '../../protocol/index.ts'
import { Settings } from '../settings.ts'
import type { StepPlan } from './machine.ts'

/** The same in every copy of this package that a process may have loaded. */
const MARK = Symbol.for('spawn-mesh.step')

declare const types: unique symbol

/** What a step does, and how it is undone. Both functions are pure: they answer the same whenever they are asked. */
export interface StepSettings<Input, Needs, Made extends Effect | null> {
  /**
   * The action to call, as an effect: `(t: Transfer) => effect(account, t.from).withdraw({ amount: t.amount })`. Null: the
   * step is skipped. `results` has what the steps before it answered with, by their names; annotate those that it needs.
   * If it throws, the step has failed.
   */
  readonly run: (input: Input, results: Needs) => Made
  /**
   * The action that undoes it, with what `run`'s action answered with. Null: there is nothing to undo. Left out: the step
   * is not undone. It has to succeed in the end; until then it is sent again.
   */
  readonly compensate?:
    | ((input: NoInfer<Input>, result: AnswerOf<NonNullable<Made>>, results: NoInfer<Needs>) => Effect | null)
    | undefined
}

/** A step of a saga: what `step(...)` answers with. */
export interface Step<out Name extends string, in Input, in Needs, out Result> {
  readonly [MARK]: true
  readonly name: Name
  /** Only in the types. */
  readonly [types]?: (input: Input, needs: Needs) => Result
  readonly run: StepPlan['run']
  readonly compensate: StepPlan['compensate']
}

/** Any of them. */
export type AnyStep = Step<string, never, never, unknown>

/** What the action of an effect answers with, as JSON: a message's form is not known to the compiler. */
type AnswerOf<Made> =
  Made extends Effect<infer Response>
    ? Response extends { readonly $typeName: string }
      ? unknown
      : Response
    : never

/** A step that may be skipped may have no result. */
type ResultOf<Made> = null extends Made ? AnswerOf<NonNullable<Made>> | undefined : AnswerOf<Made>

/**
 * Defines a step of a saga.
 *
 * @param name unique in its saga; its result and its progress are kept under it. At most 512 bytes of UTF-8.
 * @throws SpawnError INVALID_ARGUMENT that names the step, the setting and what is accepted.
 */
export function step<const Name extends string, Input, Needs, Made extends Effect | null>(
  name: Name,
  settings: StepSettings<Input, Needs, Made>,
): Step<Name, NoInfer<Input>, NoInfer<Needs>, ResultOf<Made>>
export function step(name: string, given: object): AnyStep {
  checkName('step', name)
  const settings = new Settings(`step "${name}"`, given, ['run', 'compensate'])
  const run = settings.raw('run')
  const compensate = settings.raw('compensate') ?? null
  if (!isStepFunction(run)) throw settings.fault('run', NO_FUNCTION)
  if (compensate !== null && !isStepFunction(compensate)) throw settings.fault('compensate', NO_FUNCTION)
  return Object.freeze({ [MARK]: true as const, name, run, compensate })
}

const NO_FUNCTION = 'must be a function that answers with effect(…).action(…), or null'

/** Whether `value` was made by `step(...)`. */
export function isStep(value: unknown): value is AnyStep {
  return typeof value === 'object' && value !== null && MARK in value
}

function isStepFunction(value: unknown): value is (...args: readonly unknown[]) => Effect | null {
  return typeof value === 'function'
}
