// Texts that come again and again in a frame, such as the names of definitions and actions: each stands in full where it is
// first used, and by its number after that. Only so many have a number; a frame with more of them says these in full.

import type { ByteReader, ByteWriter } from './bytes.ts'

/** They are looked for one by one. */
const MOST_WORDS = 64
/** In full, without a number; in full, and numbered from now on; by its number, counted from here. */
const FULL = 0
const NEW = 1
const KNOWN = 2

export class WordWriter {
  readonly #words: string[] = []

  write(bytes: ByteWriter, word: string): void {
    const at = this.#words.indexOf(word)
    if (at !== -1) {
      bytes.whole(KNOWN + at)
      return
    }
    const isNew = this.#words.length < MOST_WORDS
    if (isNew) this.#words.push(word)
    bytes.whole(isNew ? NEW : FULL)
    bytes.text(word)
  }

  /** Another frame begins. */
  clear(): void {
    this.#words.length = 0
  }
}

export class WordReader {
  readonly #words: string[] = []
  /** What `beginning` has read last, from where to where, and what that is; nothing yet. */
  #from = 0
  #to = 0
  #beginning = ''

  /** Passes over a word, for the first time: it is known from then on. */
  pass(bytes: ByteReader): void {
    const how = bytes.whole()
    if (how === NEW) this.#words.push(bytes.text())
    else if (how === FULL) bytes.skip()
    else if (this.#words[how - KNOWN] === undefined) throw new RangeError('a word is used that is not known')
  }

  /** Reads words that were passed over before, behind how many they are: as the beginning of an array in JSON. */
  beginning(bytes: ByteReader): string {
    // Mostly they are those of the message before.
    if (bytes.repeats(this.#from, this.#to)) return this.#beginning
    this.#from = bytes.at
    const words: string[] = []
    for (let left = bytes.whole(); left > 0; left -= 1) words.push(this.#read(bytes))
    this.#to = bytes.at
    this.#beginning = JSON.stringify(words).slice(0, -1)
    return this.#beginning
  }

  #read(bytes: ByteReader): string {
    const how = bytes.whole()
    return how < KNOWN ? bytes.text() : (this.#words[how - KNOWN] ?? '')
  }
}
