// The `version` and `upgrade` settings of a definition: the shape that its states have now, and how those of older shapes
// become one of it.
//
// Invariant: the steps lead to the version without a gap. From which one on they do is the application's to say: an older
// state than that is refused when it is loaded.

import type { Schema, SchemaOutput, StateShape, UpgradeStep } from '../protocol/index.ts'
import { MAX_STATE_VERSION } from '../protocol/index.ts'
import { isPlainObject } from './plain-object.ts'
import { type Settings, shown } from './settings.ts'
import { schemaCodec } from './state-setting.ts'

/** (A method signature, so that an annotated parameter is taken.) */
type StepFunction<Next> = { run(before: unknown): Next }['run']

/** A step whose state before is read by a schema of its own. */
export interface SchemaStep<Next> {
  readonly schema: Schema
  readonly step: StepFunction<Next>
}

/** From the state of the version before: JSON as it was stored, or the message. */
export type UpgradeSetting<Next = unknown> = StepFunction<Next> | SchemaStep<Next>

/**
 * A step of an upgrade whose state before is read by a schema: the Protobuf message that it was, or a validator of the JSON
 * that it was. `upgrade: { 2: upgradeFrom(CartV1Schema, (before) => ({ … })) }`.
 */
export function upgradeFrom<S extends Schema, Next>(
  schema: S,
  step: (before: SchemaOutput<S>) => Next,
): SchemaStep<Next> {
  return { schema, step }
}

const UNCHANGED: StateShape = { version: 0, steps: new Map() }

export function shapeOf(settings: Settings): StateShape {
  const version = settings.count('version', 0, 0)
  if (version > MAX_STATE_VERSION) {
    throw settings.fault('version', `must be at most ${MAX_STATE_VERSION}, not ${version}`)
  }
  const given = settings.raw('upgrade')
  if (version === 0) {
    if (given === undefined) return UNCHANGED
    throw settings.fault('upgrade', 'leads nowhere: say the version that the state has now, as in version: 1')
  }
  if (given === undefined) {
    const advice = `upgrade: { ${version}: (before) => … }, or upgrade: {} if none older was ever stored`
    throw settings.fault(
      'version',
      `is ${version}, and nothing says how an older state becomes one: add ${advice}`,
    )
  }
  if (!isPlainObject(given)) {
    throw settings.fault(
      'upgrade',
      `must be an object of steps by the version they lead to, not ${shown(given)}`,
    )
  }
  return { version, steps: stepsOf(settings, given, version) }
}

function stepsOf(
  settings: Settings,
  given: Readonly<Record<string, unknown>>,
  version: number,
): ReadonlyMap<number, UpgradeStep> {
  const steps = new Map<number, UpgradeStep>()
  for (const [key, step] of Object.entries(given)) {
    const to = /^[1-9]\d{0,8}$/.test(key) ? Number(key) : 0
    if (to < 1 || to > version) {
      throw settings.fault(
        'upgrade',
        `has a step ${JSON.stringify(key)}; steps lead to a version from 1 to ${version}`,
      )
    }
    steps.set(to, stepOf(settings, `upgrade[${to}]`, step))
  }
  const first = Math.min(...steps.keys())
  for (let to = first; to <= version; to += 1) {
    if (!steps.has(to)) throw settings.fault('upgrade', `has a gap: no step leads to version ${to}`)
  }
  return steps
}

function stepOf(settings: Settings, name: string, given: unknown): UpgradeStep {
  if (isFunction(given)) return { codec: null, run: given }
  if (isPlainObject(given) && isFunction(given['step'])) {
    return { codec: schemaCodec(settings, name, given['schema']), run: given['step'] }
  }
  throw settings.fault(
    name,
    `must be a function (before) => …, or upgradeFrom(schema, …), not ${shown(given)}`,
  )
}

function isFunction(value: unknown): value is (before: unknown) => unknown {
  return typeof value === 'function'
}
