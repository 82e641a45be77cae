// What would fail, put together for people: states that fail alike are one line, with a few of their actors. Pure.

import { addressText } from '../../protocol/index.ts'
import type { Failing } from './rehearse.ts'

/** Lines at most: more faults than that are counted alone. */
const FAULTS = 200
/** Actors that are named for each. */
const NAMED = 3

interface Fault {
  readonly definition: string
  readonly version: number | null
  readonly text: string
  readonly actors: string[]
  count: number
}

export class Faults {
  readonly #faults = new Map<string, Fault>()
  /** Problems that no line is left for. */
  #more = 0

  add({ definition, id, problems, revision, version }: Failing): void {
    for (const { path, problem } of problems) {
      // The same field of every element is one fault.
      const place = path.replaceAll(/\[\d+\]/g, '[]')
      const text = place === '' ? problem : `${place}: ${problem}`
      const key = JSON.stringify([definition, version, text])
      const known = this.#faults.get(key)
      const actor = `${addressText(id)} (revision ${revision})`
      if (known !== undefined) {
        known.count += 1
        if (known.actors.length < NAMED && !known.actors.includes(actor)) known.actors.push(actor)
      } else if (this.#faults.size < FAULTS) {
        this.#faults.set(key, { definition, version, text, actors: [actor], count: 1 })
      } else {
        this.#more += 1
      }
    }
  }

  /** The commonest first. */
  lines(): readonly string[] {
    const sorted = [...this.#faults.values()].toSorted((left, right) => right.count - left.count)
    const lines = sorted.flatMap(({ actors, count, definition, text, version }) => {
      const what = version === null ? definition : `${definition}, stored with version ${version}`
      const more = count - actors.length
      return [`${what}: ${text}`, `  ${actors.join(', ')}${more > 0 ? `, and ${more} more` : ''}`]
    })
    return this.#more === 0 ? lines : [...lines, `and ${this.#more} problems more`]
  }
}
