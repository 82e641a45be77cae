// States as they are stored: with the version of their shape. It decides what becomes of a state of another version: an
// older one is brought up step by step, each from the version before to its own; a newer one is refused, because to
// guess at it would lose what its release has put there. What a state is in memory, and what is shown of it, is the plain
// codec's.
//
// Invariant: what it packs has its version, and what it reads is of that version or an error. Nothing stored is changed:
// a state that was brought up is written with the next commit of its actor.

import { isSpawnError, messageOf, SpawnError } from '../base/index.ts'
import { anyCodec } from './any-codec.ts'
import type { Codec } from './codec.ts'
import { parseJsonType } from './json-codec.ts'
import { isJsonType } from './json-type.ts'
import { Packed } from './packed.ts'
import { versionOf, withVersion } from './state-version.ts'

/** From the state of one version to that of the next. */
export interface UpgradeStep {
  /** How its state before is read; null: JSON as it is, or by the codec of the state. */
  readonly codec: Codec | null
  readonly run: (before: unknown) => unknown
}

export interface StateShape {
  /** What it has now; 0: it was never changed. */
  readonly version: number
  /** By the version that each leads to; without gaps up to `version`. */
  readonly steps: ReadonlyMap<number, UpgradeStep>
}

export function versionedCodec(codec: Codec, shape: StateShape): Codec {
  const { version } = shape
  return {
    name: codec.name,
    accept(value) {
      if (!(value instanceof Packed)) return codec.accept(value)
      const { typeUrl, version: stored } = versionOf(value.typeUrl)
      if (stored > version) throw newer(stored, version)
      const bare = stored === 0 ? value : new Packed(typeUrl, value.value)
      return stored === version ? codec.accept(bare) : upgraded(codec, shape, stored, bare)
    },
    pack: version === 0 ? (value, isBrief) => codec.pack(value, isBrief) : packing(codec, version),
    toJson: (value) => codec.toJson(value),
  }
}

function packing(codec: Codec, version: number): Codec['pack'] {
  // A codec writes one type.
  let known = ''
  let written = ''
  return (value, isBrief) => {
    const { typeUrl, value: bytes } = codec.pack(value, isBrief)
    if (typeUrl !== known) {
      known = typeUrl
      written = withVersion(typeUrl, version)
    }
    return new Packed(written, bytes)
  }
}

function newer(stored: number, known: number): SpawnError {
  const text =
    `it has version ${stored}, and the definition here knows up to ${known}: a newer release of the application has ` +
    'written it; run that release, or restore a revision from before it'
  return new SpawnError('STATE_UNREADABLE', text, { details: { version: stored, known } })
}

function upgraded(codec: Codec, { steps, version }: StateShape, stored: number, bare: Packed): unknown {
  let value: unknown = bare
  for (let to = stored + 1; to <= version; to += 1) {
    const step = steps.get(to)
    if (step === undefined) {
      const first = Math.min(...steps.keys(), version)
      const problem = `no step leads from there: the upgrade begins at version ${first}; add a step to version ${to}`
      throw notUpgraded(stored, version, problem)
    }
    try {
      value = result(step.run(before(codec, step, value)))
    } catch (thrown) {
      throw notUpgraded(stored, version, `its step to version ${to} failed: ${messageOf(thrown)}`, thrown)
    }
  }
  try {
    return codec.accept(value)
  } catch (thrown) {
    throw notUpgraded(
      stored,
      version,
      `what the steps made is no ${codec.name} of it: ${messageOf(thrown)}`,
      thrown,
    )
  }
}

/** What a step is handed: it is read anew each time, so a step may change it in place. */
function before(codec: Codec, step: UpgradeStep, value: unknown): unknown {
  if (step.codec !== null) return step.codec.accept(value)
  if (!(value instanceof Packed)) return value
  if (isJsonType(value.typeUrl)) return parseJsonType(value)
  try {
    return codec.accept(value)
  } catch (cause) {
    const advice = 'say by which schema its state before is read, with upgradeFrom(schema, step)'
    throw new SpawnError('INVALID_ARGUMENT', `${messageOf(cause)}; ${advice}`, { cause })
  }
}

function result(value: unknown): unknown {
  if (value === undefined) throw new SpawnError('INVALID_ARGUMENT', 'it answered nothing')
  if (!(value instanceof Promise)) return value
  // Nobody waits for it; its failure must not end the process.
  value.catch(() => undefined)
  throw new SpawnError('INVALID_ARGUMENT', 'it answered a promise, and a load cannot wait for it')
}

function notUpgraded(stored: number, version: number, problem: string, cause?: unknown): SpawnError {
  const issues: unknown = isSpawnError(cause) ? cause.details['issues'] : undefined
  return new SpawnError(
    'STATE_UNREADABLE',
    `it has version ${stored} and cannot be brought to ${version}: ${problem}`,
    { cause, details: { version: stored, known: version, ...(issues === undefined ? {} : { issues }) } },
  )
}

/**
 * The state of an actor whose code runs elsewhere, as it is shown and answered: without the version, which only that code
 * and the store have a use for.
 */
export const anyStateCodec: Codec<Packed | undefined> = {
  name: anyCodec.name,
  accept: (value) => anyCodec.accept(value),
  pack: (value) => anyCodec.pack(bare(value)),
  toJson: (value) => anyCodec.toJson(bare(value)),
}

function bare(value: Packed | undefined): Packed | undefined {
  if (value === undefined) return undefined
  const { typeUrl, version } = versionOf(value.typeUrl)
  return version === 0 ? value : new Packed(typeUrl, value.value)
}
