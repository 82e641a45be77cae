// The actors of one definition that are in memory, by name, and in the order in which they may have to leave it.
// The order is that of last use as far as it is known: an actor is moved when the list is looked at, not at every use.

import type { ActionDefinition, Definition, PoolSize } from '../../ports/index.ts'
import type { ActorId } from '../../protocol/index.ts'
import { Activation } from './activation.ts'
import type { Budget } from './budget.ts'
import { withDefaultActions } from '../builtin.ts'
import { Pool } from './pool.ts'

/** A timer as a definition declares it. */
export interface DeclaredTimer {
  readonly action: string
  readonly everyMs: number
}

export class Residents {
  readonly budget: Budget
  readonly definition: Definition
  /** The actions that can be called by name: the definition's, and the default ones that it does not replace. */
  readonly actions: ReadonlyMap<string, ActionDefinition>
  /** Whether what stands durably has to be kept for queries: they never see what is not. */
  readonly queried: boolean
  readonly byName = new Map<string, Activation>()
  readonly timers: readonly DeclaredTimer[]
  /** Its workers, if it is pooled. */
  readonly pool: Pool | null
  /** Messages that may wait under one name. */
  readonly room: number
  /** Lives that have to end, and are not found by their names any more; null: there never were any. */
  private departing: Map<string, Activation> | null = null
  /** Whether its definition is not there any more, or another one is. */
  isReplaced = false
  /** The residents of the definition in its place; null: there is none. */
  private replacedBy: Residents | null = null
  private readonly system: string
  private oldest: Activation | null = null
  private newest: Activation | null = null

  constructor(system: string, definition: Definition, budget: Budget) {
    this.system = system
    this.budget = budget
    this.definition = definition
    this.actions = withDefaultActions(definition)
    this.timers = timersOf(definition)
    const { durability, stateful } = definition
    const anyQuery = [...definition.actions.values()].some(({ query }) => query)
    this.queried = anyQuery && stateful && durability === 'turn'
    this.pool = definition.pool === null ? null : this.poolOf(definition.pool)
    this.room = definition.mailboxLimit * (definition.pool?.max ?? 1)
  }

  /** Its definition is not there any more; `by`: those of the one in its place. */
  replace(by: Residents | null): void {
    this.isReplaced = true
    this.replacedBy = by
  }

  /** The residents of the definition that is there now. They are of the same ids. Null: there are none. */
  get current(): Residents | null {
    if (!this.isReplaced) return this
    const { replacedBy } = this
    const alike = replacedBy !== null && this.isUnnamed === replacedBy.isUnnamed
    return alike ? replacedBy.current : null
  }

  get isUnnamed(): boolean {
    return this.definition.kind === 'unnamed'
  }

  /** The actor that is called by the definition's own name. */
  get own(): ActorId {
    return { system: this.system, parent: '', name: this.definition.name }
  }

  /** All that run turns. */
  lives(): Iterable<Activation> {
    if (this.pool !== null) return this.pool.all
    return this.departing === null
      ? this.byName.values()
      : [...this.byName.values(), ...this.departing.values()]
  }

  /** The life of an actor, though it has to end. */
  life(name: string): Activation | undefined {
    return this.byName.get(name) ?? this.departing?.get(name)
  }

  /** A life has to end: who calls its actor does not find it any more. */
  depart(activation: Activation): void {
    if (this.pool !== null) return
    this.byName.delete(activation.id.name)
    this.departing ??= new Map()
    this.departing.set(activation.id.name, activation)
  }

  id(name: string): ActorId {
    return {
      system: this.system,
      parent: this.isUnnamed ? this.definition.name : '',
      name,
    }
  }

  hasTimer(action: string): boolean {
    return this.timers.some((timer) => timer.action === action)
  }

  get size(): number {
    return this.byName.size
  }

  /** Makes the activation of an actor that is not in memory. */
  add(name: string, nowMs: number): Activation {
    const activation = new Activation(this.id(name), this, nowMs)
    this.byName.set(name, activation)
    this.admit(activation, nowMs)
    return activation
  }

  /** Makes one more worker. */
  addWorker(pool: Pool, nowMs: number): Activation {
    const worker = new Activation(pool.front.id, this, nowMs)
    pool.add(worker)
    this.admit(worker, nowMs)
    return worker
  }

  /** Takes an activation out of memory. */
  remove(activation: Activation): void {
    if (this.pool === null) {
      const { name } = activation.id
      if (this.byName.get(name) === activation) this.byName.delete(name)
      else if (this.departing?.get(name) === activation) this.departing.delete(name)
      else return
    } else if (!this.pool.remove(activation)) {
      return
    }
    this.unlink(activation)
    this.budget.count -= 1
    activation.weigh(0)
    activation.keys?.forget()
  }

  /** The one that was placed first: the next that may have to leave. */
  first(): Activation | null {
    return this.oldest
  }

  /** Puts an activation behind all others. */
  moveBack(activation: Activation, placedMs: number): void {
    this.unlink(activation)
    this.place(activation, placedMs)
  }

  /** What is called under the name of a pooled definition waits there, and it is in memory as long as the definition. */
  private poolOf(size: PoolSize): Pool {
    const front = new Activation(this.own, this, 0)
    this.byName.set(front.id.name, front)
    return new Pool(front, size)
  }

  private admit(activation: Activation, nowMs: number): void {
    this.budget.count += 1
    this.place(activation, nowMs)
  }

  private place(activation: Activation, placedMs: number): void {
    activation.placedMs = placedMs
    activation.older = this.newest
    activation.newer = null
    if (this.newest === null) this.oldest = activation
    else this.newest.newer = activation
    this.newest = activation
  }

  private unlink(activation: Activation): void {
    if (activation.older !== null) activation.older.newer = activation.newer
    else if (this.oldest === activation) this.oldest = activation.newer
    if (activation.newer !== null) activation.newer.older = activation.older
    else if (this.newest === activation) this.newest = activation.older
    activation.older = null
    activation.newer = null
  }
}

function timersOf({ actions }: Definition): DeclaredTimer[] {
  return [...actions.values()].flatMap(({ name, timerMs }) =>
    timerMs === null ? [] : [{ action: name, everyMs: timerMs }],
  )
}
