// The statements that a session has prepared. Decides how one is executed: the first time only when the server has said that it is
// prepared, later at once, one behind the other without waiting. So the first group of commits of a shape is two round trips in a
// session, and every other is one.
//
// That is because of what the driver (3.5.4) does by itself: it sends the first execution along with the preparation. Where the
// server has no room for another prepared statement it then executes the one before it with the new values, and if that answers
// rows, as what reads does and a block that refuses, the driver throws where nobody can catch it, and the process ends.
//
// Invariant: these statements go over in the order in which they were asked, also behind one that is being prepared.

/** What is used of the driver. */
export interface PreparingClient {
  prepare(sql: string): Promise<{ close(): void }>
  execute(sql: { readonly sql: string }, values: readonly unknown[]): Promise<unknown>
}

/** Below what the driver keeps: one that it has dropped would be prepared along with its execution again. */
const MOST = 250

export class Prepared {
  readonly #client: PreparingClient
  readonly #known = new Set<string>()
  /** What those that are asked now come behind; null: nothing is being prepared. */
  #last: Promise<unknown> | null = null

  constructor(client: PreparingClient) {
    this.#client = client
  }

  execute(sql: string, values: readonly unknown[]): Promise<unknown> {
    if (this.#last === null && this.#known.has(sql)) return this.#client.execute({ sql }, values)
    const ready = this.#readyBehind(this.#last, sql)
    this.#last = ready
    const isOver = (): void => {
      if (this.#last === ready) this.#last = null
    }
    const answer = ready.then(() => this.#client.execute({ sql }, values))
    ready.then(isOver, isOver)
    return answer
  }

  async #readyBehind(before: Promise<unknown> | null, sql: string): Promise<void> {
    // What became of that one, its own caller is told.
    await before?.catch(() => {})
    if (this.#known.has(sql)) return
    const statement = await this.#client.prepare(sql)
    // It stays where the driver keeps it.
    statement.close()
    if (this.#known.size === MOST) this.#known.clear()
    this.#known.add(sql)
  }
}
