// The names that a sample has come upon, and where to look next: a name that may be. Pure.

import type { Random } from '../../base/index.ts'

/** What names are made of more often than not, beside what they are made of here. */
const USUAL_UNITS = Array.from('0123456789abcdefghijklmnopqrstuvwxyz')
/** How often one of these is taken. */
const USUAL_CHANCE = 0.2

export class KnownNames {
  readonly #set = new Set<string>()
  readonly #list: string[] = []
  /** How much all of them have in common at the beginning, in UTF-16 units. */
  #common = 0

  get size(): number {
    return this.#list.length
  }

  has(name: string): boolean {
    return this.#set.has(name)
  }

  add(name: string): void {
    const [first] = this.#list
    if (first === undefined) this.#common = name.length
    else while (!name.startsWith(first.slice(0, this.#common))) this.#common -= 1
    this.#set.add(name)
    this.#list.push(name)
  }

  /** Behind what all have in common, each unit is one that some name has there, or a usual one. */
  placeAmong(random: Random): string {
    const like = pick(this.#list, random)
    const common = this.#list.length > 1 ? this.#common : 0
    let name = like.slice(0, common)
    for (let at = common; at < like.length; at += 1) {
      const isUsual = random.next() < USUAL_CHANCE
      const unit = isUsual ? pick(USUAL_UNITS, random) : pick(this.#list, random).charAt(at)
      name += unit === '' ? like.charAt(at) : unit
    }
    return name.toWellFormed()
  }
}

function pick(choices: readonly string[], random: Random): string {
  return choices[Math.floor(random.next() * choices.length)] ?? ''
}
