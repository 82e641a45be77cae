// The fields of a line in an archive file, checked one by one: a line may have been written by hand, or by another program.
// Decides how a value of each kind must look; what a line is made of is the asker's. What is wrong names the field, and
// never shows its value.

import { Packed } from '../protocol/index.ts'

/** A line that is not as it must be. Where it stands is known to who reads the file. */
export class LineFault extends Error {
  override readonly name = 'LineFault'
}

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/

export class Fields {
  readonly #values: Readonly<Record<string, unknown>>

  constructor(values: Readonly<Record<string, unknown>>) {
    this.#values = values
  }

  /** @throws LineFault */
  static of(line: string): Fields {
    let value: unknown
    try {
      value = JSON.parse(line)
    } catch {
      throw new LineFault('it is no JSON')
    }
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      throw new LineFault('it is no JSON object')
    return new Fields(value as Record<string, unknown>)
  }

  text(name: string): string {
    const value = this.#value(name)
    if (typeof value !== 'string') throw new LineFault(`its "${name}" is no text`)
    return value
  }

  textOrNull(name: string): string | null {
    return this.#value(name) === null ? null : this.text(name)
  }

  oneOf<const Word extends string>(name: string, words: readonly Word[]): Word {
    const found = words.find((word) => word === this.#value(name))
    if (found === undefined) throw new LineFault(`its "${name}" is none of ${words.join(', ')}`)
    return found
  }

  /** From `least` to 2^53 - 1. */
  whole(name: string, least = 0): number {
    const value = this.#value(name)
    if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < least)
      throw new LineFault(`its "${name}" is no whole number from ${least} to 2^53 - 1`)
    return value
  }

  bool(name: string): boolean {
    const value = this.#value(name)
    if (typeof value !== 'boolean') throw new LineFault(`its "${name}" is neither true nor false`)
    return value
  }

  object(name: string): Fields {
    const value = this.#value(name)
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      throw new LineFault(`its "${name}" is no object`)
    return new Fields(value as Record<string, unknown>)
  }

  texts(name: string): Readonly<Record<string, string>> {
    const { values } = this.object(name)
    const wrong = Object.entries(values).find(([, value]) => typeof value !== 'string')
    if (wrong !== undefined) throw new LineFault(`its "${name}" has something that is no text`)
    return values as Record<string, string>
  }

  packed(name: string): Packed | null {
    if (this.#value(name) === null) return null
    const packed = this.object(name)
    const base64 = packed.text('bytes')
    if (!BASE64.test(base64)) throw new LineFault(`the "bytes" of its "${name}" are no base64`)
    return new Packed(packed.text('type'), Buffer.from(base64, 'base64'))
  }

  get values(): Readonly<Record<string, unknown>> {
    return this.#values
  }

  #value(name: string): unknown {
    if (!Object.hasOwn(this.#values, name)) throw new LineFault(`it has no "${name}"`)
    return this.#values[name]
  }
}
