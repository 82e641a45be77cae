// The smallest thing that is a Gateway: counters in a Map. It stands behind the listener in tests of HTTP alone; what the
// runtime does with a call is tested with the runtime.

import { SpawnError } from '../../src/base/index.ts'
import type {
  ActorPage,
  Call,
  Gateway,
  Inspection,
  PageRequest,
  SpawnOptions,
} from '../../src/ports/index.ts'
import { Json } from '../../src/protocol/index.ts'

export class MapGateway implements Gateway {
  readonly system = 'my-system'
  ready = true
  /** Every call that came in. */
  readonly calls: { readonly name: string; readonly call: Call }[] = []
  readonly spawned: { readonly name: string; readonly options: SpawnOptions | undefined }[] = []
  readonly lists: unknown[] = []
  readonly #totals = new Map<string, { total: number; revision: number }>()
  /** Calls of `hold` wait for this. */
  #gate = Promise.withResolvers<void>()

  /** Lets the calls of `hold` go on. */
  release(): void {
    this.#gate.resolve()
    this.#gate = Promise.withResolvers<void>()
  }

  invoke(name: string, call: Call): Promise<unknown> {
    return this.invokeJson(name, call)
  }

  async invokeJson(name: string, call: Call): Promise<unknown> {
    this.calls.push({ name, call })
    if (!this.ready) throw new SpawnError('DRAINING', `"${name}" cannot be called: this member is draining`)
    const payload = call.payload instanceof Json ? call.payload.value : call.payload
    if (call.action === 'echo') return payload
    if (call.action === 'nothing') return undefined
    if (call.action === 'big') return 'x'.repeat(Number(payload))
    if (call.action === 'fail') throw new SpawnError('ACTION_FAILED', `"${name}" action "fail" failed`)
    if (call.action === 'full') throw new SpawnError('MAILBOX_FULL', `the mailbox of "${name}" is full`)
    if (call.action === 'odd') throw new SpawnError('ACTION_FAILED', 'odd', { details: { big: 1n } })
    if (call.action === 'defect') throw new Error('secret of the inside')
    if (call.action === 'bigint') return 1n
    if (call.action === 'hold') return this.#hold(call.signal)
    if (call.action !== 'add') {
      throw new SpawnError('ACTION_NOT_FOUND', `"${name}" has no action "${call.action}"`)
    }
    const actor = this.#totals.get(name) ?? { total: 0, revision: 0 }
    actor.total +=
      typeof payload === 'object' && payload !== null && 'value' in payload ? Number(payload.value) : 1
    actor.revision += 1
    this.#totals.set(name, actor)
    return { total: actor.total }
  }

  async #hold(signal: AbortSignal | undefined): Promise<unknown> {
    const { promise, reject } = Promise.withResolvers<never>()
    const abort = (): void => reject(new SpawnError('CANCELLED', 'the caller gave up'))
    signal?.addEventListener('abort', abort, { once: true })
    await Promise.race([this.#gate.promise, promise])
    signal?.removeEventListener('abort', abort)
    return 'held'
  }

  async spawn(name: string, options?: SpawnOptions): Promise<void> {
    this.spawned.push({ name, options })
  }

  async inspect(name: string, ref?: string): Promise<Inspection> {
    const actor = this.#totals.get(name)
    if (actor === undefined) throw new SpawnError('ACTOR_NOT_FOUND', `there is no actor "${name}"`)
    const { total, revision } = actor
    const id = { system: this.system, parent: ref ?? '', name }
    return { id, kind: 'named', revision, tags: { team: 'blue' }, state: { total }, stateJson: { total } }
  }

  async list(filter: object, page?: Partial<PageRequest>): Promise<ActorPage> {
    this.lists.push({ filter, page })
    const actors = [...this.#totals].map(([name, { revision }]) => ({
      id: { system: this.system, parent: '', name },
      revision,
      birth: 1,
      epoch: 1,
      tags: {},
      state: null,
      committedAtMs: 1_700_000_000_000,
    }))
    return { actors, next: null }
  }

  async delete(name: string): Promise<void> {
    if (!this.#totals.delete(name)) throw new SpawnError('ACTOR_NOT_FOUND', `there is no actor "${name}"`)
  }
}
