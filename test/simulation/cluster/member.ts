// One member of a simulated cluster: a mesh and a small engine on a machine. Decides how it begins and ends.

import type { Random } from '../../../src/base/index.ts'
import { Mesh, type SystemCluster } from '../../../src/mesh/index.ts'
import type { Logger } from '../../../src/ports/index.ts'
import { Machine, type MachineOptions } from './machine.ts'
import { type EngineBugs, HOSTED, SmallEngine, SYSTEM } from './small-engine.ts'
import type { Truth } from './truth.ts'
import { TIMING } from './weather.ts'

/** Changes what a mesh sees of its machine. */
export type Fitted = (machine: Machine) => Pick<Machine, 'clock' | 'register' | 'wire'>

export interface MemberOptions extends MachineOptions {
  readonly name: string
  readonly seeded: Random
  readonly truth: Truth
  readonly logger: Logger
  readonly bugs: EngineBugs
  readonly fitted: Fitted | undefined
}

export class Member {
  readonly name: string
  readonly machine: Machine
  readonly mesh: Mesh
  readonly cluster: SystemCluster
  readonly engine: SmallEngine
  /** Why it could not join. */
  failure: unknown = null
  /** It takes calls. */
  isOpen = false
  /** Resolves when its process is gone: nobody waits for its answers then. */
  readonly gone = Promise.withResolvers<void>()
  readonly #truth: Truth

  constructor(options: MemberOptions) {
    const { bugs, fitted, logger, name, seeded, truth, weather } = options
    this.name = name
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
      version: '1',
      timing: TIMING,
    })
    this.cluster = this.mesh.of(SYSTEM)
    this.engine = new SmallEngine(this.cluster, this.machine, truth, { storeMs: weather.storeMs, bugs })
    this.cluster.attach(this.engine)
    truth.members.push(this.engine)
  }

  get isAlive(): boolean {
    return !this.machine.isDead
  }

  async start(): Promise<void> {
    await this.cluster.hosting([HOSTED])
    try {
      await this.mesh.start()
      this.isOpen = this.isAlive
    } catch (thrown) {
      this.failure = thrown
    }
  }

  /** kill -9. */
  crash(): void {
    this.machine.isDead = true
    this.isOpen = false
    this.gone.resolve()
    this.#truth.members.splice(this.#truth.members.indexOf(this.engine), 1)
  }

  /** An orderly end, with or without giving its actors away first. Calls still come in by its door until then. */
  async stop(drainMs: number): Promise<void> {
    if (drainMs > 0) await this.mesh.drain({ drainMs })
    this.isOpen = false
    await this.mesh.stop()
    if (this.isAlive) this.crash()
  }
}
