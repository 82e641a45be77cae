// What the store's thread does: one request after the other, groups of commits that have come together in one transaction, and
// the folding of the journal in the pauses. Decides when the background work runs; what it is, is the StoreFile's.
//
// Invariants: requests are done in the order in which they were taken, and answered before any background work, so that work
// delays only those who come after. After a failure between the telling of what is durable and the end of its books, no
// commit is judged.

import { failureOf, monotonicMs, SpawnError, systemClock, type Timer } from '../../base/index.ts'
import { Assembly } from './assembly.ts'
import { isLocked, storeError } from './failures.ts'
import { migrateFile, statusOfFile } from './schema-work.ts'
import type { Operations, Request, Response } from './requests.ts'
import { StoreFile } from './store-file.ts'

/** Commits lie in the journal this long, and at most twice as long, in milliseconds, when no others push them out. */
const FOLD_AFTER_MS = 500
/** After background work has failed, as it does on a full disk, the next attempt is this much later. */
const RETRY_AFTER_MS = 1_000
/** Groups, and bytes of them, that are committed together. */
const TOGETHER_GROUPS = 64
const TOGETHER_BYTES = 4 * 1_024 * 1_024

const NOTHING = new Uint8Array()

type Respond = (response: Response) => void

interface Gathered {
  readonly frames: readonly Uint8Array[]
  /** Whether it begins with what was expected. */
  readonly goesOn: boolean
  readonly respond: Respond
}

/** Without those that are done another way. */
type ThreadOperations = Omit<Operations, 'commit' | 'expect' | 'serve'>

export class ThreadWork {
  readonly #operations: ThreadOperations = {
    open: ({ file, migrates }) => this.#unlocked(file, () => this.#open(file, migrates)),
    schema: ({ file }) => this.#unlocked(file, () => statusOfFile(file)),
    migrate: ({ file }) => this.#unlocked(file, () => migrateFile(file)),
    load: ({ ids }) => this.#opened.load(ids),
    loadRevision: ({ id, query }) => this.#opened.loadRevision(id, query),
    revisions: ({ id, limit, before }) => this.#opened.revisions(id, limit, before),
    loadOutcomes: ({ questions }) => questions.map(({ id, key }) => this.#opened.loadOutcome(id, key)),
    outcomeKeys: ({ questions }) => questions.map(({ id, limit }) => this.#opened.outcomeKeys(id, limit)),
    list: ({ filter, after, limit }) => this.#opened.list(filter, after, limit),
    count: ({ filter, after }) => this.#opened.count(filter, after),
    systems: () => this.#opened.systems(),
    holdings: () => this.#opened.holdings(),
    due: ({ system, untilMs, after, limit }) => this.#opened.due(system, untilMs, after, limit),
    listEnvelopes: ({ system, box, after, limit }) => this.#opened.listEnvelopes(system, box, after, limit),
    facts: ({ system, after, limit }) => this.#opened.facts(system, after, limit),
    envelopes: ({ system, ids }) => this.#opened.envelopes(system, ids),
    delete: ({ id, follows, birth }) => this.#opened.delete(id, follows, birth),
    prune: ({ nowMs, limit }) => this.#opened.prune(nowMs, limit),
    readArchive: ({ position, limit }) => this.#opened.readArchive(position, limit),
    writeArchive: ({ rows }) => this.#opened.writeArchive(rows),
    replaceInArchive: ({ changes }) => this.#opened.replaceInArchive(changes),
    close: () => this.#close(),
  }
  #file = ''
  #store: StoreFile | null = null
  #gathered: Gathered[] = []
  #gatheredBytes = 0
  /** How the next group of the owner begins: of who has this thread, not of other processes. */
  #expected: Uint8Array = NOTHING
  readonly #assembly = new Assembly(monotonicMs)
  #isDeferred = false
  #isFailing = false
  #timer: Timer | null = null
  readonly #broke: (thrown: unknown) => void

  /** @param broke hears why nothing more may be asked of it: who comes after it finds in the file what was told. */
  constructor(broke: (thrown: unknown) => void) {
    this.#broke = broke
  }

  /**
   * Does what is asked; commits when `flush` is called, or when anything else is asked.
   *
   * @param who asks: the same each time for each process.
   */
  take(who: unknown, request: Request, respond: Respond): void {
    if (request.operation === 'commit') {
      this.#assembly.came(who)
      const { frames, goesOn } = (request as Request<'commit'>).arguments
      if (goesOn === true)
        this.#gather([joined(this.#expected, frames[0]), ...frames.slice(1)], respond, true)
      else this.#gather(frames, respond, false)
      if (goesOn !== undefined) this.#expected = NOTHING
      return
    }
    this.flush()
    if (request.operation !== 'load') this.#store?.giveUpExpected()
    respond(this.#answer(request))
  }

  /** The next group of the owner is about to begin with this, behind what was said of it before. */
  expect(part: Uint8Array): void {
    this.#expected = joined(this.#expected, part)
    // Who was gathered comes first.
    if (this.#gathered.length === 0) this.#store?.expect(this.#expected)
  }

  /** Whether a group is known to be about to come. */
  get expects(): boolean {
    return this.#expected.length > 0
  }

  /** Whether what has been gathered may wait for others a little longer. */
  get waits(): boolean {
    return this.#assembly.waits
  }

  /** Who asked is gone. */
  left(who: unknown): void {
    this.#assembly.left(who)
  }

  /** Commits what has been gathered. */
  flush(): void {
    const gathered = this.#gathered
    if (gathered.length === 0) return
    this.#gathered = []
    this.#gatheredBytes = 0
    const fromMs = monotonicMs()
    let isTold = false
    const tell = (responseTo: (at: number) => Response): void => {
      isTold = true
      this.#assembly.committed(monotonicMs() - fromMs)
      for (const [at, { respond }] of gathered.entries()) respond(responseTo(at))
    }
    try {
      const groups = gathered.map(({ frames }) => frames)
      const goesOn = gathered[0]?.goesOn === true
      this.#opened.commit(groups, (conflicts) => tell((at) => ({ answer: conflicts[at] ?? [] })), goesOn)
    } catch (thrown) {
      if (isTold) {
        // The file has more than the store knows of: nothing may be judged by that any more.
        this.#store = null
        this.#broke(thrown)
        return
      }
      const failure = failureOf(storeError(this.#file, thrown))
      tell(() => ({ failure }))
    }
  }

  /** Whether the next pause is not free: there is background work to do in it, or the file has been closed. */
  get isBusy(): boolean {
    return this.#store === null || this.#store.background === 'now'
  }

  /** Does a little of the background work that is due. @returns false when there is none, or it fails. */
  useThePause(): boolean {
    return this.#store?.background === 'now' && !this.#isFailing && this.#didSome()
  }

  /** Sees to it that background work is done, now or later. */
  schedule(): void {
    const background = this.#store?.background ?? 'none'
    if (background === 'none' || this.#isFailing) return
    if (background === 'later') {
      this.#timer ??= this.#foldLater()
    } else if (!this.#isDeferred) {
      this.#isDeferred = true
      systemClock.defer(() => {
        this.#isDeferred = false
        // It may be done by now; then what has come in since may wait for more.
        if (!this.isBusy || this.useThePause()) this.schedule()
      })
    }
  }

  #gather(frames: readonly Uint8Array[], respond: Respond, goesOn: boolean): void {
    this.#gathered.push({ frames, respond, goesOn })
    for (const { length } of frames) this.#gatheredBytes += length
    if (this.#gathered.length >= TOGETHER_GROUPS || this.#gatheredBytes >= TOGETHER_BYTES) this.flush()
  }

  #answer({ operation, arguments: given }: Request): Response {
    try {
      const run: (given: never) => unknown = this.#operations[operation as keyof ThreadOperations]
      return { answer: run(given as never) }
    } catch (thrown) {
      return { failure: failureOf(storeError(this.#file, thrown)) }
    }
  }

  get #opened(): StoreFile {
    if (this.#store === null)
      throw new SpawnError('DEFECT', 'the store thread was asked before it was opened')
    return this.#store
  }

  /** Null while another process has the file. */
  #unlocked<T>(file: string, work: () => T): T | null {
    this.#file = file
    try {
      return work()
    } catch (thrown) {
      if (isLocked(thrown)) return null
      throw thrown
    }
  }

  #open(file: string, migrates: boolean): true {
    this.#store = new StoreFile(file, migrates)
    return true
  }

  #close(): null {
    this.#timer?.cancel()
    const store = this.#store
    this.#store = null
    store?.close()
    return null
  }

  /** Unless a generation has been pushed out meanwhile: its successor is younger. */
  #foldLater(): Timer {
    const generations = this.#store?.generations
    return systemClock.after(FOLD_AFTER_MS, () => {
      this.#timer = null
      if (this.#store?.generations === generations) this.#runBackground()
      else this.schedule()
    })
  }

  #after(delayMs: number): Timer {
    return systemClock.after(delayMs, () => {
      this.#timer = null
      this.#runBackground()
    })
  }

  #runBackground(): void {
    if (this.#didSome()) this.schedule()
  }

  #didSome(): boolean {
    try {
      this.#store?.runBackground()
      this.#isFailing = false
      return true
    } catch {
      // Nothing is lost: the journal keeps what could not be folded. Requests that need it folded are told the reason,
      // and so are commits, once there is too much of it.
      this.#isFailing = true
      this.#timer?.cancel()
      this.#timer = this.#after(RETRY_AFTER_MS)
      return false
    }
  }
}

/** One behind the other. */
function joined(first: Uint8Array, second: Uint8Array = NOTHING): Uint8Array {
  if (first.length === 0) return second
  const both = new Uint8Array(first.length + second.length)
  both.set(first)
  both.set(second, first.length)
  return both
}
