// An effect as user code makes it: a call to another actor that leaves with a turn. An Effect is data; the Value that
// carries it says when it counts, the engine when it is delivered, and the target's codec what becomes of its payload.
//
// Invariant: an Effect never changes, so any number of Values may carry it; each that is returned sends it anew.

import type { ActionDefinition, Metadata, Effect as SentEffect } from '../ports/index.ts'
import { misuse } from './misuse.ts'
import { TIMING_OPTIONS, type TimingOptions, timingOf } from './timing.ts'

/** Tells an Effect apart from a literal that looks like one; the same in every copy of this package in a process. */
const MARK = Symbol.for('spawn-mesh.effect')

declare const response: unique symbol

/** How an effect is sent; all of it optional. */
export interface EffectOptions extends TimingOptions {
  /** Added to the metadata of the turn, which the effect inherits: together at most 128 entries, and 64 KiB. */
  readonly metadata?: Metadata | undefined
  /**
   * Has the end of the effect told to an action of the actor that sends it, with the token: `{ token, response }`, or
   * `{ token, error: { code, message } }`. Then an action that fails is not tried again, and no dead letter is kept.
   */
  readonly reply?: { readonly action: string; readonly token: string } | undefined
}

/** An effect by name also says more of its target. */
export interface NamedEffectOptions extends EffectOptions {
  /** The unnamed definition that the target is an instance of. */
  readonly ref?: string | undefined
  /** The system of the target; default: this one. */
  readonly system?: string | undefined
}

/**
 * What `effect(...)` answers with. Two that say the same are equal to `assert.deepEqual`. `Response` is what its action
 * answers with.
 */
export class Effect<out Response = unknown> implements SentEffect {
  declare readonly [MARK]: true
  /** Only in the types. */
  declare readonly [response]?: Response
  readonly to: string
  readonly ref: string | undefined
  readonly system: string | undefined
  readonly action: string
  readonly payload: unknown
  readonly delayMs: number | undefined
  readonly scheduledToMs: number | undefined
  readonly cron: string | undefined
  readonly timeZone: string | undefined
  readonly metadata: Metadata | undefined
  readonly reply: { readonly action: string; readonly token: string } | undefined
  /** Not enumerable: two that say the same are equal, however they were made. */
  declare readonly contract?: ActionDefinition

  /** Applications call `effect(...)`, which checks what it is given. */
  constructor(
    to: string,
    ref: string | undefined,
    action: string,
    payload: unknown,
    options: NamedEffectOptions,
    contract?: ActionDefinition,
  ) {
    const timing = timingOf(['the effect on', to], options)
    this.to = to
    this.ref = ref
    this.system = options.system
    this.action = action
    this.payload = payload
    this.delayMs = timing?.delayMs
    this.scheduledToMs = timing?.scheduledToMs
    this.cron = timing?.cron
    this.timeZone = timing?.timeZone
    this.metadata = options.metadata
    this.reply = options.reply
    knowing(this, contract)
  }
}

// On the prototype: it costs an Effect nothing, and two that say the same stay equal.
Object.defineProperty(Effect.prototype, MARK, { value: true })

/** Has an effect say how its action is known to who made it. */
export function knowing<Sent extends Effect>(effect: Sent, contract: ActionDefinition | undefined): Sent {
  return contract === undefined ? effect : Object.defineProperty(effect, 'contract', { value: contract })
}

export function isEffect(value: unknown): value is Effect {
  return typeof value === 'object' && value !== null && MARK in value
}

const OPTIONS: ReadonlySet<string> = new Set(['metadata', 'reply', ...TIMING_OPTIONS])
const NAMED_OPTIONS: ReadonlySet<string> = new Set([...OPTIONS, 'ref', 'system'])

export const NO_OPTIONS: NamedEffectOptions = Object.freeze({})

/** @throws SpawnError INVALID_ARGUMENT that names the effect's target and the option. */
export function checkEffectOptions(to: string, given: EffectOptions): void {
  checkKeys(to, given, OPTIONS)
  checkCarried(to, given)
}

/** The same for an effect by name. */
export function checkNamedOptions(to: string, given: NamedEffectOptions): void {
  checkKeys(to, given, NAMED_OPTIONS)
  checkCarried(to, given)
  for (const key of ['ref', 'system'] as const) {
    if (given[key] === undefined || isName(given[key])) continue
    throw misuse(`the effect on "${to}" has a bad \`${key}\`: it must be a name`)
  }
}

export function isName(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}

function checkKeys(to: string, given: object, known: ReadonlySet<string>): void {
  if (typeof given !== 'object' || given === null) {
    throw misuse(`the effect on "${to}" needs an object of options`)
  }
  for (const key in given) {
    if (known.has(key)) continue
    throw misuse(`the effect on "${to}" has an unknown option "${key}"; known are ${[...known].join(', ')}`)
  }
}

function checkCarried(to: string, { metadata, reply }: EffectOptions): void {
  for (const key in metadata) {
    if (typeof metadata[key] === 'string') continue
    throw misuse(`the effect on "${to}" has bad metadata: "${key}" must be a string`)
  }
  if (reply === undefined || (isName(reply?.action) && typeof reply.token === 'string')) return
  throw misuse(`the effect on "${to}" has a bad \`reply\`: it must be { action, token }, two texts`)
}
