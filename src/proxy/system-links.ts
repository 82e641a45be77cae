// How the systems of one proxy call each other, and those elsewhere: a system that this proxy has is called here, any other one
// where systems meet. It decides which of these it is.

import { SpawnError } from '../base/index.ts'
import type { Gateway, OtherSystems, SystemCall } from '../ports/index.ts'
import type { Packed } from '../protocol/index.ts'

export class SystemLinks implements OtherSystems {
  readonly #find: (system: string) => Gateway | null
  readonly #elsewhere: OtherSystems | null

  /** @param elsewhere null: this proxy is alone. */
  constructor(find: (system: string) => Gateway | null, elsewhere: OtherSystems | null) {
    this.#find = find
    this.#elsewhere = elsewhere
  }

  call(system: string, name: string, call: SystemCall, signal: AbortSignal): Promise<Packed | undefined> {
    const here = this.#find(system)
    if (here !== null) return callHere(here, name, call, signal)
    if (this.#elsewhere !== null) return this.#elsewhere.call(system, name, call, signal)
    return Promise.reject(unknown(system, name, call.action))
  }
}

function callHere(
  gateway: Gateway,
  name: string,
  { caller, deliveryKey, ref, ...call }: SystemCall,
  signal: AbortSignal,
): Promise<Packed | undefined> {
  return gateway.invokePacked(name, {
    ...call,
    ref: ref === '' ? undefined : ref,
    caller: caller ?? undefined,
    idempotencyKey: deliveryKey ?? undefined,
    // A call that nobody waits for outlives its caller.
    signal: call.async ? undefined : signal,
  })
}

function unknown(system: string, name: string, action: string): SpawnError {
  const advice =
    'no host has registered it here, and this proxy is alone; give both the same NATS servers, with --cluster'
  const text = `"${name}" action "${action}" cannot be called: there is no system "${system}" here: ${advice}`
  return new SpawnError('ACTOR_NOT_FOUND', text, { details: { mayHaveRun: false } })
}
