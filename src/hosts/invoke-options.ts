// What callers in user code say about one call, and its form as the gateway takes it. It refuses what it does not know: an
// option that is misspelt would otherwise be left out without a word.

import { SpawnError } from '../base/index.ts'
import type { Call, Metadata } from '../ports/index.ts'

/** How one call is made; all of it optional. */
export interface CallOptions {
  /** True: done as soon as the message stands in the mailbox; the response is undefined. */
  readonly async?: boolean | undefined
  /** Text entries that the action sees as `ctx.metadata`. */
  readonly metadata?: Metadata | undefined
  /** Milliseconds; default 60,000, and never beyond the deadline of the turn that calls. */
  readonly timeout?: number | undefined
  /** Gives the call up when it aborts: CANCELLED. */
  readonly signal?: AbortSignal | undefined
  /** The second call with the same key gets the first one's reply, for a day. At most 512 bytes. */
  readonly idempotencyKey?: string | undefined
}

interface TargetOptions extends CallOptions {
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

const CALL_OPTIONS = ['async', 'metadata', 'timeout', 'signal', 'idempotencyKey'] as const
const INVOKE_OPTIONS = ['action', 'command', 'payload', 'ref', 'system', ...CALL_OPTIONS] as const

const callOptions: ReadonlySet<string> = new Set(CALL_OPTIONS)
const invokeOptions: ReadonlySet<string> = new Set(INVOKE_OPTIONS)

/** @throws SpawnError INVALID_ARGUMENT for options that it does not know, and for a call without an action. */
export function callOf(name: string, options: InvokeOptions): Call {
  checkKeys(name, options, invokeOptions)
  const { action, command, timeout } = options
  if ((action === undefined) === (command === undefined)) {
    const fault =
      action === undefined ? 'names no action' : 'has both `action` and `command`, which mean the same'
    throw new SpawnError('INVALID_ARGUMENT', `the call of "${name}" ${fault}`)
  }
  // Most calls say nothing that the gateway calls by another name: they are handed on as they are.
  if (command === undefined && timeout === undefined) return options
  const { command: _command, timeout: timeoutMs, ...rest } = options
  return { ...rest, action: action ?? command ?? '', timeoutMs }
}

/** The same for a call through a ref. */
export function refCallOf(
  action: string,
  ref: string | undefined,
  payload: unknown,
  options: CallOptions | undefined,
): Call {
  if (options === undefined) return { ref, action, payload }
  checkKeys(action, options, callOptions)
  const { timeout, ...rest } = options
  return { ref, action, payload, ...rest, timeoutMs: timeout }
}

/** On the path of every call: the text is made only for a fault, and most keys need no look into the set. */
function checkKeys(subject: string, options: object, known: ReadonlySet<string>): void {
  if (typeof options !== 'object' || options === null) {
    throw new SpawnError('INVALID_ARGUMENT', `the call of "${subject}" needs an object of options`)
  }
  for (const key in options) {
    if (known === invokeOptions && (key === 'action' || key === 'payload' || key === 'ref')) continue
    if (known.has(key)) continue
    const fault = `an unknown option "${key}"; known are ${[...known].join(', ')}`
    throw new SpawnError('INVALID_ARGUMENT', `the call of "${subject}" has ${fault}`)
  }
}
