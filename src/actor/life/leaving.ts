// Lives that have to end. Under a definition that was replaced, or is no more: what has begun ends under the old definition;
// what waits goes to the next life of its actor, under the new one, or is told that there is none. And lives of actors that
// are to live on another member: what waits for them has its turn here, as long as that takes no more than a while.
//
// Invariant: the next life of an actor is not loaded before the last one has ended, so its turns stay one at a time and it
// reads what the last one has committed. Lives have to end seldom, so nothing on the way of a call looks out for the end
// of such a life: it is looked for here, again and again, as long as there is one.

import { type Clock, SpawnError, type Timer } from '../../base/index.ts'
import { type ActorId, addressText, asSpawnError } from '../../protocol/index.ts'
import type { Activation } from './activation.ts'
import type { Activations } from './activations.ts'
import { actionOf, type Catalog } from '../catalog.ts'
import type { Message } from '../message.ts'
import type { Query } from '../query.ts'
import type { Residents } from './residents.ts'

export interface LeavingOptions {
  readonly clock: Clock
  readonly catalog: Catalog
  readonly activations: Activations
  /** Takes a query whose actor has a new activation. */
  readonly query: (activation: Activation, message: Query) => void
  /** Writes what the actors of a definition owe to the store. */
  readonly writeOwed: (residents: Residents) => void
}

/** How often the lives that have to end are looked at, in milliseconds. */
const LOOK_EVERY_MS = 5
/** How long what waits for an actor may have its turns here when that is to live elsewhere, in milliseconds. */
const FINISH_MS = 2_000

export class Leaving {
  private readonly options: LeavingOptions
  private readonly lives = new Set<Activation>()
  /** The addresses of those of them whose next life waits. Workers of a pool keep nothing, so none waits for them. */
  private readonly held = new Map<string, Activation>()
  /** When those of them that are released let go of what still waits for them. */
  private readonly released = new Map<Activation, number>()
  /** Who waits for their ends, by address. */
  private readonly awaited = new Map<string, (() => void)[]>()
  private timer: Timer | null = null

  constructor(options: LeavingOptions) {
    this.options = options
  }

  /** Whether the last life of an actor has not ended. */
  holds(id: ActorId): boolean {
    return this.held.size > 0 && this.held.has(keyOf(id))
  }

  /** The definition of these was replaced. */
  dismiss(residents: Residents): void {
    const { pool } = residents
    // Nearly all rest, and may be many.
    for (const life of residents.lives()) if (life.settled) this.options.activations.end(life)
    const lives = [...residents.lives()]
    for (const life of lives) {
      this.lives.add(life)
      if (pool === null && !this.holds(life.id)) this.held.set(keyOf(life.id), life)
    }
    this.options.writeOwed(residents)
    for (const life of lives) this.letGo(life)
    if (pool !== null) this.moveWaiting(pool.front)
    this.look()
  }

  /** Its actor is to live on another member: it finishes, and ends. */
  release(life: Activation): void {
    const { activations, clock } = this.options
    const { id, phase, residents } = life
    if (phase === 'cold' || phase === 'loading') activations.sendOn(life)
    if (life.finished || phase === 'loading') {
      activations.end(life)
      return
    }
    residents.depart(life)
    this.lives.add(life)
    this.released.set(life, clock.elapsedMs() + FINISH_MS)
    if (residents.pool === null && !this.holds(id)) this.held.set(keyOf(id), life)
    this.look()
  }

  /** Resolves when no life of an actor is left that has to end. */
  gone(id: ActorId): Promise<void> {
    if (!this.holds(id)) return Promise.resolve()
    const address = keyOf(id)
    return new Promise((resolve) => {
      this.awaited.set(address, [...(this.awaited.get(address) ?? []), resolve])
    })
  }

  /** Resolves when none of those is left that have to end now. */
  async allGone(): Promise<void> {
    await Promise.all([...this.held.values()].map(({ id }) => this.gone(id)))
  }

  /** All of them end at once. */
  expel(expel: (life: Activation) => void): void {
    for (const life of this.lives) {
      if (life.phase !== 'closed') expel(life)
      this.end(life)
    }
  }

  stop(): void {
    this.timer?.cancel()
    this.lives.clear()
    for (const waiting of this.awaited.values()) for (const resolve of waiting) resolve()
    this.awaited.clear()
  }

  /** Lets go of what waits for a life, and of the life itself if it has not begun. */
  private letGo(life: Activation): void {
    const hasBegun = this.moveWaiting(life) && life.phase === 'ready'
    if (hasBegun) return
    const { current } = life.residents
    const queries = life.beside?.queries
    for (let query = queries?.shift(); query !== undefined; query = queries?.shift()) {
      if (current === null) query.fail(undefinedNow(life))
      else if (moves(query, life, current)) this.options.query(this.next(life, current), query)
    }
    this.end(life)
  }

  /** @returns false when its init action was among them. */
  private moveWaiting(life: Activation): boolean {
    const { current } = life.residents
    let isStarted = true
    for (let message = life.shift(); message !== null; message = life.shift()) {
      if (message.stage !== 'queued') continue
      if (message.starts) {
        // The next life begins with an init action of its own.
        isStarted = false
        message.succeed(undefined)
      } else if (current === null) {
        message.fail(undefinedNow(life))
      } else if (message.parcel !== null) {
        message.fail(definedAnew(life))
      } else if (moves(message, life, current)) {
        const next = this.next(life, current)
        next.push(message)
        this.options.activations.wake(next)
      }
    }
    return isStarted
  }

  private next({ id }: Activation, residents: Residents): Activation {
    return this.options.activations.of(residents, id.name, this.options.clock.now())
  }

  private readonly look = (): void => {
    this.timer?.cancel()
    this.timer = null
    const nowMs = this.options.clock.elapsedMs()
    for (const life of this.lives) {
      const untilMs = this.released.get(life)
      if (untilMs !== undefined && untilMs <= nowMs) this.options.activations.sendOn(life)
      if (life.phase === 'closed' || life.finished) this.end(life)
      else if (life.snapshotOwed) this.options.writeOwed(life.residents)
    }
    if (this.lives.size > 0) this.timer = this.options.clock.after(LOOK_EVERY_MS, this.look)
  }

  private end(life: Activation): void {
    const { activations } = this.options
    if (life.phase !== 'closed') activations.end(life)
    this.lives.delete(life)
    this.released.delete(life)
    const address = keyOf(life.id)
    if (this.held.get(address) !== life) return
    this.held.delete(address)
    for (const resolve of this.awaited.get(address) ?? []) resolve()
    this.awaited.delete(address)
    const next = this.options.catalog.residents(life.id.name, life.id.parent)?.byName.get(life.id.name)
    if (next === undefined || (next.waiting === 0 && next.readers === 0)) return
    if (next.phase === 'cold' && next.residents.pool === null) activations.activate(next)
    else activations.wake(next)
  }
}

/** Gives a call the action of its name as it is now. @returns false when there is none: then the call has failed. */
function moves(message: Message, { residents }: Activation, current: Residents): boolean {
  const { action } = message
  // The engine's own actions are those of every definition.
  if (residents.actions.get(action.name) !== action) return true
  try {
    message.action = actionOf(current, action.name)
    return true
  } catch (thrown) {
    message.fail(asSpawnError(thrown))
    return false
  }
}

function undefinedNow({ id }: Activation): SpawnError {
  const text = `"${addressText(id)}" is not there any more: its definition was taken away while the call waited`
  return new SpawnError('ACTOR_NOT_FOUND', text)
}

/** Envelopes do not move; they are delivered again. */
function definedAnew({ id }: Activation): SpawnError {
  return new SpawnError('DRAINING', `"${addressText(id)}" was defined anew while a message waited for it`)
}

/** Of the actor's full address: what people read as one may be that of two. */
function keyOf({ name, parent }: ActorId): string {
  return `${parent}\0${name}`
}
