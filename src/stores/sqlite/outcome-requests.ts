// Outcomes that are asked for in the same moment cross to the store's thread together: each crossing costs more than the
// looking up. Decides what is asked together; the answers come in the order of the questions.

import type { Clock } from '../../base/index.ts'
import type { OutcomeRecord } from '../../ports/index.ts'
import type { ActorId } from '../../protocol/index.ts'

export interface OutcomeQuestion {
  readonly id: ActorId
  readonly key: string
}

export type Outcomes = readonly (OutcomeRecord | null)[]

export class OutcomeRequests {
  readonly #clock: Clock
  readonly #ask: (questions: readonly OutcomeQuestion[]) => Promise<Outcomes>
  #questions: OutcomeQuestion[] = []
  #answers: Promise<Outcomes> | null = null

  constructor(clock: Clock, ask: (questions: readonly OutcomeQuestion[]) => Promise<Outcomes>) {
    this.#clock = clock
    this.#ask = ask
  }

  async load(question: OutcomeQuestion): Promise<OutcomeRecord | null> {
    const at = this.#questions.push(question) - 1
    this.#answers ??= this.#askSoon()
    return (await this.#answers)[at] ?? null
  }

  async #askSoon(): Promise<Outcomes> {
    await new Promise<void>((resolve) => {
      this.#clock.defer(resolve)
    })
    const questions = this.#questions
    this.#questions = []
    this.#answers = null
    return this.#ask(questions)
  }
}
