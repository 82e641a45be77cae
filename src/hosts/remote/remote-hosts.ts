// All host processes that have registered, and what each has: the book of registrations. It decides what a registration
// changes in its system; how a turn reaches a host is remote-host.ts's.
//
// Invariant: a registration is taken whole or refused whole, and what a process registers replaces what it had registered in
// that system. A definition is served as long as one process has it.

import { type Clock, messageOf, type Random, SpawnError } from '../../base/index.ts'
import type { Definition, Logger } from '../../ports/index.ts'
import { type ActorId, checkName } from '../../protocol/index.ts'
import { type RegistrationRequest, wireActorBytes, type WireActor } from '../../protocol/protobuf/index.ts'
import { checkAddress, type HostAddress, hostText } from './host-address.ts'
import { HostProcess } from './host-process.ts'
import { RemoteHost, type Running } from './remote-host.ts'
import { REMOTE_DEFAULTS, type RemoteSettings } from './settings.ts'
import { WaitingRoom } from './waiting-room.ts'
import { definitionOf } from './wire-definition.ts'

export interface RemoteHostsOptions {
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly settings?: Partial<RemoteSettings> | undefined
  /** Whether other members of the cluster reach the code of a definition. */
  readonly isElsewhere?: ((system: string, definition: string) => boolean) | undefined
  /** Whether definitions of a system can be reached may have changed. */
  readonly onReach?: ((system: string) => void) | undefined
}

/** What the runtime of a system is to do now. */
export interface Registered {
  readonly system: string
  /** In the place of those of the same names. One that has not changed is the same object as it was. */
  readonly define: readonly Definition[]
  readonly undefine: readonly string[]
}

/** A host process, for those who watch. */
export interface HostView {
  readonly host: string
  readonly port: number
  readonly live: boolean
  /** Since when it is down, epoch milliseconds; null: it is there. */
  readonly downSinceMs: number | null
  /** Actions that run on it, and that wait for it. */
  readonly running: number
  readonly waiting: number
  /** How many requests ended in which way: with a reply, unsent, lost after they were sent, or with what is no HTTP. */
  readonly ends: Readonly<Record<'reply' | 'unsent' | 'lost' | 'garbled', number>>
  /** How many definitions it has, in each system. */
  readonly definitions: Readonly<Record<string, number>>
}

/** After so long a host that is down may be forgotten, in milliseconds: an hour. */
const FORGET_AFTER_MS = 3_600_000

/** A definition that some process has. */
interface Entry {
  readonly name: string
  readonly remote: RemoteHost
  /** As it was registered last. */
  readonly bytes: Uint8Array
  readonly definition: Definition
}

export class RemoteHosts {
  private readonly clock: Clock
  private readonly random: Random
  private readonly logger: Logger
  private readonly settings: RemoteSettings
  private readonly room: WaitingRoom
  private readonly onReach: (system: string) => void
  private readonly isElsewhere: (system: string, definition: string) => boolean
  private readonly running = new Map<ActorId, Running>()
  private readonly processes = new Map<string, HostProcess>()
  /** Those that have no definition any more, while actions run on them. */
  private readonly retiring = new Set<HostProcess>()
  /** By system, by definition. */
  private readonly entries = new Map<string, Map<string, Entry>>()

  constructor(options: RemoteHostsOptions) {
    const { clock, isElsewhere = () => false, logger, onReach = () => {}, random, settings } = options
    this.isElsewhere = isElsewhere
    this.onReach = onReach
    this.clock = clock
    this.random = random
    this.logger = logger
    this.settings = { ...REMOTE_DEFAULTS, ...settings }
    this.room = new WaitingRoom(clock, this.settings.queuePerHost)
  }

  /** How many calls wait until any host is there. */
  get waiting(): number {
    return this.room.waiting
  }

  get hosts(): readonly HostView[] {
    return [...this.processes.values()].map((process) => this.viewOf(process))
  }

  /**
   * Takes what a process registers in a system, in the place of what it had registered there.
   *
   * @throws SpawnError INVALID_ARGUMENT that names the actor and the field; then nothing has changed.
   */
  register(address: HostAddress, request: RegistrationRequest): Registered {
    const system = request.actorSystem?.name ?? ''
    checkName('system', system)
    checkAddress(address)
    const entries = this.entries.get(system) ?? new Map<string, Entry>()
    const given = this.entriesOf(system, entries, request)
    const process = this.processOf(address)
    this.entries.set(system, entries)
    for (const [name, entry] of given) {
      entries.set(name, entry)
      if (!entry.remote.processes.includes(process)) entry.remote.processes.push(process)
    }
    const gone = withdraw(entries, process, given)
    process.revive()
    // There is a host, or there will be none.
    for (const { remote } of [...given.values(), ...gone]) this.room.wake(remote)
    if (given.size === 0) this.retireUnused(process)
    this.logger.info('a host has registered', {
      host: hostText(address),
      system,
      definitions: given.size,
      service: request.serviceInfo?.serviceName,
      library: request.serviceInfo?.supportLibraryName,
    })
    return {
      system,
      define: [...given.values()].map(({ definition }) => definition),
      undefine: gone.map(({ name }) => name),
    }
  }

  /** Calls that run on a host, or wait for one, fail. */
  async stop(): Promise<void> {
    const error = new SpawnError('DRAINING', 'the connections to the hosts are closed')
    this.room.stop(error)
    const processes = [...this.processes.values(), ...this.retiring]
    await Promise.all(processes.map((process) => process.stop(error)))
  }

  private entriesOf(
    system: string,
    before: ReadonlyMap<string, Entry>,
    request: RegistrationRequest,
  ): Map<string, Entry> {
    const given = new Map<string, Entry>()
    for (const [key, actor] of Object.entries(request.actorSystem?.registry?.actors ?? {})) {
      const own = actor.id?.name ?? ''
      const name = own === '' ? key : own
      if (given.has(name)) {
        const problem = 'two actors have this name'
        throw new SpawnError('INVALID_ARGUMENT', `the registration of "${name}" is refused: ${problem}`)
      }
      given.set(name, this.entryOf(system, before.get(name), name, actor))
    }
    return given
  }

  private entryOf(system: string, before: Entry | undefined, name: string, actor: WireActor): Entry {
    const bytes = wireActorBytes(actor)
    if (before !== undefined && Buffer.compare(before.bytes, bytes) === 0) return before
    const { room, running, settings } = this
    const isElsewhere = (): boolean => this.isElsewhere(system, name)
    const remote =
      before?.remote ?? new RemoteHost({ definition: name, settings, room, running, isElsewhere })
    return { name, remote, bytes, definition: definitionOf(name, actor, remote, settings) }
  }

  private processOf(address: HostAddress): HostProcess {
    const key = hostText(address)
    const known = this.processes.get(key)
    if (known !== undefined) return known
    const { clock, random, settings } = this
    const onChange = (process: HostProcess, cause: unknown): void => this.changed(process, cause)
    const onMissed = (process: HostProcess): void => this.missed(process)
    const process = new HostProcess({ address, clock, random, settings, onChange, onMissed })
    this.processes.set(key, process)
    return process
  }

  private changed(process: HostProcess, cause: unknown): void {
    const { host } = process
    if (process.live) {
      this.logger.info('a host is reachable again', { host })
      for (const remote of this.remotesOf(process)) this.room.wake(remote)
    } else {
      this.logger.warn('a host is not reachable', { host, error: messageOf(cause) })
    }
    for (const [system, entries] of this.entries) {
      if (entries.values().some(({ remote }) => remote.processes.includes(process))) this.onReach(system)
    }
  }

  /** One that does not come back is forgotten when others have all that it has; else its actors wait for it. */
  private missed(process: HostProcess): void {
    const { downSinceMs } = process
    if (downSinceMs === null || this.clock.now() - downSinceMs < FORGET_AFTER_MS) return
    const remotes = [...this.remotesOf(process)]
    if (remotes.some(({ processes }) => !processes.some(({ live }) => live))) return
    for (const { processes } of remotes) processes.splice(processes.indexOf(process), 1)
    this.logger.warn('a host is forgotten: it did not come back, and others have its actors', {
      host: process.host,
    })
    this.retireUnused(process)
  }

  private retireUnused(process: HostProcess): void {
    if (!this.remotesOf(process).next().done) return
    this.processes.delete(process.host)
    this.retiring.add(process)
    void process.retire().then(() => this.retiring.delete(process))
  }

  private *remotesOf(process: HostProcess): Generator<RemoteHost, void> {
    for (const entries of this.entries.values()) {
      for (const { remote } of entries.values()) if (remote.processes.includes(process)) yield remote
    }
  }

  private viewOf(process: HostProcess): HostView {
    const { address, downSinceMs, ends, live, running, waiting } = process
    const definitions: Record<string, number> = {}
    for (const [system, entries] of this.entries) {
      const count = [...entries.values()].filter(({ remote }) => remote.processes.includes(process)).length
      if (count > 0) definitions[system] = count
    }
    return { ...address, live, downSinceMs, running, waiting, ends: { ...ends }, definitions }
  }
}

/** Takes a process off the definitions that it has no more. @returns those that no process has. */
function withdraw(
  entries: Map<string, Entry>,
  process: HostProcess,
  kept: ReadonlyMap<string, Entry>,
): readonly Entry[] {
  const gone: Entry[] = []
  for (const entry of entries.values()) {
    const { processes } = entry.remote
    const at = processes.indexOf(process)
    if (at === -1 || kept.has(entry.name)) continue
    processes.splice(at, 1)
    if (processes.length === 0) gone.push(entry)
  }
  for (const { name } of gone) entries.delete(name)
  return gone
}
