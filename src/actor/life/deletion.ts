// Removing an actor with its past. It is a turn of the actor like any other, after those that wait. An actor that does not
// start has no turns: then it is removed beside its mailbox, under the same fence.
//
// What its last turns have set in motion has left it and stays; its own timers go first, so that no tick makes it exist
// again. A crash in between leaves the actor, whose next life sets them anew.

import { SpawnError } from '../../base/index.ts'
import type { ActionDefinition, Outcome, Statestore, Turn } from '../../ports/index.ts'
import { type ActorId, addressText, jsonCodec } from '../../protocol/index.ts'
import type { Activation } from './activation.ts'
import { UNBORN } from './birth.ts'
import { answer, BuiltinAction, doesNotStart } from '../builtin.ts'
import { uncommitted } from '../committer.ts'
import type { Message } from '../message.ts'
import type { Residents } from './residents.ts'

export interface DeletionsOptions {
  readonly store: Statestore
  /** Takes the actor's timers. */
  readonly disarm: (residents: Residents, id: ActorId) => Promise<void>
  /** Puts a call into an actor's mailbox. */
  readonly enqueue: (residents: Residents, name: string, action: ActionDefinition) => Promise<unknown>
  /** Ends an activation that knows less than the store. */
  readonly drop: (activation: Activation, error: SpawnError) => void
}

export class Deletions {
  private readonly options: DeletionsOptions

  constructor(options: DeletionsOptions) {
    this.options = options
  }

  /** Resolves when it is gone. @throws SpawnError ACTOR_NOT_FOUND, STATE_CONFLICT */
  async delete(residents: Residents, name: string): Promise<void> {
    let hasBegun = false
    const run = async (turn: Turn): Promise<Outcome> => {
      hasBegun = true
      await this.within(turn as Message)
      return answer(undefined)
    }
    try {
      await this.options.enqueue(residents, name, new BuiltinAction('(delete)', run, jsonCodec, true))
    } catch (thrown) {
      if (hasBegun || !doesNotStart(thrown)) throw thrown
      await this.beside(residents, name, thrown)
    }
  }

  private async within(message: Message): Promise<void> {
    const { activation, definition, revision, self } = message
    if (definition.kind === 'pooled') throw undeletable(self)
    await activation.pending?.durable()
    const { residents } = activation
    await this.options.disarm(residents, self)
    // A snapshot may have come to its time meanwhile.
    await activation.pending?.durable()
    if (!definition.stateful) {
      await this.clear(self)
      return
    }
    if (revision === 0) {
      const text = `"${addressText(self)}" is not stored, so there is nothing to delete`
      throw new SpawnError('ACTOR_NOT_FOUND', text)
    }
    const { birth, submitted } = activation
    // A first snapshot that is still owed is forgotten with the activation.
    if (submitted === 0) return
    // A later one, too: whatever the store says now, this life ends.
    activation.snapshotOwed = false
    try {
      if ((await this.options.store.delete(self, submitted, birth)) === 'conflict') throw overtaken(self)
    } finally {
      // A turn that was given up meanwhile ends no life.
      if (message.stage !== 'running') this.dropStale(residents, self)
    }
  }

  /** Of an actor that keeps nothing: what other releases have stored of it, and the replies that are kept for its callers. */
  private async clear(id: ActorId): Promise<void> {
    const { store } = this.options
    const [latest] = await store.revisions(id, 1)
    if ((await store.delete(id, latest?.revision ?? 0, latest?.birth ?? UNBORN)) === 'conflict')
      throw overtaken(id)
  }

  private async beside(residents: Residents, name: string, why: SpawnError): Promise<void> {
    const { disarm, store } = this.options
    const id = residents.id(name)
    const [latest] = await store.revisions(id, 1)
    if (latest === undefined) throw why
    await disarm(residents, id)
    const verdict = await store.delete(id, latest.revision, latest.birth).catch((cause: unknown) => {
      throw uncommitted(`the end of "${addressText(id)}"`, cause)
    })
    if (verdict === 'conflict') throw overtaken(id)
    // One that has come to life meanwhile read what stood before.
    this.dropStale(residents, id)
  }

  private dropStale({ current }: Residents, id: ActorId): void {
    const life = current?.byName.get(id.name)
    if (life === undefined || life.submitted === 0) return
    const text = `"${addressText(id)}" was deleted meanwhile; call again`
    this.options.drop(life, new SpawnError('STATE_CONFLICT', text))
  }
}

function undeletable(id: ActorId): SpawnError {
  const text = `"${addressText(id)}" is pooled: its workers keep nothing that could be deleted`
  return new SpawnError('INVALID_ARGUMENT', text)
}

function overtaken(id: ActorId): SpawnError {
  return new SpawnError(
    'STATE_CONFLICT',
    `"${addressText(id)}" was changed by another owner; nothing was deleted, call again`,
  )
}
