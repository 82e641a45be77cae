// What can be done with an actor beside calling it: made to exist, shown, deleted, erased, restored. Each is done where the
// actor lives; this decides whether that is here, and how what an operation says goes from member to member.

import { type Clock, SpawnError } from '../base/index.ts'
import type {
  Erasure,
  HostedDefinition,
  Inspection,
  Logger,
  RemoteCall,
  Restored,
  RestoreOptions,
  RevisionQuery,
  SpawnOptions,
  Statestore,
} from '../ports/index.ts'
import { Json } from '../protocol/index.ts'
import { inspectAction, spawnAction } from './builtin.ts'
import type { Calls } from './calls.ts'
import type { Catalog } from './catalog.ts'
import { Deletions, type DeletionsOptions } from './life/deletion.ts'
import type { Engine } from './engine.ts'
import { Erasing } from './past/erasing.ts'
import { checkKeeps, checkQuery, checkRevision } from './past/past.ts'
import { notHere, type RemoteCalls } from './away/remote-calls.ts'
import { Residents } from './life/residents.ts'
import { Restores, type RestoresOptions } from './past/restore.ts'

export interface OperationsOptions {
  readonly engine: Engine
  readonly calls: Calls
  readonly store: Statestore
  readonly clock: Clock
  readonly logger: Logger
  /** Whose epoch commits bear. */
  readonly member: { readonly epoch: number }
  /** Throws when no calls are taken now. */
  readonly admit: () => void
}

type Operation = Exclude<RemoteCall['operation'], 'call'>
type Which = Pick<RemoteCall, 'revision' | 'follows'>

const LATEST: Which = { revision: null, follows: null }

/** What an inspection is on its way: its state as JSON alone. */
type InspectionJson = Omit<Inspection, 'state'>

export class Operations {
  private readonly admit: () => void
  private readonly calls: Calls
  private readonly catalog: Catalog
  private readonly deletions: Deletions
  private readonly erasing: Erasing
  private readonly restores: Restores
  /** Null: all actors live here. */
  private readonly remote: RemoteCalls | null

  constructor({ calls, engine, ...options }: OperationsOptions) {
    const { activations, committer, membership, post } = engine
    const lives: Pick<RestoresOptions, 'enqueue' | 'drop'> = {
      enqueue: (residents, actor, action) => calls.enqueue(residents, actor, action, {}, null),
      drop: (activation, error) => activations.drop(activation, error),
    }
    const disarm: DeletionsOptions['disarm'] = (residents, id) => post.timers.disarm(residents, id)
    this.admit = options.admit
    this.calls = calls
    this.catalog = engine.catalog
    this.remote = membership === null ? null : membership.remote
    this.deletions = new Deletions({ ...options, ...lives, disarm })
    this.erasing = new Erasing({
      ...options,
      ...lives,
      disarm,
      commit: (load) => committer.outside(load),
      supersede: (id) => post.courier.supersede(id),
      factsWent: () => post.news.went(),
    })
    this.restores = new Restores({ ...options, ...lives, postmark: post.postmark })
  }

  async spawn(name: string, { ref, revision }: SpawnOptions): Promise<void> {
    if (revision !== undefined) {
      checkRevision(revision)
      await this.operate('restore', this.spawned(name, ref), name, { revision: { revision }, follows: null })
    } else await this.operate('spawn', this.spawned(name, ref), name, LATEST)
  }

  async inspect(name: string, ref: string | undefined): Promise<Inspection> {
    const target = await this.target(name, ref)
    // Made by `inspectHere`, on this member or another.
    const shown = (await this.operate('inspect', target, name, LATEST)) as Inspection | InspectionJson
    return 'state' in shown ? shown : { ...shown, state: liveState(target, shown.stateJson) }
  }

  async delete(name: string, ref: string | undefined): Promise<void> {
    await this.operate('delete', await this.target(name, ref), name, LATEST)
  }

  async erase(name: string, ref: string | undefined): Promise<Erasure> {
    return (await this.operate('erase', await this.target(name, ref), name, LATEST)) as Erasure
  }

  async restore(
    name: string,
    query: RevisionQuery,
    { follows, ref }: RestoreOptions = {},
  ): Promise<Restored> {
    checkQuery(query)
    if (follows !== undefined) checkRevision(follows)
    this.admit()
    // Without waiting where that can be: a restore stands in the mailbox in the order in which it was asked for.
    const { catalog } = this
    const target = catalog.find(name, ref) ?? (await catalog.locate(name, ref))
    return (await this.operate('restore', target, name, {
      revision: query,
      follows: follows ?? null,
    })) as Restored
  }

  /** One that another member asks for. @returns what it says, as JSON; null: nothing. */
  async arrived(
    residents: Residents,
    { follows, name, operation, revision }: RemoteCall,
  ): Promise<string | null> {
    if (operation === 'call') throw new SpawnError('DEFECT', 'a call is no operation')
    if (!this.calls.isHere(residents, name)) throw notHere(residents.id(name))
    if (operation === 'inspect') {
      // What is shown of the state to programs of this process has no place on the way.
      const { state: _state, ...shown } = await this.inspectHere(residents, name)
      return JSON.stringify(shown satisfies InspectionJson)
    }
    const said = await this.here(operation, residents, name, { revision, follows })
    return said === undefined ? null : JSON.stringify(said)
  }

  private async operate(
    operation: Operation,
    target: Residents | HostedDefinition,
    name: string,
    which: Which,
  ): Promise<unknown> {
    const { admit, calls, catalog, remote } = this
    if (target instanceof Residents && (remote === null || calls.isHere(target, name))) {
      try {
        return await this.here(operation, target, name, which)
      } catch (thrown) {
        // It moved while the operation waited for its turn.
        if (remote === null || !(thrown instanceof SpawnError) || thrown.code !== 'NOT_OWNER') throw thrown
      }
    }
    admit()
    const { name: definition, kind } = target instanceof Residents ? target.definition : target
    const id = catalog.idOf({ name: definition, kind }, name)
    if (remote === null) throw notHere(id)
    return remote.operate(operation, definition, id, which)
  }

  private here(operation: Operation, residents: Residents, name: string, which: Which): Promise<unknown> {
    const { calls, deletions, erasing } = this
    switch (operation) {
      case 'spawn':
        return calls.enqueue(residents, name, spawnAction, {}, null)
      case 'inspect':
        return this.inspectHere(residents, name)
      case 'delete':
        return deletions.delete(residents, name)
      case 'erase':
        return erasing.erase(residents, name)
      default:
        return this.restoreHere(residents, name, which)
    }
  }

  private async inspectHere(residents: Residents, name: string): Promise<Inspection> {
    const { admit, calls } = this
    if (residents.pool === null) {
      // The built-in action answers with nothing else.
      return (await calls.enqueue(residents, name, inspectAction, {}, null)) as Inspection
    }
    admit()
    return residents.pool.inspect()
  }

  private restoreHere(residents: Residents, name: string, { follows, revision }: Which): Promise<Restored> {
    if (revision === null) throw new SpawnError('INVALID_ARGUMENT', 'a restore names a revision or a time')
    checkKeeps(residents.definition, residents.id(name))
    return this.restores.restore(residents, name, revision, follows ?? undefined)
  }

  private spawned(name: string, ref: string | undefined): Residents | HostedDefinition {
    const { catalog } = this
    const found = catalog.find(name, ref) ?? catalog.elsewhere(name, ref)
    if (found !== null) return found
    const advice = 'to make an instance of an unnamed definition, say of which with ref'
    throw new SpawnError('ACTOR_NOT_FOUND', `there is no named actor "${name}" to spawn; ${advice}`)
  }

  private async target(name: string, ref: string | undefined): Promise<Residents | HostedDefinition> {
    const { catalog } = this
    return catalog.find(name, ref) ?? catalog.locate(name, ref)
  }
}

function liveState(target: Residents | HostedDefinition, json: unknown): unknown {
  const codec = target instanceof Residents ? target.definition.state?.codec : undefined
  return json === undefined || codec === undefined ? json : codec.accept(new Json(json))
}
