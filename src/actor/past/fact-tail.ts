// The newest facts of a system, as they were read last, for all who wait for more of them: who has come to where a read ended
// joins the next one, and who is a little behind is answered from what the last ones brought. Whoever is further behind reads
// for himself, until he has come to the end. Decides which reads are shared, and how much of them is kept, for how long.
//
// Invariants:
//  - What it answers is what the store has told: all facts behind a position, in order, none left out. What this member had
//    committed before somebody asked is among it.
//  - Nobody waits for anybody but the store. Who is slow falls behind what is kept.
//  - It keeps no more than the last page of the store, and what of those before it fits within KEPT_FACTS and KEPT_BYTES; and
//    nothing once nobody has asked for KEPT_MS.

import { type Clock, LIMITS, type Timer } from '../../base/index.ts'
import type { FactPage, StandingEnvelope, Statestore } from '../../ports/index.ts'
import { type FactNews, POLL_MS } from './fact-news.ts'

const KEPT_FACTS = LIMITS.pageSize
const KEPT_BYTES = 4_194_304
/** Longer than those who wait leave it alone. */
const KEPT_MS = 2 * POLL_MS
/** So long a read counts, where nothing was committed here since: those who come one by one do not read one by one. */
const FRESH_MS = 20

export interface FactTailOptions {
  readonly system: string
  readonly store: Statestore
  readonly clock: Clock
  readonly news: FactNews
}

export interface MarkedPage extends FactPage {
  /** That of the news, from before this was read. */
  readonly mark: number
}

/** All that stands behind `from`, up to `to`. */
interface Stretch {
  readonly from: number
  readonly to: number
  readonly facts: readonly StandingEnvelope[]
  /** As they were before the read that came to `to`. */
  readonly mark: number
  readonly gone: number
  readonly readAtMs: number
}

/** One that is under way. */
interface Reading {
  readonly mark: number
  readonly done: Promise<void>
}

export class FactTail {
  private readonly options: FactTailOptions
  private kept: Stretch | null = null
  private reading: Reading | null = null
  private askedAtMs = 0
  private timer: Timer | null = null

  constructor(options: FactTailOptions) {
    this.options = options
  }

  /**
   * As the store's `facts`, for who waits for those that come: what other members have committed just now may be missing.
   * There may be fewer of them than asked for, and more behind them.
   */
  async behind(after: number, limit: number): Promise<MarkedPage> {
    const { clock, news } = this.options
    const asked = news.mark
    this.askedAtMs = clock.elapsedMs()
    for (let isRead = false; ;) {
      const stretch = this.standing(after)
      if (stretch === null) return this.alone(after, limit)
      if (isRead || after < stretch.to || this.isFresh(stretch)) return this.pageOf(stretch, after, limit)
      const reading = this.reading ?? this.readOn(stretch)
      isRead = reading.mark >= asked
      // One that began too early is no concern of who needs the next one.
      await (isRead ? reading.done : reading.done.catch(ignored))
    }
  }

  /** What is kept, if it tells what stands behind a position. */
  private standing(after: number): Stretch | null {
    const { kept } = this
    if (kept === null || after < kept.from || after > kept.to) return null
    return kept.gone === this.options.news.gone ? kept : null
  }

  private isFresh({ mark, readAtMs }: Stretch): boolean {
    const { clock, news } = this.options
    return mark === news.mark && clock.elapsedMs() - readAtMs < FRESH_MS
  }

  private pageOf(stretch: Stretch, after: number, limit: number): MarkedPage {
    const { facts, mark } = stretch
    const first = firstBehind(facts, after)
    const page = facts.slice(first, first + limit)
    const isAll = first + page.length === facts.length
    return { facts: page, isLast: isAll && (page.length === 0 || this.isFresh(stretch)), mark }
  }

  private async alone(after: number, limit: number): Promise<MarkedPage> {
    const { clock, news, store, system } = this.options
    const { gone, mark } = news
    const readAtMs = clock.elapsedMs()
    const { facts, isLast } = await store.facts(system, after, limit)
    if (isLast) this.found({ from: after, to: facts.at(-1)?.place ?? after, facts, mark, gone, readAtMs })
    return { facts, isLast, mark }
  }

  /** What one found who read to the end, which takes the place of what is kept if that ends elsewhere. */
  private found(stretch: Stretch): void {
    const { kept } = this
    const isNews =
      kept === null ||
      kept.gone !== stretch.gone ||
      (stretch.facts.length > 0
        ? kept.facts.length === 0 || stretch.to > kept.to
        : // Who asks for what is behind a position at which nothing ever stood is no measure for others.
          kept.facts.length === 0 && stretch.to < kept.to)
    if (isNews) this.keep(stretch)
  }

  private readOn(stretch: Stretch): Reading {
    const { clock, news, store, system } = this.options
    const { gone, mark } = news
    const readAtMs = clock.elapsedMs()
    const done = store
      .facts(system, stretch.to, LIMITS.pageSize)
      .then(({ facts }) => {
        if (this.kept !== stretch || stretch.gone !== gone) return
        if (facts.length > 0) news.found()
        this.keep({ ...grown(stretch, facts), mark, gone, readAtMs })
      })
      .finally(() => {
        this.reading = null
      })
    this.reading = { mark, done }
    return this.reading
  }

  private keep(stretch: Stretch): void {
    this.kept = stretch
    this.timer ??= this.options.clock.after(KEPT_MS, () => this.tidy(), { background: true })
  }

  private tidy(): void {
    const { clock } = this.options
    this.timer = null
    const restMs = this.askedAtMs + KEPT_MS - clock.elapsedMs()
    if (restMs > 0) this.timer = clock.after(restMs, () => this.tidy(), { background: true })
    else this.kept = null
  }
}

function ignored(): void {
  // Who waits for this read is told.
}

/** With a page behind it; without the oldest that there is no room for beside that page. */
function grown(
  { facts: before, from, to }: Stretch,
  page: readonly StandingEnvelope[],
): Pick<Stretch, 'facts' | 'from' | 'to'> {
  if (page.length === 0) return { facts: before, from, to }
  let room = KEPT_BYTES - page.reduce((bytes, fact) => bytes + bytesOf(fact), 0)
  let first = before.length
  const least = Math.max(0, before.length + page.length - KEPT_FACTS)
  while (first > least) {
    const fact = before[first - 1]
    if (fact === undefined || (room -= bytesOf(fact)) < 0) break
    first -= 1
  }
  return {
    facts: [...before.slice(first), ...page],
    from: before[first - 1]?.place ?? from,
    to: page.at(-1)?.place ?? to,
  }
}

/** About. One that cannot be read may be as large as any. */
function bytesOf(fact: StandingEnvelope): number {
  try {
    // Of one that cannot be opened it throws.
    return fact.header.length + (fact.payload === null ? 0 : fact.payload.value.length)
  } catch {
    return LIMITS.payloadBytes
  }
}

/** The index of the first fact behind a position. */
function firstBehind(facts: readonly StandingEnvelope[], after: number): number {
  let [from, to] = [0, facts.length]
  while (from < to) {
    const middle = (from + to) >>> 1
    if ((facts[middle]?.place ?? 0) > after) to = middle
    else from = middle + 1
  }
  return from
}
