// Another program in the simulation: it follows the facts while the system lives, dies and begins again, and keeps the position
// of the last one that it has seen. It asks whichever life serves; what fails is asked again from the same position.

import type { Clock } from '../../src/base/index.ts'
import { below, seededRandom } from '../../src/base/index.ts'
import type { Fact, FactsPage } from '../../src/ports/index.ts'
import type { Life } from './life.ts'

const MOST_PAUSE_MS = 40
const MOST_FACTS = 7
/** How long it waits for an answer: a store may hang. */
const PATIENCE_MS = 1_000

export class Follower {
  readonly #clock: Clock
  readonly #life: () => Life | undefined
  readonly #seen: Fact[] = []
  #position = 0
  /** How many times it was told anything. */
  #pages = 0

  constructor(clock: Clock, life: () => Life | undefined) {
    this.#clock = clock
    this.#life = life
  }

  /** Reads until it is told to stop, in pages of chance. */
  async follow(seed: number, isOver: () => boolean): Promise<void> {
    const random = seededRandom(seed)
    while (!isOver()) {
      await this.#pause(1 + below(random, MOST_PAUSE_MS))
      await this.#look(1 + below(random, MOST_FACTS))
    }
  }

  async #look(limit: number): Promise<void> {
    const life = this.#life()
    if (life === undefined) return
    const read = life.runtime.facts.read({ after: this.#position, limit }).catch(() => null)
    const none = Promise.race([life.dead, this.#pause(PATIENCE_MS)]).then(() => null)
    const page: FactsPage | null = await Promise.race([read, none])
    if (page === null) return
    this.#pages += 1
    this.#seen.push(...page.facts)
    this.#position = page.next
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => void this.#clock.after(ms, resolve))
  }

  /** What it has missed or seen twice, of all that stand in the end: it may not have come to the last of them. */
  faults(all: readonly Fact[]): string[] {
    const behind = all.filter(({ position }) => position <= this.#position)
    const seen = this.#seen.map(({ id }) => id)
    if (seen.join() === behind.map(({ id }) => id).join()) return []
    return [
      `follower: up to position ${this.#position} there are ${behind.length} facts, and in ${this.#pages} pages it saw ${seen.length}, not the same`,
    ]
  }
}
