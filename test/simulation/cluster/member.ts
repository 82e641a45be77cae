// One member of a simulated cluster: a mesh and an engine on a machine. Decides how it begins and ends.

import type { Random } from '../../../src/base/index.ts'
import { Mesh, type SystemCluster } from '../../../src/mesh/index.ts'
import type { Logger, Tenant } from '../../../src/ports/index.ts'
import { SYSTEM } from '../worlds/world.ts'
import { Machine, type MachineOptions } from './machine.ts'
import type { Judged, Truth } from './truth.ts'
import { TIMING } from './weather.ts'

/** A call to an actor, as callers of both kinds of engine make it. */
export interface Ask {
  readonly kind: 'add' | 'read' | 'pass' | 'send' | 'shout' | 'later'
  readonly actor: string
  readonly id: string
  readonly isKeyed: boolean
  readonly timeoutMs: number
}

/** What runs on a member, and is asked by its door. */
export interface Engine {
  readonly tenant: Tenant
  readonly judged: Judged
  start(): Promise<void>
  /** How many adds the actor has, or that it will be done. */
  ask(ask: Ask): Promise<number>
  stop(): Promise<void>
  /** Its process is gone. */
  crashed?(): void
  /** Nothing goes wrong any more, what it brings about itself included. */
  calm?(): void
}

export type MakeEngine = (cluster: SystemCluster, machine: Machine, options: MemberOptions) => Engine

/** Changes what a mesh sees of its machine. */
export type Fitted = (machine: Machine) => Pick<Machine, 'clock' | 'register' | 'wire'>

export interface MemberOptions extends MachineOptions {
  readonly name: string
  readonly zone: string
  readonly seeded: Random
  readonly truth: Truth
  readonly logger: Logger
  readonly engine: MakeEngine
  readonly fitted: Fitted | undefined
}

export class Member {
  readonly name: string
  readonly zone: string
  readonly machine: Machine
  readonly mesh: Mesh
  readonly cluster: SystemCluster
  readonly engine: Engine
  /** Why it could not join. */
  failure: unknown = null
  /** It takes calls. */
  isOpen = false
  /** It has been told to stop. */
  isLeaving = false
  /** Resolves when its process is gone: nobody waits for its answers then. */
  readonly gone = Promise.withResolvers<void>()
  readonly #open = new Set<Promise<unknown>>()
  readonly #truth: Truth

  constructor(options: MemberOptions) {
    const { engine, fitted, logger, name, seeded, truth, zone } = options
    this.name = name
    this.zone = zone
    this.#truth = truth
    this.machine = new Machine(options)
    const { clock, register, wire } = fitted?.(this.machine) ?? this.machine
    this.mesh = new Mesh({
      register,
      wire,
      clock,
      random: seeded,
      logger,
      id: name,
      node: name,
      zone,
      version: '1',
      timing: TIMING,
    })
    this.cluster = this.mesh.of(SYSTEM)
    this.engine = engine(this.cluster, this.machine, options)
    this.cluster.attach(this.engine.tenant)
    truth.members.push(this.engine.judged)
  }

  get isAlive(): boolean {
    return !this.machine.isDead
  }

  async start(): Promise<void> {
    try {
      await this.engine.start()
      await this.mesh.start()
      this.isOpen = this.isAlive
    } catch (thrown) {
      this.failure = thrown
    }
  }

  /** A call by its door. */
  ask(ask: Ask): Promise<number> {
    return this.letIn(this.engine.ask(ask))
  }

  /** Something that was asked by its door: it is answered before the member leaves. */
  letIn<T>(answer: Promise<T>): Promise<T> {
    const over: Promise<unknown> = answer.catch(() => {}).then(() => this.#open.delete(over))
    this.#open.add(over)
    return answer
  }

  /** kill -9. */
  crash(): void {
    this.machine.isDead = true
    this.isOpen = false
    this.gone.resolve()
    this.engine.crashed?.()
    this.#truth.members.splice(this.#truth.members.indexOf(this.engine.judged), 1)
  }

  /** An orderly end, with or without giving its actors away first. Calls still come in by its door until then. */
  async stop(drainMs: number): Promise<void> {
    this.isLeaving = true
    if (drainMs > 0) await this.mesh.drain({ drainMs })
    this.isOpen = false
    // Who has been let in is answered.
    await Promise.race([Promise.all(this.#open), this.gone.promise])
    await Promise.race([this.engine.stop(), this.gone.promise])
    await this.mesh.stop()
    if (this.isAlive) this.crash()
  }
}
