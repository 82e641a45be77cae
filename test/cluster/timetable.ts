// When the calls of one caller are due. Decides that alone, and goes by nothing that happens to calls: one that is late puts off
// no other, and who is behind is due at once until it has caught up. So a load stays what was asked for while answers are
// slow, and how long a caller has waited can be counted from when its call was due.

export class Timetable {
  readonly #everyMs: number
  #dueAt: number

  /** @param everyMs 0: there is none; each call is due when it is asked for. */
  constructor(firstAt: number, everyMs: number) {
    this.#dueAt = firstAt
    this.#everyMs = everyMs
  }

  /** When the next call is due; may be over. */
  next(now: number): number {
    if (this.#everyMs === 0) return now
    const dueAt = this.#dueAt
    this.#dueAt += this.#everyMs
    return dueAt
  }
}
