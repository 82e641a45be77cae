// Memory that the main thread and the store's thread share: what is laid in it is there at once, where a message takes each of
// them several microseconds, a call of the kernel among them. The main thread lays down how a group begins and what it is; the
// store's thread says that it is committed. Anything else goes through the port, and so does this when there is no room, or
// when the other one sleeps, as only a message wakes it. Decides who takes what from where, and in which order.
//
// Invariants:
//  - What is laid is taken in order, and once. It is laid only while nothing that was posted waits for an answer, and what is
//    posted after it comes after it: before a message, what is laid is taken.
//  - One group at a time. Its answer is rung, or posted, and what is posted after it is heard after it.
//  - Nobody sleeps over what the other has left: who lays or rings looks afterwards whether the other is awake, and who goes to
//    sleep says so, and looks once more after that.

/** So many records at most lie there: a group, and how it began. */
const RECORDS = 8
const RECORD_WORDS = 3
const DATA_BYTES = 128 * 1_024

/** Counts of what the main thread has left, posted or laid; of what it has laid; of what the store's thread has taken, and answered. */
const BELL = 0
const LAID = 1
const TAKEN = 2
const ANSWERED = 3
/** Whether they are awake: 1 or 0. */
const MAIN_AWAKE = 4
const STORE_AWAKE = 5
const FIRST_RECORD = 6
const WORDS = FIRST_RECORD + RECORDS * RECORD_WORDS

/** What is laid: the next part of a group's first frame; a group's frame, or what is left of it. */
const PART = 0
const GROUP = 1
/** Flags of a group: it goes on behind its parts; the thread sleeps when it has answered. */
const GOES_ON = 2
const RESTS = 4

export type LaneMemory = SharedArrayBuffer

export function laneMemory(): LaneMemory {
  return new SharedArrayBuffer(WORDS * Int32Array.BYTES_PER_ELEMENT + DATA_BYTES)
}

export interface LaidGroup {
  readonly goesOn: boolean
  readonly rests: boolean
}

/** Null: it is the next part of one. */
export interface Laid {
  readonly bytes: Uint8Array
  readonly group: LaidGroup | null
}

/** The main thread's end. */
export class MainEnd {
  readonly #words: Int32Array
  readonly #data: Uint8Array
  #left = 0
  #laid = 0
  #answers = 0
  /** Where the last record ends. */
  #end = 0

  constructor(memory: LaneMemory) {
    this.#words = wordsOf(memory)
    this.#data = dataOf(memory)
  }

  /** Whether the store's thread looks at what is laid. */
  get isHeard(): boolean {
    return Atomics.load(this.#words, STORE_AWAKE) === 1
  }

  /** @returns false when there is no room for it. */
  lay(bytes: Uint8Array, group: LaidGroup | null): boolean {
    const waiting = (this.#laid - Atomics.load(this.#words, TAKEN)) | 0
    const from = waiting === 0 ? 0 : this.#end
    if (waiting === RECORDS || from + bytes.length > DATA_BYTES) return false
    this.#end = from + bytes.length
    this.#data.set(bytes, from)
    const at = recordAt(this.#laid)
    this.#words[at] = from
    this.#words[at + 1] = bytes.length
    this.#words[at + 2] =
      group === null ? PART : GROUP | (group.goesOn ? GOES_ON : 0) | (group.rests ? RESTS : 0)
    this.#laid = (this.#laid + 1) | 0
    Atomics.store(this.#words, LAID, this.#laid)
    this.ring()
    return true
  }

  /** Something is there for the thread, posted or laid. */
  ring(): void {
    this.#left = (this.#left + 1) | 0
    Atomics.store(this.#words, BELL, this.#left)
  }

  /** Whether a group has been committed since this was asked. */
  isAnswered(): boolean {
    const answers = Atomics.load(this.#words, ANSWERED)
    if (answers === this.#answers) return false
    this.#answers = answers
    return true
  }

  /** Whether it is asked `isAnswered` again and again from now on. To be asked once more after the last. */
  stayAwake(isAwake: boolean): void {
    Atomics.store(this.#words, MAIN_AWAKE, isAwake ? 1 : 0)
  }
}

/** The end of the store's thread. */
export class StoreEnd {
  readonly #words: Int32Array
  readonly #data: Uint8Array
  #taken = 0
  #answers = 0

  constructor(memory: LaneMemory) {
    this.#words = wordsOf(memory)
    this.#data = dataOf(memory)
  }

  /** Another number each time when something is there. */
  get bell(): number {
    return Atomics.load(this.#words, BELL)
  }

  next(): Laid | undefined {
    if (Atomics.load(this.#words, LAID) === this.#taken) return undefined
    const at = recordAt(this.#taken)
    const from = this.#words[at] ?? 0
    const what = this.#words[at + 2] ?? 0
    const bytes = this.#data.slice(from, from + (this.#words[at + 1] ?? 0))
    this.#taken = (this.#taken + 1) | 0
    Atomics.store(this.#words, TAKEN, this.#taken)
    if (what === PART) return { bytes, group: null }
    return { bytes, group: { goesOn: (what & GOES_ON) !== 0, rests: (what & RESTS) !== 0 } }
  }

  /** The group is committed. @returns whether the main thread hears it; if not, it is to be woken: now or it would not know. */
  answer(): boolean {
    this.#answers = (this.#answers + 1) | 0
    Atomics.store(this.#words, ANSWERED, this.#answers)
    return Atomics.load(this.#words, MAIN_AWAKE) === 1
  }

  wake(): void {
    Atomics.store(this.#words, STORE_AWAKE, 1)
  }

  /** @returns false when something is laid: it must not sleep yet. */
  sleep(): boolean {
    Atomics.store(this.#words, STORE_AWAKE, 0)
    if (Atomics.load(this.#words, LAID) === this.#taken) return true
    this.wake()
    return false
  }
}

function wordsOf(memory: LaneMemory): Int32Array {
  return new Int32Array(memory, 0, WORDS)
}

function dataOf(memory: LaneMemory): Uint8Array {
  return new Uint8Array(memory, WORDS * Int32Array.BYTES_PER_ELEMENT, DATA_BYTES)
}

function recordAt(count: number): number {
  return FIRST_RECORD + (count & (RECORDS - 1)) * RECORD_WORDS
}
