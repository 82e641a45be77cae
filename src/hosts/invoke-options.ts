// What callers in user code say about one call, and its form as the gateway takes it. It refuses what it does not know: an
// option that is misspelt would otherwise be left out without a word.

import type { Call, Metadata, Receipt as Receipted } from '../ports/index.ts'
import { misuse } from './misuse.ts'
import { type AtOnce, type Later, TIMING_OPTIONS, type TimingOptions, timingOf } from './timing.ts'

interface AnyCallOptions {
  /** Text entries that the action sees as `ctx.metadata`: at most 128, and 64 KiB. */
  readonly metadata?: Metadata | undefined
  /** Milliseconds, at most a day; default 60,000, and never beyond the deadline of the turn that calls. */
  readonly timeout?: number | undefined
  /** Gives the call up when it aborts: CANCELLED. */
  readonly signal?: AbortSignal | undefined
  /** The second call with the same key gets the first one's reply, for a day. At most 512 bytes. */
  readonly idempotencyKey?: string | undefined
}

/** How one call is made; all of it optional. */
export interface CallOptions extends AnyCallOptions, AtOnce {
  /** True: done as soon as the message stands in the mailbox; the response is undefined. */
  readonly async?: boolean | undefined
  readonly receipt?: false | undefined
}

/** A call that is answered with a Receipt: what it rests on, with the response in it. */
export interface ReceiptOptions extends AnyCallOptions, AtOnce {
  readonly receipt: true
  readonly async?: false | undefined
}

/** A call for later, that is answered with the id of its schedule as soon as that is durable. */
export type ScheduleOptions = AnyCallOptions &
  Later & { readonly async?: false | undefined; readonly receipt?: false | undefined }

/** What a call rests on, and its response. */
export interface Receipt<out Response = unknown> extends Receipted {
  readonly response: Response
}

interface TargetOptions extends AnyCallOptions, TimingOptions {
  /** True: done as soon as the message stands in the mailbox; the response is undefined. */
  readonly async?: boolean | undefined
  /** True: the answer is a Receipt, with the response in it. */
  readonly receipt?: boolean | undefined
  /** The system of the actor; default: this one. */
  readonly system?: string | undefined
  /** The unnamed definition that the actor is an instance of. */
  readonly ref?: string | undefined
  readonly payload?: unknown
}

/** A call by name: `{ action: 'add', payload: { value: 1 } }`. `command` is another word for `action`. */
export type InvokeOptions = TargetOptions &
  (
    | { readonly action: string; readonly command?: undefined }
    | { readonly command: string; readonly action?: undefined }
  )

/** A call by name for later: answered with the id of its schedule. */
export type InvokeLater = InvokeOptions & Later

/** A call by name that is answered with a Receipt. */
export type InvokeForReceipt = InvokeOptions & AtOnce & { readonly receipt: true }

/** Whether the gateway takes an option as it is, or it is renamed or looked at first. */
type Form = 'as is' | 'looked at'

const CALL_OPTIONS: readonly (readonly [string, Form])[] = [
  ['async', 'as is'],
  ['metadata', 'as is'],
  ['timeout', 'looked at'],
  ['signal', 'as is'],
  ['idempotencyKey', 'as is'],
  ['receipt', 'looked at'],
  ...TIMING_OPTIONS.map((name) => [name, 'looked at'] as const),
]

const callOptions: ReadonlyMap<string, Form> = new Map(CALL_OPTIONS)
const invokeOptions: ReadonlyMap<string, Form> = new Map([
  ['action', 'as is'],
  ['command', 'looked at'],
  ['payload', 'as is'],
  ['ref', 'as is'],
  ['system', 'as is'],
  ...CALL_OPTIONS,
])

/** @throws SpawnError INVALID_ARGUMENT for options that it does not know, and for a call without an action. */
export function callOf(name: string, options: InvokeOptions): Call {
  const asIs = checkKeys(name, options, invokeOptions)
  // Most calls say nothing that the gateway calls by another name: they are handed on as they are.
  if (asIs && options.action !== undefined) return options
  const { action, command, payload, ref, system } = options
  if ((action === undefined) === (command === undefined)) {
    const fault =
      action === undefined ? 'names no action' : 'has both `action` and `command`, which mean the same'
    throw misuse(`the call of "${name}" ${fault}`)
  }
  return inWords(name, { system, ref, action: action ?? command ?? '', payload }, options)
}

/** The same for a call through a ref. */
export function refCallOf(
  action: string,
  ref: string | undefined,
  payload: unknown,
  options: CallOptions | ReceiptOptions | ScheduleOptions | undefined,
): Call {
  if (options === undefined) return { ref, action, payload }
  const asIs = checkKeys(action, options, callOptions)
  return asIs ? { ref, action, payload, ...options } : inWords(action, { ref, action, payload }, options)
}

/** The options that are called otherwise, or have to fit together. Field by field: a spread of the rest takes longer. */
function inWords(
  subject: string,
  { action, payload, ref, system }: Call,
  options: AnyCallOptions & TimingOptions & Pick<TargetOptions, 'async' | 'receipt'>,
): Call {
  const { async, idempotencyKey, metadata, receipt, signal, timeout } = options
  const timing = timingOf(['the call of', subject], options)
  if (receipt === true && (timing !== undefined || async === true)) {
    const early = timing === undefined ? 'an `async` call' : 'a call for later'
    throw misuse(`the call of "${subject}" asks for a receipt, but ${early} is answered before it is made`)
  }
  return {
    system,
    ref,
    action,
    payload,
    async,
    metadata,
    timeoutMs: timeout,
    signal,
    idempotencyKey,
    receipt,
    delayMs: timing?.delayMs,
    scheduledToMs: timing?.scheduledToMs,
    cron: timing?.cron,
    timeZone: timing?.timeZone,
  }
}

/**
 * On the path of every call: the text is made only for a fault, and most keys need no look into the map.
 *
 * @returns whether the gateway takes all of them as they are.
 */
function checkKeys(subject: string, options: object, known: ReadonlyMap<string, Form>): boolean {
  if (typeof options !== 'object' || options === null) {
    throw misuse(`the call of "${subject}" needs an object of options`)
  }
  let asIs = true
  for (const key in options) {
    if (known === invokeOptions && (key === 'action' || key === 'payload' || key === 'ref')) continue
    if (key === 'idempotencyKey') continue
    const form = known.get(key)
    if (form === undefined) {
      const names = [...known.keys()].join(', ')
      throw misuse(`the call of "${subject}" has an unknown option "${key}"; known are ${names}`)
    }
    if (form === 'looked at') asIs = false
  }
  return asIs
}
