// How an actor comes to life: its stored state is read once, in batches with others', decoded, and handed to the
// activation. What cannot be read or decoded, ever or now, stops that actor with an error, and none of its batch; it never starts
// from an initial state instead.

import { type Clock, isSpawnError, type Limits, messageOf, SpawnError } from '../../base/index.ts'
import type { Definition, Statestore, StoredActor } from '../../ports/index.ts'
import { addressText, isSealed, type Packed } from '../../protocol/index.ts'
import type { Activation } from './activation.ts'

/** Batches of loads under way at once; more wait, so that a store is not drowned. */
const BATCHES_AT_ONCE = 2

export interface LoaderOptions {
  readonly store: Statestore
  readonly clock: Clock
  readonly limits: Limits
  readonly loaded: (activation: Activation) => void
  readonly failed: (activation: Activation, error: SpawnError) => void
}

export class Loader {
  private readonly options: LoaderOptions
  private waiting: Activation[] = []
  private batches = 0
  private scheduled = false
  private readonly loadNow = (): void => {
    this.scheduled = false
    void this.loadBatch()
  }

  constructor(options: LoaderOptions) {
    this.options = options
  }

  /** Loads an activation; answers by `loaded` or `failed`. */
  load(activation: Activation): void {
    activation.phase = 'loading'
    this.waiting.push(activation)
    this.schedule()
  }

  private schedule(): void {
    if (this.scheduled || this.waiting.length === 0 || this.batches >= BATCHES_AT_ONCE) return
    this.scheduled = true
    this.options.clock.defer(this.loadNow)
  }

  private async loadBatch(): Promise<void> {
    const batch = this.waiting.splice(0, this.options.limits.loadGroup)
    if (batch.length === 0) return
    this.batches += 1
    this.schedule()
    try {
      await this.loadAll(batch)
    } finally {
      this.batches -= 1
      this.schedule()
    }
  }

  private async loadAll(batch: readonly Activation[]): Promise<void> {
    try {
      const stored = await this.options.store.load(batch.map((activation) => activation.id))
      for (const [at, activation] of batch.entries()) this.admit(activation, stored[at] ?? null)
    } catch (cause) {
      if (batch.length > 1 && isSpawnError(cause) && cause.code === 'STATE_UNREADABLE') {
        // It stops the one that it belongs to: that is found by halves.
        const half = batch.length >> 1
        await Promise.all([this.loadAll(batch.slice(0, half)), this.loadAll(batch.slice(half))])
        return
      }
      for (const activation of batch) this.options.failed(activation, unavailable(activation, cause))
    }
  }

  private admit(activation: Activation, stored: StoredActor | null): void {
    if (activation.phase !== 'loading') return
    let failure: SpawnError | null = null
    try {
      if (stored === null) startAfresh(activation)
      else restore(activation, stored)
    } catch (cause) {
      const isLater = isSpawnError(cause) && cause.code === 'STORE_UNAVAILABLE'
      failure = isLater
        ? unavailable(activation, cause)
        : unreadable(activation, stored?.revision ?? 0, cause)
    }
    if (failure === null) this.options.loaded(activation)
    else this.options.failed(activation, failure)
  }
}

/** The first life of an actor. */
export function startAfresh(activation: Activation): void {
  const { definition } = activation.residents
  activation.state =
    definition.state === null ? undefined : definition.state.codec.accept(definition.state.initial())
  activation.tags = definition.tags
  activation.phase = 'ready'
}

function restore(activation: Activation, stored: StoredActor): void {
  activation.state = decodeState(activation.residents.definition, stored)
  activation.tags = stored.tags
  activation.revision = stored.revision
  activation.submitted = stored.revision
  activation.birth = stored.birth
  activation.weigh(stored.state === null ? 0 : stored.state.value.length)
  activation.phase = 'ready'
}

/** The live form of a stored state. Throws when it has none. */
export function decodeState(
  definition: Pick<Definition, 'name' | 'state'>,
  stored: Pick<StoredActor, 'state'>,
): unknown {
  if (stored.state === null) return definition.state === null ? undefined : definition.state.initial()
  refuseSealed(stored.state)
  if (definition.state !== null) return definition.state.stored.accept(stored.state)
  throw new SpawnError(
    'STATE_UNREADABLE',
    `a state of type ${stored.state.typeUrl} is stored, but "${definition.name}" declares none`,
  )
}

/** A store with keys has opened it by now. Not every codec would notice: a host's state is handed to it as it is. */
export function refuseSealed(state: Packed): void {
  if (!isSealed(state)) return
  const advice = 'give the system the keys (SPAWN_STATESTORE_KEY, or the option `encryption`)'
  throw new SpawnError('STATE_UNREADABLE', `it is encrypted, and there is no key: ${advice}`)
}

export function unavailable(activation: Activation, cause: unknown): SpawnError {
  const message = `the state of "${addressText(activation.id)}" could not be loaded: ${messageOf(cause)}`
  const code = isSpawnError(cause) && cause.group === 'store' ? cause.code : 'STORE_UNAVAILABLE'
  return new SpawnError(code, message, { cause })
}

export function unreadable(activation: Activation, revision: number, cause: unknown): SpawnError {
  const actor = addressText(activation.id)
  return new SpawnError(
    'STATE_UNREADABLE',
    `the state of "${actor}" at revision ${revision} cannot be read, so the actor does not start: ${messageOf(cause)}`,
    { cause, details: { revision } },
  )
}
