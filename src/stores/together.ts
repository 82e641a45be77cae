// Questions that are asked in the same moment reach a store together: each way there costs more than the
// looking up. Decides what is asked together; the answers come in the order of the questions.
//
// Invariant: what cannot be read fails the question that asks for it, and no other.

import { assert, type Clock, isSpawnError } from '../base/index.ts'

export class Together<Question, Answer> {
  readonly #clock: Clock
  readonly #askAll: (questions: readonly Question[]) => Promise<readonly Answer[]>
  #questions: Question[] = []
  #answers: Promise<readonly Answer[]> | null = null

  constructor(clock: Clock, askAll: (questions: readonly Question[]) => Promise<readonly Answer[]>) {
    this.#clock = clock
    this.#askAll = askAll
  }

  async ask(question: Question): Promise<Answer> {
    const at = this.#questions.push(question) - 1
    this.#answers ??= this.#askSoon()
    try {
      return answerAt(await this.#answers, at)
    } catch (thrown) {
      if (!isSpawnError(thrown) || thrown.code !== 'STATE_UNREADABLE') throw thrown
      return answerAt(await this.#askAll([question]), 0)
    }
  }

  async #askSoon(): Promise<readonly Answer[]> {
    await new Promise<void>((resolve) => {
      this.#clock.defer(resolve)
    })
    const questions = this.#questions
    this.#questions = []
    this.#answers = null
    return this.#askAll(questions)
  }
}

function answerAt<Answer>(answers: readonly Answer[], at: number): Answer {
  assert(at < answers.length, 'each question has an answer')
  return answers[at] as Answer
}
