// The fields of an entry in the register, checked one by one: another version may have written it, or another program.
// Decides how a value of each kind must look; what an entry is made of is the asker's. What is wrong says where it stands.

import { SpawnError } from '../base/index.ts'

export class EntryFields {
  readonly #values: Readonly<Record<string, unknown>>
  /** Where it stands: the key of the entry, and the way within. */
  readonly #at: string

  private constructor(values: Readonly<Record<string, unknown>>, at: string) {
    this.#values = values
    this.#at = at
  }

  /** @throws SpawnError MEMBER_UNAVAILABLE when a text is no JSON object, and so for each field that is not as it must be. */
  static of(key: string, text: string): EntryFields {
    let value: unknown
    try {
      value = JSON.parse(text)
    } catch {
      throw fault(key, 'it is no JSON')
    }
    return EntryFields.#object(value, key)
  }

  text(name: string): string {
    const value = this.#values[name]
    if (typeof value !== 'string') throw this.fault(name, 'is no text')
    return value
  }

  flag(name: string): boolean {
    const value = this.#values[name]
    if (typeof value !== 'boolean') throw this.fault(name, 'is neither true nor false')
    return value
  }

  /** A whole number from `least` to 2^53 - 1. */
  whole(name: string, least: number): number {
    const value = this.#values[name]
    if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < least)
      throw this.fault(name, `is no whole number from ${least} on`)
    return value
  }

  /** A number above 0. */
  positive(name: string): number {
    const value = this.#values[name]
    if (typeof value !== 'number' || !Number.isFinite(value) || value <= 0)
      throw this.fault(name, 'is no number above 0')
    return value
  }

  oneOf<const Word extends string>(name: string, words: readonly Word[]): Word {
    const found = words.find((word) => word === this.#values[name])
    if (found === undefined) throw this.fault(name, `is none of ${words.join(', ')}`)
    return found
  }

  object(name: string): EntryFields {
    return EntryFields.#object(this.#values[name], `${this.#at}.${name}`)
  }

  /** Each of a list's objects. */
  objects(name: string): EntryFields[] {
    return this.list(name).map((value, at) => EntryFields.#object(value, `${this.#at}.${name}[${at}]`))
  }

  /** Places in another list that has `count`. */
  places(name: string, count: number): number[] {
    return this.list(name).map((value) => {
      if (typeof value !== 'number' || !Number.isInteger(value) || value < 0 || value >= count)
        throw this.fault(name, `has something that is no place in a list of ${count}`)
      return value
    })
  }

  /** Of a flag that is there only when it is set. */
  isSet(name: string): boolean {
    return name in this.#values && this.flag(name)
  }

  texts(name: string): Readonly<Record<string, string>> {
    const values = this.object(name).#values
    for (const value of Object.values(values))
      if (typeof value !== 'string') throw this.fault(name, 'has something that is no text')
    return values as Readonly<Record<string, string>>
  }

  list(name: string): readonly unknown[] {
    const value = this.#values[name]
    if (!Array.isArray(value)) throw this.fault(name, 'is no list')
    return value
  }

  fault(name: string, what: string): SpawnError {
    return fault(`${this.#at}.${name}`, `it ${what}`)
  }

  static #object(value: unknown, at: string): EntryFields {
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      throw fault(at, 'it is no object')
    return new EntryFields(value as Record<string, unknown>, at)
  }
}

function fault(at: string, what: string): SpawnError {
  return new SpawnError(
    'MEMBER_UNAVAILABLE',
    `the register of the cluster cannot be read at "${at}": ${what}; another version of the program may have written it`,
    { retryable: false },
  )
}
