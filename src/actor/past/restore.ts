// Making a revision of the past the newest again. It is a turn of the actor like any other: in order with those before and
// after it, with a commit of its own, and what is in memory follows. An actor that does not start (its state cannot be read,
// its init action fails) has no turns: then the commit is made beside it, under the same fence, and its next life finds it.
//
// Invariant: what stands is followed and never written over: whoever committed in between makes it a conflict.

import { type Clock, SpawnError } from '../../base/index.ts'
import type {
  ActionDefinition,
  Commit,
  Definition,
  Logger,
  Outcome,
  Restored,
  RestoreOptions,
  RevisionQuery,
  Statestore,
  StoredActor,
  Turn,
  Verdict,
} from '../../ports/index.ts'
import { type ActorId, addressText } from '../../protocol/index.ts'
import type { Activation } from '../life/activation.ts'
import { BuiltinAction, doesNotStart } from '../builtin.ts'
import { uncommitted } from '../committer.ts'
import { decodeState } from '../life/loader.ts'
import type { Message } from '../message.ts'
import { notKept, notStored, unreadableRevision } from './past-faults.ts'
import type { Postmark } from '../post/postmark.ts'
import type { Residents } from '../life/residents.ts'

export interface RestoresOptions {
  readonly store: Statestore
  readonly clock: Clock
  readonly logger: Logger
  /** Whose epoch commits bear. */
  readonly member: { readonly epoch: number }
  /** Puts a call into an actor's mailbox. */
  readonly enqueue: (residents: Residents, name: string, action: ActionDefinition) => Promise<unknown>
  /** Ends an activation that knows less than the store. */
  readonly drop: (activation: Activation, error: SpawnError) => void
  readonly postmark: Postmark
}

const RESTORE = '(restore)'

type Follows = RestoreOptions['follows']

export class Restores {
  private readonly options: RestoresOptions

  constructor(options: RestoresOptions) {
    this.options = options
  }

  /** Resolves when it is durable. */
  async restore(
    residents: Residents,
    name: string,
    query: RevisionQuery,
    follows?: Follows,
  ): Promise<Restored> {
    const turn = new RestoreTurn(this.options, query, follows)
    try {
      await this.options.enqueue(residents, name, turn.action)
    } catch (thrown) {
      if (turn.hasBegun || !doesNotStart(thrown)) throw thrown
      turn.restored = await this.beside(residents, name, query, follows, thrown)
    }
    const { restored } = turn
    // A turn that succeeded has said what it did.
    if (restored === null) throw new SpawnError('DEFECT', `the restore of "${name}" says nothing of itself`)
    if (restored.revision !== restored.from) this.note(restored)
    return restored
  }

  private async beside(
    residents: Residents,
    name: string,
    query: RevisionQuery,
    follows: Follows,
    why: SpawnError,
  ): Promise<Restored> {
    const { definition } = residents
    const { clock, drop, member, postmark, store } = this.options
    const id = residents.id(name)
    const [latest] = await store.revisions(id, 1)
    if (latest === undefined) throw notStored(id)
    checkFollows(id, latest.revision, follows)
    const { stored } = await readable(store, definition, id, query)
    const { state, tags } = stored
    // It stands already, and it is what does not start.
    if (stored.revision === latest.revision) throw why
    const revision = latest.revision + 1
    const { facts } = definition
    const fact = { id, action: RESTORE, revision, state, metadata: undefined }
    const commit: Commit = {
      id,
      follows: latest.revision,
      revision,
      birth: latest.birth,
      epoch: member.epoch,
      tags,
      state,
      committedAtMs: clock.now(),
      history: definition.history,
      hasOwnKey: definition.erasable === true,
      outcomes: [],
      sends: facts === undefined ? [] : [postmark.fact(fact, facts)],
      takes: [],
    }
    if ((await verdictOf(store, commit)) !== 'committed') throw overtaken(id, latest.revision)
    // One that has come to life meanwhile read what stood before.
    const life = residents.current?.byName.get(name)
    if (life !== undefined && life.submitted !== revision) drop(life, restoredMeanwhile(id, revision))
    return { id, from: stored.revision, revision }
  }

  private note({ from, id, revision }: Restored): void {
    const { name, parent } = id
    this.options.logger.info('an actor was restored', { actor: name, parent, revision, from })
  }
}

/** One restore as a turn. */
class RestoreTurn {
  readonly action = new BuiltinAction(RESTORE, (turn) => this.run(turn))
  hasBegun = false
  /** Null: not yet. */
  restored: Restored | null = null
  private readonly options: Pick<RestoresOptions, 'store' | 'drop'>
  private readonly query: RevisionQuery
  private readonly follows: Follows

  constructor(options: Pick<RestoresOptions, 'store' | 'drop'>, query: RevisionQuery, follows: Follows) {
    this.options = options
    this.query = query
    this.follows = follows
  }

  private async run(turn: Turn): Promise<Outcome> {
    this.hasBegun = true
    const { store } = this.options
    const { activation } = turn as Message
    const { id, residents } = activation
    // The past is in the store, and what came before in order is part of it.
    await activation.pending?.durable()
    await this.checkOwner(activation)
    checkFollows(id, activation.revision, this.follows)
    const { state, stored } = await readable(store, residents.definition, id, this.query)
    const { revision: from, tags } = stored
    const stands = from === activation.revision
    this.restored = { id, from, revision: stands ? from : activation.revision + 1 }
    if (stands) return { ...NOTHING, changed: false, state: undefined, tags: null }
    return { ...NOTHING, changed: true, state, tags, checkpoint: true }
  }

  /** An activation that another owner has overtaken must not say what stands. It has served its time. */
  private async checkOwner(activation: Activation): Promise<void> {
    const { birth, id, submitted } = activation
    const [latest] = await this.options.store.revisions(id, 1)
    const stands = latest ?? NOTHING_STANDS
    if (stands.revision === submitted && (submitted === 0 || stands.birth === birth)) return
    const error = overtaken(id, submitted)
    this.options.drop(activation, error)
    throw error
  }
}

const NOTHING_STANDS = { revision: 0, birth: 0 }
const NOTHING = { response: undefined, checkpoint: false, workflow: null }

/** The revision that is asked for, with its state. */
async function readable(
  store: Statestore,
  definition: Definition,
  id: ActorId,
  query: RevisionQuery,
): Promise<{ readonly stored: StoredActor; readonly state: unknown }> {
  const stored = await store.loadRevision(id, query)
  if (stored === null) {
    const [latest] = await store.revisions(id, 1)
    throw latest === undefined ? notStored(id) : notKept(id, query, definition.history)
  }
  try {
    return { stored, state: decodeState(definition, stored) }
  } catch (cause) {
    throw unreadableRevision(id, stored.revision, cause)
  }
}

async function verdictOf(store: Statestore, commit: Commit): Promise<Verdict | undefined> {
  try {
    return (await store.commit([commit]))[0]
  } catch (cause) {
    throw uncommitted(`"${addressText(commit.id)}"`, cause)
  }
}

function checkFollows(id: ActorId, stands: number, follows: Follows): void {
  if (follows === undefined || follows === stands) return
  throw new SpawnError(
    'STATE_CONFLICT',
    `"${addressText(id)}" stands at revision ${stands}, not at ${follows}: nothing was restored, look at it again`,
    { details: { follows, stands }, retryable: false },
  )
}

function overtaken(id: ActorId, follows: number): SpawnError {
  return new SpawnError(
    'STATE_CONFLICT',
    `"${addressText(id)}" was changed since revision ${follows}; nothing was restored, call again`,
    { details: { follows } },
  )
}

function restoredMeanwhile(id: ActorId, revision: number): SpawnError {
  const text = `"${addressText(id)}" was restored meanwhile and stands at revision ${revision}; call again`
  return new SpawnError('STATE_CONFLICT', text, { details: { revision } })
}
