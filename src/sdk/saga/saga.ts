// `saga(name, steps, options)`: steps with compensations over actors, as an unnamed actor with one instance per run. It
// decides which settings there are and what they mean when they are left out; what a run does is the business of
// saga-turn.ts and machine.ts.

import { below, SpawnError, systemRandom } from '../../base/index.ts'
import type { EffectEnd } from '../../ports/index.ts'
import { type Codec, Json, jsonCodec, type Schema } from '../../protocol/index.ts'
import { actor, type HistorySetting } from '../actor.ts'
import { Settings } from '../settings.ts'
import { schemaCodec } from '../state-setting.ts'
import type { RetryPlan, SagaPlan, StepPlan } from './machine.ts'
import { NOT_STARTED, statusOf } from './progress.ts'
import { sagaTurn } from './saga-turn.ts'
import type { InOrder, InputFits, ResultsOf, SagaDefinition, StartOf } from './saga-types.ts'
import { type AnyStep, isStep } from './step.ts'

export interface SagaOptions<S = Schema | undefined> {
  /** Checks and types what a run is started with. Absent: any JSON, typed by the steps. */
  readonly input?: S
  /** How a compensation that fails is tried again. */
  readonly compensation?: CompensationOptions | undefined
  /** How long a run stays in memory after its last use, in milliseconds. Default 600,000: ten minutes. */
  readonly deactivateTimeout?: number | undefined
  /** Revisions of its progress to keep. Default: none. */
  readonly history?: HistorySetting | undefined
}

export interface CompensationOptions {
  /** How often it is sent before the saga is `stuck`. Default 10. */
  readonly attempts?: number | undefined
  /** How long the second attempt waits, in milliseconds; each further one twice as long. Default 1,000. */
  readonly backoff?: number | undefined
  /** The longest wait, in milliseconds. Default 60,000. */
  readonly maxBackoff?: number | undefined
}

const OPTIONS = ['input', 'compensation', 'deactivateTimeout', 'history'] as const

/** The action that is told how an effect ended. */
const ENDED = 'ended'

const ATTEMPTS = 10
const BACKOFF_MS = 1_000
const MAX_BACKOFF_MS = 60_000

/**
 * Defines a saga: steps that are done one after the other, each an action of an actor. When one fails, those that were done
 * are compensated in reverse, each once. It is an unnamed actor: a system has it among its `actors`, and a run is started by
 * a name of its own, `mySystem.ref(transfer, 'transfer-1').start(input)`.
 *
 * @param name of the saga; at most 512 bytes of UTF-8.
 * @throws SpawnError INVALID_ARGUMENT that names the saga, what is wrong and what is accepted.
 */
export function saga<
  const Steps extends readonly [AnyStep, ...AnyStep[]],
  S extends Schema | undefined = undefined,
>(
  name: string,
  steps: Steps & InOrder<Steps>,
  options?: SagaOptions<S & InputFits<Steps, S>>,
): SagaDefinition<StartOf<Steps, S>, ResultsOf<Steps>>
export function saga(name: string, steps: readonly AnyStep[], given: object = {}): unknown {
  const settings = new Settings(`saga "${name}"`, given, OPTIONS)
  const input = schemaCodec(settings, 'input', settings.raw('input'))
  const plan: SagaPlan = {
    name,
    steps: stepsOf(settings, steps, input),
    retry: retryOf(settings),
    endAction: ENDED,
  }
  return actor(name, {
    kind: 'unnamed',
    state: NOT_STARTED,
    deactivateTimeout: settings.milliseconds('deactivateTimeout', null) ?? undefined,
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- actor looks at what it gets
    history: settings.raw('history') as HistorySetting | undefined,
    actions: {
      start: {
        // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- likewise
        payload: settings.raw('input') as undefined,
        handler: (ctx, payload: unknown) =>
          sagaTurn(plan, ctx, { kind: 'start', input: kept(input, payload), mark: newMark() }),
      },
      status: { query: true, handler: (ctx) => statusOf(ctx.state) },
      resume: (ctx) => sagaTurn(plan, ctx, { kind: 'resume' }),
      [ENDED]: (ctx, end: EffectEnd) => {
        if (ctx.caller !== null) return sagaTurn(plan, ctx, { kind: 'end', end }).noreply()
        throw new SpawnError('PERMISSION_DENIED', 'how a step ended is told by the actor of that step only')
      },
    },
  })
}

/** Of a run that may begin. One that is drawn again because its turn ran twice is that of the turn that counts. */
function newMark(): string {
  return below(systemRandom, Number.MAX_SAFE_INTEGER).toString(36)
}

function stepsOf(settings: Settings, steps: readonly AnyStep[], input: Codec): readonly StepPlan[] {
  if (!Array.isArray(steps) || steps.length === 0)
    throw settings.error('needs an array of steps, at least one')
  const names = new Set<string>()
  return steps.map((given: unknown, at) => {
    if (!isStep(given))
      throw settings.error(`has no step at ${at}: make one with step(name, { run, compensate })`)
    const { name, run, compensate } = given
    if (names.has(name))
      throw settings.error(`has two steps "${name}": progress and results are kept by name`)
    names.add(name)
    return {
      name,
      run: (stored, results) => run(asGiven(input, stored), results),
      compensate:
        compensate === null
          ? null
          : (stored, result, results) => compensate(asGiven(input, stored), result, results),
    }
  })
}

/**
 * An input as it is stored: JSON, and nobody else's. What is read after a crash is then what the first steps saw.
 *
 * @throws SpawnError INVALID_ARGUMENT when it is no JSON.
 */
function kept(codec: Codec, input: unknown): unknown {
  return input === undefined ? undefined : jsonCodec.accept(jsonCodec.pack(codec.toJson(input)))
}

/** An input as the step functions get it: a message where a message is expected, else its JSON. */
function asGiven(codec: Codec, stored: unknown): unknown {
  return codec.name === jsonCodec.name || stored === undefined ? stored : codec.accept(new Json(stored))
}

function retryOf(settings: Settings): RetryPlan {
  const subject = `${settings.subject} compensation`
  const given = new Settings(subject, settings.raw('compensation') ?? {}, [
    'attempts',
    'backoff',
    'maxBackoff',
  ])
  return {
    attempts: given.count('attempts', 1, ATTEMPTS),
    backoffMs: given.milliseconds('backoff', BACKOFF_MS),
    maxBackoffMs: given.milliseconds('maxBackoff', MAX_BACKOFF_MS),
  }
}
