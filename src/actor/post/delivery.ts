// What a failed delivery means: another attempt later, a dead letter, the next time of something that comes again, or an
// error that is told to who waits for it. Each of these is one commit that takes the envelope and sends what follows, so
// a crash leaves the one or the other.
//
// Invariant: a delivery of unknown outcome is not repeated before the store has said that its envelope still stands.

import {
  type Clock,
  isSpawnError,
  type Limits,
  messageOf,
  type Random,
  SpawnError,
} from '../../base/index.ts'
import type { Kind, Logger, Statestore } from '../../ports/index.ts'
import type { OutsideLoad } from '../outside-commit.ts'
import { failureIn, type Letter, pathOf } from './letter.ts'
import type { Parcel } from './parcel.ts'
import type { Postmark } from './postmark.ts'
import { nextDueMs } from './rhythm.ts'

export interface DeliveryOptions {
  readonly system: string
  readonly store: Statestore
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly limits: Limits
  readonly postmark: Postmark
  /** How long after the start definitions may still come, in milliseconds: what is for one of them waits so long. */
  readonly lateDefinitionsMs: number
  /** What kind of definition a name is of; undefined: it is of none that is known. */
  readonly kindOf: (definition: string) => Kind | undefined
  /** @returns false when one of the envelopes does not stand. Rejects when the outcome is unknown. */
  readonly commit: (load: OutsideLoad) => Promise<boolean>
}

/** How long after a change of the view a member may come, or come back, that hosts what nobody does, in milliseconds. */
const LATE_MEMBER_MS = 300_000
/** Hops at each end of a long way that an error names. */
const SHOWN_HOPS = 4
/** How often a delivery is tried whose definition may still come, in milliseconds. */
const LATE_DEFINITION_MS = 1_000

export class Delivery {
  private readonly options: DeliveryOptions
  /** From when on all definitions are there, as the newest release has them. */
  private completeAtMs: number

  constructor(options: DeliveryOptions) {
    this.options = options
    this.completeAtMs = options.clock.now() + options.lateDefinitionsMs
  }

  /** The view has changed: who hosted a definition may have left, to be started again. */
  placed(): void {
    this.completeAtMs = Math.max(this.completeAtMs, this.options.clock.now() + LATE_MEMBER_MS)
  }

  /**
   * Deals with a delivery that failed.
   *
   * @returns what to hand over again, now or when it is due; null: nothing, it is gone.
   * @throws SpawnError when the store does not answer: then it is to be asked again.
   */
  async settle(parcel: Parcel, error: SpawnError): Promise<Parcel | null> {
    if (parcel.superseded) return null
    const again = parcel.taken && !(await this.stands(parcel)) ? null : await this.decide(parcel, error)
    // Who waits for the answer of a turn that was committed, and whose answer is lost, is told so.
    if (again === null) parcel.asker?.fail(atHop(parcel, error))
    return again
  }

  /** Takes an envelope away whose turn had nothing to commit. */
  remove(parcel: Parcel): void {
    this.take(parcel, []).catch((thrown: unknown) => {
      const error = messageOf(thrown)
      this.options.logger.warn('an envelope was delivered and still stands', { envelope: parcel.id, error })
    })
  }

  /** Commits what is sent in the place of a parcel. */
  private take(parcel: Parcel, sends: readonly Parcel[]): Promise<boolean> {
    return this.options.commit({ sends, takes: [parcel.id], occasions: parcel.occasions })
  }

  private async stands(parcel: Parcel): Promise<boolean> {
    const [standing] = await this.options.store.envelopes(this.options.system, [parcel.id])
    return standing?.box === parcel.box && standing.dueAtMs === parcel.dueAtMs
  }

  private async decide(parcel: Parcel, error: SpawnError): Promise<Parcel | null> {
    const { letter } = parcel
    const attempts = (letter.attempts ?? 0) + 1
    const { asker } = parcel
    const heard = asker !== null && asker.stage !== 'settled'
    if (!heard && this.mayBeKnownLater(letter, error)) {
      return parcel.revised({ retryAtMs: this.options.clock.now() + LATE_DEFINITION_MS })
    }
    if (heard || letter.reply !== undefined) {
      const last = letter.reply !== undefined && attempts >= this.options.limits.deliveryAttempts
      return error.retryable && !last ? this.retry(parcel, attempts, error) : this.tell(parcel, error)
    }
    if (letter.kind === 'timer') return this.skip(parcel, error)
    if (!triesAgain(error) || attempts >= this.options.limits.deliveryAttempts)
      return this.bury(parcel, attempts, error)
    return this.retry(parcel, attempts, error)
  }

  /** Whether another member may come, or come back, that knows what this one does not: as a rule, one of a newer release. */
  private mayBeKnownLater({ kind }: Letter, { code }: SpawnError): boolean {
    if (this.options.clock.now() >= this.completeAtMs) return false
    if (code === 'ACTION_NOT_FOUND' || code === 'STATE_UNREADABLE') return kind !== 'timer'
    return code === 'ACTOR_NOT_FOUND'
  }

  private async retry(parcel: Parcel, attempts: number, error: SpawnError): Promise<Parcel | null> {
    const again = this.later(parcel, attempts, error)
    const stood = await this.take(parcel, [again])
    return stood ? again : null
  }

  private later(parcel: Parcel, attempts: number, error: SpawnError): Parcel {
    const { clock, limits, random } = this.options
    const longestMs = Math.min(limits.deliveryBackoffMs * 2 ** attempts, limits.maxDeliveryBackoffMs)
    const waitMs = Math.ceil(longestMs * (0.5 + random.next() / 2))
    return parcel.revised({ attempts, retryAtMs: clock.now() + waitMs, error: failureIn(error) })
  }

  /** Tells those who wait for its end that it failed: by another envelope, and by giving no further attempt at this occasion. */
  private async tell(parcel: Parcel, error: SpawnError): Promise<Parcel | null> {
    const { postmark } = this.options
    const { reply } = parcel.letter
    const told = reply === undefined ? [] : [postmark.failure(parcel, reply, error)]
    const next = this.next(parcel)
    const stood = await this.take(parcel, next === null ? told : [next, ...told])
    return stood ? next : null
  }

  /** A tick of a timer that failed is left out. */
  private async skip(parcel: Parcel, error: SpawnError): Promise<Parcel | null> {
    const { to, action } = parcel.letter
    this.options.logger.warn('a timer failed', {
      actor: to[1],
      parent: to[0],
      action,
      code: error.code,
      error: error.message,
    })
    const next = this.isGone(parcel, error) ? null : this.next(parcel)
    const stood = await this.take(parcel, next === null ? [] : [next])
    return stood ? next : null
  }

  /** Whether there is no such actor or action: what is gone has no timer any more; when it comes back, it is set anew. */
  private isGone({ letter: { to } }: Parcel, { code }: SpawnError): boolean {
    const [parent, name] = to
    const kind = this.options.kindOf(parent === '' ? name : parent)
    // It was set under a definition that had instances, or had none.
    if (kind !== undefined && (kind === 'unnamed') !== (parent !== '')) return true
    return code === 'ACTION_NOT_FOUND' || code === 'ACTOR_NOT_FOUND'
  }

  private async bury(parcel: Parcel, attempts: number, why: SpawnError): Promise<Parcel | null> {
    const { clock, logger, postmark } = this.options
    const { to, action } = parcel.letter
    const next = this.next(parcel)
    const error = failureIn(why)
    const facts = { attempts, error }
    // What comes again keeps its id; the occasion that failed gets one of its own.
    const dead = next === null ? parcel.revised(facts, 'dead', clock.now()) : postmark.dead(parcel, facts)
    const stood = await this.take(parcel, next === null ? [dead] : [next, dead])
    if (!stood) return null
    const told = { action, attempts, code: error.code, error: error.message }
    const fields = { envelope: dead.id, actor: to[1], parent: to[0], ...told }
    logger.error('an envelope became a dead letter', fields)
    return next
  }

  /** The next time of what comes again. */
  private next(parcel: Parcel): Parcel | null {
    const { rhythm } = parcel.letter
    if (rhythm === undefined) return null
    let dueAtMs: number | null
    try {
      dueAtMs = nextDueMs(rhythm, parcel.dueAtMs, this.options.clock.now())
    } catch (thrown) {
      // Another release has taken the expression, or its time zone. That is why its turns fail, and they say so.
      if (!isSpawnError(thrown)) throw thrown
      return null
    }
    return dueAtMs === null ? null : parcel.afresh(dueAtMs)
  }
}

/** Whether the same delivery may do better later: code of an application may fail for reasons that pass. */
function triesAgain({ code, retryable }: SpawnError): boolean {
  return retryable || code === 'ACTION_FAILED' || code === 'HOST_MALFORMED' || code === 'HOST_UNREACHABLE'
}

function atHop({ letter }: Parcel, error: SpawnError): SpawnError {
  const path = pathOf(letter)
  const text = `hop ${path.length} of ${pathText(path)}: ${error.message}`
  return new SpawnError(error.code, text, {
    cause: error,
    retryable: error.retryable,
    details: { ...error.details, hop: path.length, path },
  })
}

/** Of a long way its ends: all of it is among the details. */
function pathText(path: readonly string[]): string {
  const shown =
    path.length > 2 * SHOWN_HOPS ? [...path.slice(0, SHOWN_HOPS), '…', ...path.slice(-SHOWN_HOPS)] : path
  return shown.join(' → ')
}
