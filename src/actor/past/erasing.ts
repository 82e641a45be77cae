// Erasing an actor: what the engine has to do with it. Its life in memory ends after the turns that wait; messages from it
// and to it that are on their way are taken; then the store destroys its key and all that it has of it. An actor that is not
// in memory, or does not start because its key is gone already, is erased beside its mailbox.
//
// Invariant: the store is told last. From then on it finishes by itself what a crash cuts off; before that, nothing has
// begun, and asking again begins anew.

import { type Clock, isSpawnError, LIMITS, SpawnError } from '../../base/index.ts'
import {
  type ActionDefinition,
  type Box,
  BOXES,
  type Definition,
  type Erasure,
  type Erasures,
  type FactPage,
  type Logger,
  type Outcome,
  type StandingEnvelope,
  type Statestore,
  type Turn,
} from '../../ports/index.ts'
import { type ActorId, addressText, jsonCodec } from '../../protocol/index.ts'
import type { Activation } from '../life/activation.ts'
import { answer, BuiltinAction, doesNotStart } from '../builtin.ts'
import { type Correspondent, isOutbound, type Letter, letterFrom } from '../post/letter.ts'
import type { Message } from '../message.ts'
import type { OutsideLoad } from '../outside-commit.ts'
import type { Residents } from '../life/residents.ts'

/**
 * There may be millions to look through. Reading and opening so many takes about as long as a commit does, so that calls of
 * other actors, which go on between, wait little for it; more at once would not take less in all.
 */
const FACTS_AT_ONCE = 100

export interface ErasingOptions {
  readonly store: Statestore
  readonly clock: Clock
  readonly logger: Logger
  /** Throws when no calls are taken now. */
  readonly admit: () => void
  readonly enqueue: (residents: Residents, name: string, action: ActionDefinition) => Promise<unknown>
  /** Ends an activation that knows less than the store. */
  readonly drop: (activation: Activation, error: SpawnError) => void
  /** Takes the actor's timers. */
  readonly disarm: (residents: Residents, id: ActorId) => Promise<void>
  readonly commit: (load: OutsideLoad) => Promise<boolean>
  /** Keeps an envelope that is on its way from having its turn. */
  readonly supersede: (id: string) => void
  /** Facts that stood are not there any more, and are not to be shown from memory. */
  readonly factsWent: () => void
}

export class Erasing {
  private readonly options: ErasingOptions

  constructor(options: ErasingOptions) {
    this.options = options
  }

  /** Resolves when nothing of it can be read any more; again, with the same proof. */
  async erase(residents: Residents, name: string): Promise<Erasure> {
    const { admit, logger, store } = this.options
    admit()
    const { erasures } = store
    const { definition } = residents
    if (erasures === undefined)
      throw definition.erasable === true ? unencrypted(definition) : keyless(residents.id(name), definition)
    const erasure = await this.inOrder(residents, name, erasures)
    const { doneAtMs, id, keyId, messages, revision } = erasure
    const fields = { actor: id.name, parent: id.parent, key: keyId, revision, messages, doneAtMs }
    logger.info('an actor was erased', fields)
    return erasure
  }

  private async inOrder(residents: Residents, name: string, erasures: Erasures): Promise<Erasure> {
    // Bringing it to life would run its init action, for nothing.
    if (!residents.byName.has(name)) return this.beside(residents, name, erasures)
    let erasure: Erasure | null = null
    const run = async (turn: Turn): Promise<Outcome> => {
      const message = turn as Message
      const { activation, self } = message
      await activation.pending?.durable()
      erasure = await this.whole(residents, self, erasures, () => message.stage === 'running')
      return answer(undefined)
    }
    try {
      await this.options.enqueue(residents, name, new BuiltinAction('(erase)', run, jsonCodec, true))
    } catch (thrown) {
      if (erasure !== null || !doesNotStart(thrown)) throw thrown
    }
    return erasure ?? this.beside(residents, name, erasures)
  }

  private beside(residents: Residents, name: string, erasures: Erasures): Promise<Erasure> {
    return this.whole(residents, residents.id(name), erasures, () => false)
  }

  /** @param isTurn whether this is a turn of the actor, which ends its life. One that was given up meanwhile ends none. */
  private async whole(
    residents: Residents,
    id: ActorId,
    erasures: Erasures,
    isTurn: () => boolean,
  ): Promise<Erasure> {
    // Who is refused loses nothing.
    if (!(await erasures.has(id))) throw keyless(id, residents.definition)
    await this.options.disarm(residents, id)
    for (const box of BOXES) if (box !== 'fact') await this.takeMessages(id, box)
    const factsSeenTo = await this.takeFacts(id)
    // Of one that fails nobody knows how far it has come.
    let revision = Infinity
    try {
      const erasure = await erasures.erase(id, this.options.clock.now(), factsSeenTo)
      revision = erasure?.revision ?? 0
      if (erasure === null) throw keyless(id, residents.definition)
      return erasure
    } finally {
      this.options.factsWent()
      if (!isTurn()) this.dropStale(residents, id, revision)
    }
  }

  /** What is in memory, and has read what was erased. */
  private dropStale({ current }: Residents, id: ActorId, revision: number): void {
    const life = current?.byName.get(id.name)
    if (life !== undefined && life.submitted > 0 && life.submitted <= revision)
      this.options.drop(life, erasedMeanwhile(id))
  }

  /** Those from it and to it. What cannot be read is sealed with a key that is gone, and the store's to remove. */
  private async takeMessages(id: ActorId, box: Box): Promise<void> {
    const { commit, store, supersede } = this.options
    for (let after: string | null | undefined; after !== null;) {
      const page = { limit: LIMITS.pageSize, ...(after !== undefined && { after }) }
      const { envelopes, next } = await store.listEnvelopes(id.system, box, page)
      const own = envelopes.filter((envelope) => concerns(readable(envelope), id))
      for (const envelope of own) supersede(envelope.id)
      // Each by itself: one that was delivered meanwhile is gone, and no reason to leave the others.
      await Promise.all(own.map((envelope) => commit({ sends: [], takes: [envelope.id] })))
      after = next
    }
  }

  /**
   * There may be many of them: those of a page go in one commit, unless some of them have gone by themselves meanwhile.
   *
   * @returns the place up to which none is left; 0: some cannot be read, and may be the actor's.
   */
  private async takeFacts(id: ActorId): Promise<number> {
    const { commit, store } = this.options
    let seenTo = 0
    let areRead = true
    for (let isOver = false; !isOver;) {
      const { facts, isLast }: FactPage = await store.facts(id.system, seenTo, FACTS_AT_ONCE)
      const letters = facts.map((fact) => readable(fact))
      areRead &&= !letters.includes(null)
      const own = facts.filter((_fact, at) => concerns(letters[at] ?? null, id)).map((fact) => fact.id)
      if (own.length > 0 && !(await commit({ sends: [], takes: own })))
        await Promise.all(own.map((fact) => commit({ sends: [], takes: [fact] })))
      seenTo = facts.at(-1)?.place ?? seenTo
      isOver = isLast || facts.length === 0
    }
    return areRead ? seenTo : 0
  }
}

/** @throws SpawnError INVALID_ARGUMENT when actors are to have keys of their own and the store seals nothing. */
export function checkErasable(definitions: readonly Definition[], { erasures }: Statestore): void {
  const erasable = definitions.find((definition) => definition.erasable === true)
  if (erasable !== undefined && erasures === undefined) throw unencrypted(erasable)
}

function concerns(letter: Letter | null, id: ActorId): boolean {
  if (letter === null) return false
  const { from, to } = letter
  return (isOf(to, id) && !isOutbound(letter, id.system)) || (from !== null && isOf(from, id))
}

/** Null: it cannot be read. */
function readable(envelope: StandingEnvelope): Letter | null {
  try {
    // Of one that cannot be opened it throws.
    return letterFrom(envelope.id, envelope.header)
  } catch (thrown) {
    if (isSpawnError(thrown) && thrown.code === 'STATE_UNREADABLE') return null
    throw thrown
  }
}

function isOf([parent, name]: Correspondent, id: ActorId): boolean {
  return name === id.name && parent === id.parent
}

function unencrypted({ name }: Definition): SpawnError {
  const advice = 'give the store a key (SPAWN_STATESTORE_KEY, or the option `encryption`)'
  return new SpawnError(
    'INVALID_ARGUMENT',
    `"${name}" is to have keys of its actors' own, which only an encrypted store has: ${advice}`,
  )
}

function keyless(id: ActorId, { erasable, name }: Definition): SpawnError {
  const actor = addressText(id)
  if (erasable === true) {
    const text = `"${actor}" has no key of its own, and was never erased: nothing of it was stored since "${name}" is erasable`
    return new SpawnError('ACTOR_NOT_FOUND', text)
  }
  return new SpawnError(
    'INVALID_ARGUMENT',
    `"${actor}" has no key of its own that could be destroyed: its definition "${name}" is not erasable; delete it instead`,
  )
}

function erasedMeanwhile(id: ActorId): SpawnError {
  return new SpawnError('STATE_CONFLICT', `"${addressText(id)}" was erased meanwhile`)
}
