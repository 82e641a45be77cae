// How facts are read: which of those that stand are asked for, and what each says in the words of its definition. In which
// order they stand is the store's affair; that they were left, outcome.ts's.
//
// Invariant: none is passed over because it cannot be read. What stands before it is answered first; then its error says
// where to go on.

import { type Clock, LIMITS, messageOf, SpawnError } from '../../base/index.ts'
import type {
  Fact,
  Facts,
  FactsFilter,
  FactsFollowed,
  FactsPage,
  FactsRequest,
  StandingEnvelope,
  Statestore,
} from '../../ports/index.ts'
import { addressText, anyStateCodec, checkName, type Packed } from '../../protocol/index.ts'
import type { Catalog } from '../catalog.ts'
import { decodeState, refuseSealed } from '../life/loader.ts'
import { type Correspondent, type Letter, letterFrom } from '../post/letter.ts'
import type { FactNews } from './fact-news.ts'
import { FactTail, type MarkedPage } from './fact-tail.ts'

export interface FactReadingOptions {
  readonly system: string
  readonly store: Statestore
  readonly clock: Clock
  readonly catalog: Catalog
  readonly news: FactNews
  /** Throws when no calls are taken now. */
  readonly admit: () => void
}

/** Pages of the store that are looked through for one that is answered, where a filter leaves nothing of them. */
const PAGES_AT_ONCE = 20

const NO_METADATA = Object.freeze({})

/** With the mark of the news, as it was before. */
type Looked = Pick<MarkedPage, 'mark'> & { readonly page: FactsPage }

export class FactReading implements Facts {
  private readonly options: FactReadingOptions
  private readonly tail: FactTail
  /** Of envelopes that many are answered: what stands in each header is read once. */
  private readonly letters = new WeakMap<StandingEnvelope, Letter>()

  constructor(options: FactReadingOptions) {
    this.options = options
    this.tail = new FactTail(options)
  }

  async read(request: FactsRequest = {}): Promise<FactsPage> {
    const { clock, news } = this.options
    const { limit = LIMITS.defaultPageSize, signal, waitMs = 0 } = request
    let { after = 0 } = request
    checkPosition(after)
    checkLimit(limit, LIMITS.pageSize)
    checkFilter(request)
    checkWait(waitMs)
    const endMs = clock.elapsedMs() + waitMs
    for (;;) {
      const { mark, page } = await this.look(after, limit, request, waitMs > 0)
      const leftMs = endMs - clock.elapsedMs()
      if (page.facts.length > 0 || !page.isLast || leftMs <= 0) return page
      after = page.next
      await news.since(mark, signal, leftMs)
      if (news.isOver || isOver(signal)) return page
    }
  }

  /**
   * A page of what stands.
   *
   * @param waits whether for those that come, too: such looks are shared.
   */
  private async look(after: number, limit: number, request: FactsFilter, waits: boolean): Promise<Looked> {
    const { admit, news, store, system } = this.options
    admit()
    const all = request.actor === undefined && request.definition === undefined
    const most = all ? limit : LIMITS.pageSize
    const facts: Fact[] = []
    let { mark } = news
    let next = after
    const looked = (isLast: boolean): Looked => ({ page: { facts, next, isLast }, mark })
    for (let pages = 0; pages < PAGES_AT_ONCE; pages += 1) {
      const page: MarkedPage = waits
        ? await this.tail.behind(next, most)
        : { ...(await store.facts(system, next, most)), mark }
      ;({ mark } = page)
      for (const envelope of page.facts) {
        if (facts.length === limit) return looked(false)
        try {
          const letter = waits ? this.sharedLetterOf(envelope) : letterOf(envelope)
          if (all || isOf(letter, request)) facts.push(this.fact(envelope, letter))
        } catch (thrown) {
          if (facts.length === 0) throw thrown
          return looked(false)
        }
        next = envelope.place
      }
      if (page.isLast || page.facts.length === 0) return looked(true)
      // What a page of the store has is as much as is kept in memory.
      if (facts.length > 0) break
    }
    return looked(false)
  }

  async *each(request: FactsFollowed): AsyncGenerator<Fact, void, undefined> {
    const { news } = this.options
    const { follow, limit = Infinity, signal } = request
    let { after = 0 } = request
    let left = limit
    checkPosition(after)
    checkLimit(Math.min(left, LIMITS.pageSize), LIMITS.pageSize)
    checkFilter(request)
    while (left > 0 && !isOver(signal)) {
      const { mark, page } = await this.look(after, Math.min(left, LIMITS.pageSize), request, follow)
      for (const fact of page.facts) {
        if (isOver(signal)) return
        yield fact
      }
      left -= page.facts.length
      after = page.next
      if (!page.isLast) continue
      if (!follow) return
      if (left > 0) await news.since(mark, signal)
    }
  }

  private sharedLetterOf(envelope: StandingEnvelope): Letter {
    let letter = this.letters.get(envelope)
    if (letter === undefined) this.letters.set(envelope, (letter = letterOf(envelope)))
    return letter
  }

  private fact({ id, payload, place }: StandingEnvelope, letter: Letter): Fact {
    const { action, createdAtMs, from, revision = 0 } = letter
    // A letter may be read by others, too.
    const metadata = letter.metadata === undefined ? NO_METADATA : { ...letter.metadata }
    const [parent, name] = from ?? NO_ACTOR
    const actor = { system: this.options.system, parent, name }
    try {
      const state = this.stateOf(actor, payload)
      return { position: place, id, actor, action, revision, metadata, atMs: createdAtMs, ...state }
    } catch (cause) {
      const what = `revision ${revision} of "${addressText(actor)}", the fact at position ${place}`
      throw unreadable(what, place, { actor: addressText(actor), revision }, cause)
    }
  }

  private stateOf(
    { name, parent }: Fact['actor'],
    payload: Packed | null,
  ): Pick<Fact, 'state' | 'stateJson'> {
    const definition = this.options.catalog.residents(name, parent)?.definition
    if (definition !== undefined) {
      const state = decodeState(definition, { state: payload })
      return {
        state,
        stateJson: state === undefined ? undefined : definition.state?.codec.toJson(state),
      }
    }
    if (payload === null) return { state: undefined, stateJson: undefined }
    refuseSealed(payload)
    const json = anyStateCodec.toJson(anyStateCodec.accept(payload))
    return { state: json, stateJson: json }
  }
}

/** It may change while the reader looks at a fact. */
function isOver(signal: AbortSignal | undefined): boolean {
  return signal !== undefined && signal.aborted
}

const NO_ACTOR: Correspondent = ['', '']

/** One that is unreadable may be any actor's: no filter passes it over. */
function letterOf(envelope: StandingEnvelope): Letter {
  const { id, place } = envelope
  try {
    // Of one that cannot be opened it throws.
    return letterFrom(id, envelope.header)
  } catch (cause) {
    throw unreadable(`the fact at position ${place}`, place, {}, cause)
  }
}

function isOf({ from }: Letter, { actor, definition }: FactsFilter): boolean {
  if (from === null) return false
  const [parent, name] = from
  if (actor !== undefined && actor !== name) return false
  return definition === undefined || definition === (parent === '' ? name : parent)
}

function checkFilter({ actor, definition }: FactsFilter): void {
  if (actor !== undefined) checkName('actor', actor)
  if (definition !== undefined) checkName('definition', definition)
}

/** @throws SpawnError INVALID_ARGUMENT */
export function checkPosition(after: number): void {
  if (Number.isSafeInteger(after) && after >= 0) return
  throw new SpawnError('INVALID_ARGUMENT', `the position of a fact is a whole number from 0, not ${after}`)
}

function checkWait(waitMs: number): void {
  if (Number.isSafeInteger(waitMs) && waitMs >= 0 && waitMs <= LIMITS.factsWaitMs) return
  const most = LIMITS.factsWaitMs
  throw new SpawnError(
    'INVALID_ARGUMENT',
    `facts are waited for a whole number of milliseconds up to ${most}, not ${waitMs}`,
  )
}

function checkLimit(limit: number, most: number): void {
  if (Number.isSafeInteger(limit) && limit > 0 && limit <= most) return
  throw new SpawnError('INVALID_ARGUMENT', `a page has 1 to ${most} facts, not ${limit}`)
}

function unreadable(what: string, position: number, facts: object, cause: unknown): SpawnError {
  const advice = `to go on without it, read on after position ${position}`
  return new SpawnError('STATE_UNREADABLE', `${what} cannot be read: ${messageOf(cause)}; ${advice}`, {
    cause,
    details: { position, ...facts },
  })
}
