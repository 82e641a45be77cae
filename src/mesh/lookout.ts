// What a member sees of the others' leases. Decides from when on one is overdue: when its entry has not changed for a lease
// and a margin, on this member's own clock, since this member saw it. No clocks are compared, and nothing that a member says of
// time is believed. That it is then sealed before anything follows is membership.ts's.

import { type Clock, messageOf } from '../base/index.ts'
import type { Logger, RegisterEntry } from '../ports/index.ts'
import { type MemberEntry, readMember } from './member-entry.ts'
import type { ViewMember } from './view.ts'

interface Sight {
  /** Null: there is no entry, or none that can be read. */
  readonly entry: MemberEntry | null
  readonly exists: boolean
  readonly revision: number
  readonly seenMs: number
  /** The latest sessions that were seen to be sealed, or followed by another. */
  readonly over: readonly string[]
}

const NOTHING: Sight = { entry: null, exists: false, revision: 0, seenMs: 0, over: [] }
/** More than views can name of one member. */
const KNOWN_OVER = 16

export class Lookout {
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #sights = new Map<string, Sight>()

  constructor(clock: Clock, logger: Logger) {
    this.#clock = clock
    this.#logger = logger
  }

  /** @returns whether it is news: an older revision than the last one says nothing. */
  saw(id: string, { key, revision, value }: RegisterEntry): boolean {
    const before = this.#sights.get(id)
    if (before !== undefined && revision <= before.revision) return false
    const entry = value === null ? null : this.#read(key, value)
    const over = overNow(entry, before ?? NOTHING)
    this.#sights.set(id, { entry, exists: value !== null, revision, seenMs: this.#clock.elapsedMs(), over })
    return true
  }

  sight(id: string): Sight {
    return this.#sights.get(id) ?? NOTHING
  }

  /** There is no entry, as was found by asking for it. */
  gone(id: string): void {
    this.#sights.set(id, { ...this.sight(id), entry: null, exists: false, seenMs: this.#clock.elapsedMs() })
  }

  /** Members of a view are looked out for from now on, also those of whom there is no entry. */
  expect(members: readonly ViewMember[]): void {
    const seenMs = this.#clock.elapsedMs()
    for (const { id } of members) if (!this.#sights.has(id)) this.#sights.set(id, { ...NOTHING, seenMs })
  }

  /** What was not heard while this member was out of touch is nobody's fault: all waits begin anew. */
  startAnew(): void {
    const seenMs = this.#clock.elapsedMs()
    for (const [id, sight] of this.#sights) this.#sights.set(id, { ...sight, seenMs })
  }

  /** How long until a member's entry has stood unchanged for so long; 0: it has. */
  waitMs(id: string, forMs: number): number {
    const { seenMs } = this.sight(id)
    return Math.max(0, seenMs + forMs - this.#clock.elapsedMs())
  }

  /** Null: of an entry that was never seen nothing is known. */
  seenMsAgo(id: string): number | null {
    const { exists, seenMs } = this.sight(id)
    return exists ? this.#clock.elapsedMs() - seenMs : null
  }

  /**
   * Whether this session of a member has no lease any more, and never will have. That its entry is another session's does
   * not say so: that may be one of before, if this member was out of touch since.
   */
  isOver({ id, session }: ViewMember): boolean {
    return this.sight(id).over.includes(session)
  }

  /** The epoch that this session has acknowledged; -1: that is not known. */
  acked({ id, session }: ViewMember): number {
    const { entry } = this.sight(id)
    return entry === null || entry.session !== session ? -1 : entry.acked
  }

  /** All whose entries stand. */
  *ids(): Iterable<string> {
    for (const [id, { exists }] of this.#sights) if (exists) yield id
  }

  /** Those who are not members, and have no entry, are nobody. */
  forget(isMember: (id: string) => boolean): void {
    for (const [id, { exists }] of this.#sights) if (!exists && !isMember(id)) this.#sights.delete(id)
  }

  #read(key: string, value: string): MemberEntry | null {
    try {
      return readMember(key, value)
    } catch (thrown) {
      this.#logger.warn('the entry of a member cannot be read', { key, error: messageOf(thrown) })
      return null
    }
  }
}

/** The sessions that are over, once an entry follows what was seen before. */
function overNow(entry: MemberEntry | null, { entry: last, over }: Sight): readonly string[] {
  if (entry === null) return over
  const ended = [
    ...(last !== null && last.session !== entry.session ? [last.session] : []),
    ...(entry.sealed ? [entry.session] : []),
  ].filter((session) => !over.includes(session))
  return ended.length === 0 ? over : [...over, ...ended].slice(-KNOWN_OVER)
}
