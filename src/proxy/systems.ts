// The systems that a listener serves: the one of an application, or all those of a proxy, which begin with the first
// registration that names them, or, in a cluster, with the first call when another member hosts them. It decides when there is
// a system, and from when on others may call it; what its actors are, registrations say.
//
// Invariant: the systems of a proxy share one store, which opens before the first, is pruned once for all, and closes after
// the last of them.

import { Pruning, Runtime } from '../actor/index.ts'
import { type Clock, type Limits, type Random, SpawnError } from '../base/index.ts'
import type {
  Cluster,
  Definition,
  Gateway,
  Logger,
  Statestore,
  SystemExchange,
  Tenant,
} from '../ports/index.ts'
import { SystemLinks } from './system-links.ts'

export interface Systems {
  /** The name of the one that is there without a registration. */
  readonly main: string
  /** All that are served. */
  readonly all: readonly Gateway[]
  /** Whether calls are taken. */
  readonly ready: boolean
  /** Whether there are others elsewhere, that these can call. */
  readonly meetsOthers: boolean
  /** Null: it is not served here. */
  find(name: string): Gateway | null
}

/** The system of an application. @param isLeaving whether it goes, and calls should rather be made elsewhere. */
export function oneSystem(gateway: Gateway, isLeaving: () => boolean = () => false): Systems {
  return {
    main: gateway.system,
    all: [gateway],
    meetsOthers: false,
    get ready() {
      return gateway.ready && !isLeaving()
    },
    find: (name) => (name === gateway.system ? gateway : null),
  }
}

/** @throws SpawnError ACTOR_NOT_FOUND that says which there are. */
export function systemOf(systems: Systems, name: string): Gateway {
  const gateway = systems.find(name)
  if (gateway !== null) return gateway
  const names = systems.all.map(({ system }) => system)
  const shown = names.slice(0, NAMES_SHOWN).join('", "')
  throw new SpawnError(
    'ACTOR_NOT_FOUND',
    `there is no system "${name}" here; this listener serves "${shown}"`,
    { details: { system: systems.main } },
  )
}

/** Names listed in an error, at most. */
const NAMES_SHOWN = 10

/** Systems of one proxy, at most: each takes some memory for good. */
const SYSTEMS = 1_000

/** The cluster of a proxy. */
export interface OpenCluster {
  of(system: string): Cluster & { attach(tenant: Tenant): void }
  /** Whether any member hosts something of a system. */
  hosts(system: string): boolean
}

export interface OpenSystemsOptions {
  /** The name of the one that is there without a registration. */
  readonly main: string
  readonly store: Statestore
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly limits?: Partial<Limits> | undefined
  /** The cluster of which this proxy is a member, for each of its systems; null or absent: it is alone. */
  readonly cluster?: OpenCluster | null | undefined
  /** Where they meet others; null or absent: this proxy is alone. */
  readonly exchange?: SystemExchange | null | undefined
  /** How long after a system's beginning its definitions may still come, in milliseconds. */
  readonly lateDefinitionsMs: number
}

export class OpenSystems implements Systems {
  readonly #options: OpenSystemsOptions
  readonly #byName = new Map<string, Runtime>()
  readonly #begun = new Map<Runtime, Promise<void>>()
  readonly #pruning: Pruning
  readonly #links: SystemLinks
  /** Those of which this proxy has had definitions. */
  readonly #hosted = new Set<Runtime>()
  #meets = false
  #open = false
  #isLeaving = false
  #stopped: Promise<void> | null = null

  constructor(options: OpenSystemsOptions) {
    this.#options = options
    this.#pruning = new Pruning(options)
    this.#links = new SystemLinks((system) => this.find(system), options.exchange ?? null)
  }

  get main(): string {
    return this.#options.main
  }

  get all(): readonly Runtime[] {
    return [...this.#byName.values()]
  }

  get ready(): boolean {
    return this.#open && !this.#isLeaving
  }

  get meetsOthers(): boolean {
    return this.#options.exchange !== null && this.#options.exchange !== undefined
  }

  /** One that only other members host is there, too, from its first call on: what it is asked goes to them. */
  find(name: string): Runtime | null {
    const known = this.#byName.get(name)
    if (known !== undefined) return known
    const isElsewhere = this.ready && this.#options.cluster?.hosts(name) === true
    return isElsewhere && this.#byName.size < SYSTEMS ? this.#begin(name, []) : null
  }

  /** Opens the store. */
  async start(): Promise<void> {
    await this.#options.store.start()
    this.#open = true
    this.#pruning.start()
  }

  /**
   * Changes what a system defines; it begins if it was not there.
   *
   * @throws SpawnError DRAINING; MAILBOX_FULL when there are too many systems.
   */
  async define(
    system: string,
    definitions: readonly Definition[],
    undefine: readonly string[],
  ): Promise<void> {
    this.checkOpen()
    const known = this.#byName.get(system)
    if (known === undefined) this.checkRoom(system)
    else known.define(definitions, undefine)
    const runtime = known ?? this.#begin(system, definitions)
    await this.#begun.get(runtime)
    if (definitions.length === 0 || this.#hosted.has(runtime)) return
    this.#hosted.add(runtime)
    if (this.#meets) await this.#options.exchange?.serve(runtime)
  }

  /** From now on other systems can call those that are hosted here. */
  async meet(): Promise<void> {
    this.#meets = true
    for (const runtime of this.#hosted) await this.#options.exchange?.serve(runtime)
  }

  #begin(system: string, definitions: readonly Definition[]): Runtime {
    const cluster = this.#options.cluster?.of(system)
    const runtime = new Runtime({
      ...this.#options,
      system,
      definitions,
      sharesStore: true,
      cluster,
      systems: this.#links,
    })
    if (runtime.tenant !== null) cluster?.attach(runtime.tenant)
    this.#byName.set(system, runtime)
    this.#begun.set(runtime, runtime.start())
    return runtime
  }

  /** Whether other members reach the code of a definition. */
  isReachedElsewhere(system: string, definition: string): boolean {
    return this.#options.cluster?.of(system).isReachedElsewhere(definition) === true
  }

  /** Whether hosts of a system can be reached has changed. */
  reachChanged(system: string): void {
    if (this.ready) this.#byName.get(system)?.reachChanged()
  }

  checkOpen(): void {
    if (!this.ready) throw new SpawnError('DRAINING', 'this proxy is stopping and takes no registrations')
  }

  /** Whether a system could begin that is not there. */
  checkRoom(system: string): void {
    if (this.#byName.has(system) || this.#byName.size < SYSTEMS) return
    const text = `this proxy has ${SYSTEMS} systems and begins no more; "${system}" is not one of them`
    throw new SpawnError('MAILBOX_FULL', text)
  }

  /** From now on calls should rather be made elsewhere, and no host may register; what comes is answered. */
  leave(): void {
    this.#isLeaving = true
  }

  /** All finish what they have begun, and commit; then the store closes. */
  stop(options: { readonly drainMs?: number | undefined } = {}): Promise<void> {
    this.leave()
    this.#stopped ??= this.#stop(options)
    return this.#stopped
  }

  async #stop(options: { readonly drainMs?: number | undefined }): Promise<void> {
    this.#pruning.stop()
    const ends = await Promise.allSettled(this.all.map((runtime) => runtime.stop(options)))
    await this.#options.store.stop()
    for (const end of ends) if (end.status === 'rejected') throw end.reason
  }
}
