// Calls of other actors through a proxy, from a turn or from the program. It decides how a call reads on the wire, what of
// one the wire cannot say (that is refused, never left out), and how the answer becomes a value.

import { type Clock, type Limits, SpawnError } from '../../base/index.ts'
import type { Call, Metadata, Timing } from '../../ports/index.ts'
import {
  type ActorId,
  anyCodec,
  checkName,
  type Codec,
  jsonCodec,
  type Packed,
  versionOf,
} from '../../protocol/index.ts'
import {
  callBytes,
  readCallAnswer,
  readSpawnAnswer,
  spawnBytes,
  type WireCall,
} from '../../protocol/protobuf/index.ts'
import type { ProxyClient } from './proxy-client.ts'
import { isDefaultGet, type ServedActors } from './served-actors.ts'

/** The key of the metadata that carries a timeout, in milliseconds. */
const TIMEOUT_KEY = 'request-timeout'

export interface ProxyCallsOptions {
  readonly system: string
  readonly proxy: ProxyClient
  readonly actors: ServedActors
  readonly clock: Clock
  readonly limits: Pick<Limits, 'callTimeoutMs'>
  /** The proxy does not know an actor that is served here. Resolves when it was told again. */
  readonly onForgotten: () => Promise<void>
}

/** Who calls, and how long there is. */
export interface CallFrom {
  /** Null: the program, outside of any turn. */
  readonly caller: ActorId | null
  readonly deadlineMs: number | null
  readonly signal: AbortSignal | undefined
}

/** What an effect or a call says of its target, beside the payload. */
interface Sending extends Timing {
  readonly action: string
  readonly payload?: unknown
  readonly ref?: string | undefined
  readonly system?: string | undefined
}

export class ProxyCalls {
  private readonly options: ProxyCallsOptions

  constructor(options: ProxyCallsOptions) {
    this.options = options
  }

  /**
   * @returns the response; undefined when there is none, and for a call that is not waited for.
   * @throws SpawnError
   */
  async call(from: CallFrom, name: string, call: Call): Promise<unknown> {
    const label = `the call of "${name}" action "${call.action}"`
    checkName('actor', name)
    checkName('action', call.action)
    if (call.idempotencyKey !== undefined) throw unsayable(label, 'an idempotency key')
    if (call.receipt === true) throw unsayable(label, 'a receipt')
    const isLater = call.delayMs !== undefined || call.scheduledToMs !== undefined
    const async = call.async === true
    const message = this.message(label, name, call, {
      caller: from.caller,
      async,
      metadata: withTimeout(call.metadata ?? {}, call.timeoutMs),
    })
    const packed = await this.sent(label, message, from, call)
    if (isLater) return ''
    return packed === undefined || async ? undefined : this.read(message, packed)
  }

  /** A call that a turn sets in motion. @throws SpawnError INVALID_ARGUMENT for what the wire cannot say. */
  effect(label: string, caller: ActorId, to: string, sending: Sending, metadata: Metadata): WireCall {
    return this.message(label, to, sending, { caller, async: true, metadata })
  }

  /** What the target's own codec makes of a payload, where it is served here; else any. */
  pack(target: Pick<ActorId, 'name' | 'parent'>, action: string, payload: unknown): Packed | undefined {
    if (payload === undefined) return undefined
    const codec = this.options.actors.of(target)?.actions.get(action)?.payload
    return codec === undefined ? anyCodec.accept(payload) : codec.pack(codec.accept(payload))
  }

  /** @throws SpawnError */
  async spawn(name: string, ref: string | undefined, revision: number | undefined): Promise<void> {
    const { limits, proxy, system } = this.options
    checkName('actor', name)
    const label = `the spawn of "${name}"`
    const query = revision === undefined ? '' : `?revision=${revision}`
    const path = `/api/v1/system/${encodeURIComponent(system)}/actors/spawn${query}`
    const body = spawnBytes([{ system, parent: ref ?? '', name }])
    const send = async (): Promise<void> => {
      const answer = await proxy.post(path, body, { what: label, timeoutMs: limits.callTimeoutMs })
      understood(label, answer, readSpawnAnswer)
    }
    await this.orToldAgain({ name, parent: ref ?? '' }, send)
  }

  private message(
    label: string,
    name: string,
    { action, cron, delayMs, payload, ref = '', scheduledToMs, system = this.options.system }: Sending,
    rest: Pick<WireCall, 'caller' | 'async' | 'metadata'>,
  ): WireCall {
    if (cron !== undefined) throw unsayable(label, 'a cron expression')
    const target = { system, parent: ref, name }
    const { actors, clock } = this.options
    return {
      ...rest,
      target,
      action,
      payload: this.pack(target, action, payload),
      scheduledToMs: delayMs === undefined ? (scheduledToMs ?? null) : clock.now() + delayMs,
      pooled: actors.of(target)?.kind === 'pooled',
    }
  }

  private async sent(
    label: string,
    message: WireCall,
    from: CallFrom,
    call: Call,
  ): Promise<Packed | undefined> {
    const { clock, limits, proxy } = this.options
    const { name, system } = message.target
    const path = `/api/v1/system/${encodeURIComponent(system)}/actors/${encodeURIComponent(name)}/invoke`
    const body = callBytes(message)
    const untilMs = clock.now() + (call.timeoutMs ?? limits.callTimeoutMs)
    const deadlineMs = Math.min(untilMs, from.deadlineMs ?? Infinity)
    const signals = [from.signal, call.signal].filter((signal) => signal !== undefined)
    const send = async (): Promise<Packed | undefined> => {
      const timeoutMs = Math.max(1, deadlineMs - clock.now())
      const signal = signals.length > 1 ? AbortSignal.any(signals) : signals[0]
      return understood(
        label,
        await proxy.post(path, body, { what: label, timeoutMs, signal }),
        readCallAnswer,
      )
    }
    return this.orToldAgain(message.target, send)
  }

  /** A proxy that has restarted knows nothing of the actors here; what it did not know, it did not run. */
  private async orToldAgain<T>(target: Pick<ActorId, 'name' | 'parent'>, send: () => Promise<T>): Promise<T> {
    try {
      return await send()
    } catch (thrown) {
      const isForgotten = thrown instanceof SpawnError && thrown.code === 'ACTOR_NOT_FOUND'
      if (!isForgotten || this.options.actors.of(target) === undefined) throw thrown
    }
    await this.options.onForgotten()
    return send()
  }

  /** By the codec of the action that was called; another one may have answered, after a pipe or forward. */
  private read({ action, target }: WireCall, packed: Packed): unknown {
    const definition = this.options.actors.of(target)
    const own = definition?.actions.get(action)?.response
    const state = definition !== undefined && isDefaultGet(definition, action) ? definition.state : null
    // Other proxies than ours answer with a state as it is stored.
    const codec = own ?? (versionOf(packed.typeUrl).version > 0 ? state?.stored : state?.codec)
    for (const each of [codec ?? jsonCodec, jsonCodec]) {
      const value = accepted(each, packed)
      if (value !== REFUSED) return value
    }
    return packed
  }
}

const REFUSED = Symbol('refused')

function accepted(codec: Codec, packed: Packed): unknown {
  try {
    return codec.accept(packed)
  } catch {
    return REFUSED
  }
}

/** @param read what throws a SpawnError for an error that the answer tells of. */
function understood<T>(label: string, answer: Uint8Array, read: (answer: Uint8Array) => T): T {
  try {
    return read(answer)
  } catch (thrown) {
    if (thrown instanceof SpawnError) throw thrown
    const problem = `${label} was answered by the proxy with what is no message of the wire; it may have happened`
    throw new SpawnError('MEMBER_UNAVAILABLE', problem, { cause: thrown, retryable: false })
  }
}

function withTimeout(metadata: Metadata, timeoutMs: number | undefined): Metadata {
  return timeoutMs === undefined ? metadata : { ...metadata, [TIMEOUT_KEY]: String(timeoutMs) }
}

export function unsayable(label: string, what: string): SpawnError {
  return new SpawnError('INVALID_ARGUMENT', `${label} has ${what}, which cannot be said to a proxy`)
}
