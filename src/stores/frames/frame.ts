// Groups of commits as frames: the bytes that cross to the store's thread, and that its journal keeps until they are
// folded into the tables. Decides the layout of a frame; ByteWriter decides that of a field.
//
// A frame is its version, then its commits until it ends. Systems, parents and type URLs come again and again: each
// stands in full where it is first used, and by its number after that. Most commits of a group are of one owner and one
// millisecond: these stand once, too. A group is one frame, or a few when it is big; no commit is cut in two. A frame that
// does not fit a page is filled up to whole ones: a row that is written over by one of its own size stays where it is, and
// no page is freed and taken anew.
//
// Frames outlive a crash: what a released version has written, every later one must read.

import type { Commit, Envelope } from '../../ports/index.ts'
import { Packed } from '../../protocol/packed.ts'
import { ByteReader, ByteWriter } from './bytes.ts'
import { FramedEnvelope, writeEnvelope } from './envelope-bytes.ts'
import type { FramedOutcome } from './framed-outcome.ts'
import { NONE, OutcomesReader, OutcomesWriter, readFirstOutcomes } from './outcome-bytes.ts'
import { WordReader, WordWriter } from './words.ts'

const FRAME_VERSION = 2
/** Of this one, outcomes have a layout of their own. */
const FIRST_VERSION = 1
/** A frame that has grown beyond this is closed, and the group goes on in another. */
const FRAME_BYTES = 4 * 1_024 * 1_024

const HAS_TAGS = 1
const HAS_STATE = 2
const HAS_HISTORY = 4
const HAS_OUTCOMES = 8
const HAS_SENDS = 16
const HAS_TAKES = 32
const HAS_OCCASIONS = 64
/** No commit: the frame ends here, and what follows fills it up. */
const END = 256
/** What of a frame lies on the page of its row, at most, when more of it lies on pages of its own; and on each of these. */
const FIRST_PAGE_BYTES = 4_000
const NEXT_PAGE_BYTES = 4_096 - 4
/** Its epoch and time are those of the commit before it, and do not stand again. */
const IS_OF_THE_MOMENT = 128

/** A system and a parent: what all the actors of one definition have in common. */
export interface FamilyName {
  readonly system: string
  readonly parent: string
}

/** A commit as the store's thread sees it. Its state and all payloads are views of the frame. */
export interface FramedCommit {
  readonly family: FamilyName
  readonly name: string
  readonly follows: number
  readonly revision: number
  readonly birth: number
  readonly epoch: number
  /** JSON; null: none. */
  readonly tags: string | null
  readonly state: Packed | null
  readonly committedAtMs: number
  readonly keepRevisions: number
  readonly keepDurationMs: number
  /** Empty from when they stand in generation-outcomes.ts, for the same reason as what follows. */
  outcomes: readonly FramedOutcome[]
  /** Empty from when they stand in outbox.ts: the latest commit of an actor is kept for long, and they need not be. */
  sends: readonly Envelope[]
  takes: readonly string[]
  /** Ids among `takes`, with the due times that they must have. */
  readonly occasions: readonly Occasion[]
}

export type Occasion = readonly [id: string, dueAtMs: number]

const NO_OUTCOMES: readonly FramedOutcome[] = Object.freeze([])
const NO_SENDS: readonly Envelope[] = Object.freeze([])
const NO_TAKES: readonly string[] = Object.freeze([])
const NO_OCCASIONS: readonly Occasion[] = Object.freeze([])

/** Packs groups. Keeps its buffer between them. */
export class FrameWriter {
  readonly #bytes = new ByteWriter()
  readonly #families: FamilyName[] = []
  readonly #types: string[] = []
  readonly #words = new WordWriter()
  readonly #outcomes = new OutcomesWriter()
  readonly #writeType = (typeUrl: string): void => this.#type(typeUrl)
  /** How much of the frame has left as parts. */
  #parted = 0
  /** Of the commit before in the frame; -1: there is none. */
  #epoch = -1
  #committedAtMs = -1

  /** @throws RangeError when a number of a commit is not one that the port allows. */
  pack(group: readonly Commit[]): Uint8Array<ArrayBuffer>[] {
    this.#restart()
    return this.packRest(group)
  }

  /**
   * Packs the first commits of a group, or those behind what was packed so before.
   *
   * @returns these, the next part of the group's first frame.
   * @throws RangeError likewise; then the group is to be packed anew.
   */
  packPart(commits: readonly Commit[], isFirst: boolean): Uint8Array<ArrayBuffer> {
    if (isFirst) this.#restart()
    for (const commit of commits) this.#add(commit)
    const part = this.#bytes.copyFrom(this.#parted)
    this.#parted = this.#bytes.length
    return part
  }

  /** The rest of a group behind its parts; what it answers begins with the rest of the first frame. @throws RangeError */
  packRest(group: readonly Commit[]): Uint8Array<ArrayBuffer>[] {
    const frames: Uint8Array<ArrayBuffer>[] = []
    for (const commit of group) {
      this.#add(commit)
      if (this.#bytes.length >= FRAME_BYTES) frames.push(this.#close())
    }
    if (this.#bytes.length > 0) frames.push(this.#close())
    return frames
  }

  #add(commit: Commit): void {
    if (this.#bytes.length === 0) this.#bytes.whole(FRAME_VERSION)
    this.#commit(commit)
  }

  #commit(commit: Commit): void {
    const { committedAtMs, epoch, id, tags, state, history, occasions, outcomes, sends, takes } = commit
    const bytes = this.#bytes
    const hasTags = !isEmpty(tags)
    const hasHistory = history.revisions > 0 || history.durationMs > 0
    const isOfTheMoment = epoch === this.#epoch && committedAtMs === this.#committedAtMs
    bytes.whole(
      (hasTags ? HAS_TAGS : 0) |
        (state === null ? 0 : HAS_STATE) |
        (hasHistory ? HAS_HISTORY : 0) |
        (outcomes.length > 0 ? HAS_OUTCOMES : 0) |
        (sends.length > 0 ? HAS_SENDS : 0) |
        (takes.length > 0 ? HAS_TAKES : 0) |
        (occasions === undefined ? 0 : HAS_OCCASIONS) |
        (isOfTheMoment ? IS_OF_THE_MOMENT : 0),
    )
    this.#family(id.system, id.parent)
    bytes.text(id.name)
    bytes.whole(commit.follows)
    bytes.whole(commit.revision - commit.follows)
    bytes.whole(commit.birth)
    if (!isOfTheMoment) {
      bytes.whole(epoch)
      bytes.whole(committedAtMs)
      this.#epoch = epoch
      this.#committedAtMs = committedAtMs
    }
    if (hasTags) bytes.text(JSON.stringify(tags))
    if (state !== null) this.#packed(state)
    if (hasHistory) {
      bytes.whole(history.revisions)
      bytes.whole(Math.min(history.durationMs, Number.MAX_SAFE_INTEGER))
    }
    if (outcomes.length > 0) this.#outcomes.write(bytes, outcomes, state, this.#writeType)
    if (sends.length > 0) this.#sends(sends)
    if (takes.length > 0) this.#takes(takes)
    if (occasions !== undefined) this.#occasions(occasions)
  }

  #sends(sends: readonly Envelope[]): void {
    this.#bytes.whole(sends.length)
    for (const envelope of sends) {
      writeEnvelope(this.#bytes, envelope, this.#words)
      if (envelope.payload !== null) this.#packed(envelope.payload)
    }
  }

  #takes(takes: readonly string[]): void {
    this.#bytes.whole(takes.length)
    for (const id of takes) this.#bytes.text(id)
  }

  #occasions(occasions: ReadonlyMap<string, number>): void {
    this.#bytes.whole(occasions.size)
    for (const [id, dueAtMs] of occasions) {
      this.#bytes.text(id)
      this.#bytes.whole(dueAtMs)
    }
  }

  #family(system: string, parent: string): void {
    const known = this.#families.findIndex((family) => family.parent === parent && family.system === system)
    this.#bytes.whole(known === -1 ? this.#families.length : known)
    if (known !== -1) return
    this.#families.push({ system, parent })
    this.#bytes.text(system)
    this.#bytes.text(parent)
  }

  #packed({ typeUrl, value }: Packed): void {
    this.#type(typeUrl)
    this.#bytes.bytes(value)
  }

  #type(typeUrl: string): void {
    const known = this.#types.indexOf(typeUrl)
    this.#bytes.whole(known === -1 ? this.#types.length : known)
    if (known !== -1) return
    this.#types.push(typeUrl)
    this.#bytes.text(typeUrl)
  }

  #close(): Uint8Array<ArrayBuffer> {
    const bytes = this.#bytes
    if (filledUp(bytes.length) > bytes.length) bytes.whole(END)
    const frame = bytes.take(filledUp(bytes.length), this.#parted)
    this.#restart()
    return frame
  }

  #restart(): void {
    this.#families.length = 0
    this.#types.length = 0
    this.#words.clear()
    this.#outcomes.clear()
    this.#epoch = -1
    this.#committedAtMs = -1
    this.#parted = 0
    this.#bytes.clear()
  }
}

/** How many pages besides that of its row a frame of so many bytes lies on. */
export function pagesOf(bytes: number): number {
  return Math.ceil(Math.max(0, bytes - FIRST_PAGE_BYTES) / NEXT_PAGE_BYTES)
}

/** The length of a frame that has so many bytes in it. */
function filledUp(bytes: number): number {
  const pages = pagesOf(bytes)
  return pages === 0 ? bytes : FIRST_PAGE_BYTES + pages * NEXT_PAGE_BYTES
}

export function dropOutcomes(commit: FramedCommit): void {
  commit.outcomes = NO_OUTCOMES
}

export function dropEnvelopes(commit: FramedCommit): void {
  commit.sends = NO_SENDS
  commit.takes = NO_TAKES
}

/** What has come of a frame, with what it has named so far. */
interface OpenedFrame {
  readonly bytes: ByteReader
  readonly families: FamilyName[]
  readonly types: string[]
  readonly words: WordReader
  /** Null: it is of the first version. */
  readonly outcomes: OutcomesReader | null
  /** Reads one, which has the number that is answered then. */
  readonly readType: () => number
}

/** @throws RangeError when the bytes are no frame of a version that this one knows. */
export function unpackFrame(frame: Uint8Array): FramedCommit[] {
  return new FrameReader().read(frame)
}

/** Reads a frame that comes in parts. */
export class FrameReader {
  #opened: OpenedFrame | null = null
  #last: FramedCommit | undefined

  /**
   * @param frame all that has come of it by now.
   * @returns the commits behind those that were read before.
   * @throws RangeError likewise.
   */
  read(frame: Uint8Array): FramedCommit[] {
    const opened = opens(frame, this.#opened)
    const { bytes } = opened
    this.#opened = opened
    const commits: FramedCommit[] = []
    while (!bytes.done) {
      const flags = bytes.whole()
      if (flags === END) break
      this.#last = readCommit(flags, opened, this.#last)
      commits.push(this.#last)
    }
    return commits
  }
}

function opens(frame: Uint8Array, before: OpenedFrame | null): OpenedFrame {
  const bytes = new ByteReader(frame, before?.bytes.at)
  const version = before === null ? bytes.whole() : FRAME_VERSION
  if (version !== FRAME_VERSION && version !== FIRST_VERSION)
    throw new RangeError(`a frame of version ${version} is not known here`)
  const { families, types, words }: Pick<OpenedFrame, 'families' | 'types' | 'words'> = before ?? {
    families: [],
    types: [],
    words: new WordReader(),
  }
  const outcomes =
    version === FIRST_VERSION ? null : new OutcomesReader(bytes.buffer, types, before?.outcomes)
  return { bytes, families, types, words, outcomes, readType: () => readTypeNumber(bytes, types) }
}

function readCommit(flags: number, opened: OpenedFrame, before: FramedCommit | undefined): FramedCommit {
  const { bytes, types, words } = opened
  const family = readFamily(bytes, opened.families)
  const name = bytes.text()
  const follows = bytes.whole()
  const revision = follows + bytes.whole()
  const birth = bytes.whole()
  const isOfTheMoment = before !== undefined && (flags & IS_OF_THE_MOMENT) !== 0
  const epoch = isOfTheMoment ? before.epoch : bytes.whole()
  const committedAtMs = isOfTheMoment ? before.committedAtMs : bytes.whole()
  const tags = flags & HAS_TAGS ? bytes.text() : null
  const stateType = flags & HAS_STATE ? readType(bytes, types) : null
  const stateAt = stateType === null ? NONE : bytes.at
  const state = stateType === null ? null : new Packed(stateType, bytes.bytes())
  const keepRevisions = flags & HAS_HISTORY ? bytes.whole() : 0
  const keepDurationMs = flags & HAS_HISTORY ? bytes.whole() : 0
  const outcomes = flags & HAS_OUTCOMES ? readOutcomes(opened, stateAt) : NO_OUTCOMES
  const sends = flags & HAS_SENDS ? readSends(bytes, types, words) : NO_SENDS
  const takes = flags & HAS_TAKES ? readTakes(bytes) : NO_TAKES
  const occasions = flags & HAS_OCCASIONS ? readOccasions(bytes) : NO_OCCASIONS
  return {
    family,
    name,
    follows,
    revision,
    birth,
    epoch,
    tags,
    state,
    committedAtMs,
    keepRevisions,
    keepDurationMs,
    outcomes,
    sends,
    takes,
    occasions,
  }
}

function readFamily(bytes: ByteReader, families: FamilyName[]): FamilyName {
  const at = bytes.whole()
  const known = families[at]
  if (known !== undefined) return known
  const family = { system: bytes.text(), parent: bytes.text() }
  families.push(family)
  return family
}

function readType(bytes: ByteReader, types: string[]): string {
  return types[readTypeNumber(bytes, types)] ?? ''
}

/** After that there is a type of this number. */
function readTypeNumber(bytes: ByteReader, types: string[]): number {
  const at = bytes.whole()
  if (at > types.length) throw new RangeError(`a frame has no type ${at}`)
  if (at === types.length) types.push(bytes.text())
  return at
}

function readOutcomes({ bytes, outcomes, readType, types }: OpenedFrame, stateAt: number): FramedOutcome[] {
  return outcomes === null
    ? readFirstOutcomes(bytes, types, readType)
    : outcomes.read(bytes, stateAt, readType)
}

function readSends(bytes: ByteReader, types: string[], words: WordReader): Envelope[] {
  const readOne = (): string => readType(bytes, types)
  const sends: Envelope[] = []
  for (let left = bytes.whole(); left > 0; left -= 1) sends.push(new FramedEnvelope(bytes, readOne, words))
  return sends
}

function readTakes(bytes: ByteReader): string[] {
  const takes: string[] = []
  for (let left = bytes.whole(); left > 0; left -= 1) takes.push(bytes.text())
  return takes
}

function readOccasions(bytes: ByteReader): Occasion[] {
  const occasions: Occasion[] = []
  for (let left = bytes.whole(); left > 0; left -= 1) occasions.push([bytes.text(), bytes.whole()])
  return occasions
}

function isEmpty(entries: object): boolean {
  for (const _key in entries) return false
  return true
}
