// The timers of actors: when one is set for the first time, and what a turn that changes one sends. A timer is an envelope
// under an id that follows from its actor and action, so there is one of each. Every tick is sent by the commit that takes
// the one before: ticks never overlap, and none is lost or doubled by a crash.

import { type Clock, messageOf, SpawnError } from '../../base/index.ts'
import type { Logger, StandingEnvelope, Statestore } from '../../ports/index.ts'
import type { ActorId } from '../../protocol/index.ts'
import { letterFrom } from './letter.ts'
import type { Message } from '../message.ts'
import type { OutsideLoad } from '../outside-commit.ts'
import { Parcel } from './parcel.ts'
import { correspondent } from './postmark.ts'
import type { Residents } from '../life/residents.ts'
import { NEVER_MS } from './rhythm.ts'

export interface TimersOptions {
  readonly system: string
  readonly store: Statestore
  readonly clock: Clock
  readonly logger: Logger
  readonly commit: (load: OutsideLoad) => Promise<boolean>
  /** Whether the timers of an actor are this member's to set. */
  readonly cares: (residents: Residents, id: ActorId) => boolean
  /** Another envelope is about to stand under an id. */
  readonly supersede: (id: string) => void
}

/** When to try again to set timers, in milliseconds. */
const RETRY_MS = 1_000
/** The clocks of members do not differ by more. */
const APART_MS = 60_000

export class Timers {
  private readonly options: TimersOptions
  /** Timers that are about to be set, and that no turn has changed meanwhile. */
  private readonly arming = new Set<string>()
  /** Settings under way: an actor is not let go of before its own is known to be done or lost. */
  private readonly settings = new Set<Promise<void>>()
  private stopped = false

  constructor(options: TimersOptions) {
    this.options = options
  }

  /** Sets the timers that an actor's definition declares, unless they run already, or were stopped. */
  arm(residents: Residents, id: ActorId): void {
    if (residents.timers.length > 0) this.begin(residents, id)
  }

  /** Resolves when no setting is under way that has begun by now. */
  async settled(): Promise<void> {
    await Promise.all(this.settings)
  }

  /** The envelope by which a turn changes a timer of its actor. */
  changed(message: Message, action: string, everyMs: number | null): Parcel {
    const { activation, label, self } = message
    const timer = activation.residents.timers.find((one) => one.action === action)
    if (timer === undefined) {
      throw new SpawnError(
        'INVALID_ARGUMENT',
        `${label} changes the timer "${action}", which its definition has not`,
      )
    }
    if (everyMs !== null && !(Number.isSafeInteger(everyMs) && everyMs > 0)) {
      const text = `${label} sets the timer "${action}" to ${everyMs}; a period is a whole number of milliseconds from 1`
      throw new SpawnError('INVALID_ARGUMENT', text)
    }
    const parcel = this.tick(self, action, everyMs, timer.everyMs)
    // Of the tick that this turn is of, the turn itself decides: if it fails, it is left out like any that failed.
    if (message.parcel?.id !== parcel.id) this.options.supersede(parcel.id)
    this.arming.delete(parcel.id)
    return parcel
  }

  /**
   * Takes the timers of an instance that is about to be deleted, so that no tick makes it exist again. Within the turn that
   * deletes it: its next life sets them anew, and so does this actor's if it is not deleted after all. Those of a named
   * actor stay: they belong to its definition.
   */
  async disarm(residents: Residents, id: ActorId): Promise<void> {
    if (id.parent === '') return
    const { commit, supersede } = this.options
    const taken = residents.timers.map(({ action }) => {
      const timer = timerId(id, action)
      this.arming.delete(timer)
      supersede(timer)
      return commit({ sends: [], takes: [timer] })
    })
    await Promise.all(taken)
  }

  stop(): void {
    this.stopped = true
  }

  private begin(residents: Residents, id: ActorId): void {
    const setting = this.set(residents, id).finally(() => this.settings.delete(setting))
    this.settings.add(setting)
  }

  private async set(residents: Residents, id: ActorId): Promise<void> {
    // An instance that has left memory has them set when it comes back, if it does. A definition that was replaced has none.
    if (this.stopped || residents.isReplaced || (id.parent !== '' && !residents.byName.has(id.name))) return
    // Where an actor moved, they are set there.
    if (!this.options.cares(residents, id)) return
    const { clock, commit, logger, store, supersede, system } = this.options
    const ids = residents.timers.map(({ action }) => timerId(id, action))
    const pending = residents.byName.get(id.name)?.pending ?? null
    // What is on its way into the store would not be seen there.
    if (ids.some((timer) => this.arming.has(timer) || pending?.isAboutToSend(timer) === true)) {
      this.setLater(residents, id)
      return
    }
    for (const timer of ids) this.arming.add(timer)
    try {
      const standing = await store.envelopes(system, ids)
      // What a turn has changed since then counts more; should that turn be lost, it is set later.
      if (ids.some((timer) => !this.arming.has(timer))) {
        this.setLater(residents, id)
        return
      }
      if (!this.options.cares(residents, id)) return
      const sends = residents.timers
        .filter(({ everyMs }, at) => !isSet(standing[at] ?? null, everyMs, clock.now()))
        .map(({ action, everyMs }) => this.tick(id, action, everyMs, everyMs))
      for (const { id: envelope } of sends) supersede(envelope)
      if (sends.length > 0) await commit({ sends, takes: [] })
    } catch (thrown) {
      logger.warn('timers could not be set', { actor: id.name, parent: id.parent, error: messageOf(thrown) })
      this.setLater(residents, id)
    } finally {
      for (const timer of ids) this.arming.delete(timer)
    }
  }

  private setLater(residents: Residents, id: ActorId): void {
    this.options.clock.after(RETRY_MS, () => this.begin(residents, id), { background: true })
  }

  private tick(id: ActorId, action: string, everyMs: number | null, declaredMs: number): Parcel {
    const nowMs = this.options.clock.now()
    const dueAtMs = everyMs === null ? NEVER_MS : nowMs + everyMs
    const self = correspondent(id)
    return new Parcel(timerId(id, action), 'timer', dueAtMs, null, {
      kind: 'timer',
      from: self,
      to: self,
      action,
      createdAtMs: nowMs,
      rhythm: { everyMs: everyMs ?? declaredMs, declaredMs },
    })
  }
}

/** Whether a timer needs no setting: it stands, for the period that is declared now, and was not set by a clock far ahead. */
function isSet(standing: StandingEnvelope | null, declaredMs: number, nowMs: number): boolean {
  if (standing === null) return false
  const { dueAtMs, header, id } = standing
  const { rhythm } = letterFrom(id, header)
  if (rhythm === undefined || !('declaredMs' in rhythm) || rhythm.declaredMs !== declaredMs) return false
  return dueAtMs === NEVER_MS || dueAtMs <= nowMs + rhythm.everyMs + APART_MS
}

function timerId({ name, parent }: ActorId, action: string): string {
  return `timer ${JSON.stringify([parent, name, action])}`
}
