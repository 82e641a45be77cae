// Statements that change what is stored, and what became of them. Each names its place in a lane (sql/lanes.ts), so that
// one whose answer got lost is settled: the database says whether it was applied, and if not, that it never will be. Then
// it is sent again under a new number. What is never known within the time of an outage is told as such.
//
// Invariant: `applied` and `refused` are the truth; nothing is guessed.

import type { SpawnError } from '../../base/index.ts'
import { type Lane, Lanes } from '../sql/lanes.ts'
import type { Patience } from '../sql/patience.ts'
import type { Statement, Value } from './connection.ts'
import type { Database } from './database.ts'
import { fateOf } from './failures.ts'

export type Written = 'applied' | 'refused'

/** Text for a statement whose first values say who writes: see `lanePlaces`. */
const SETTLE: Statement = { name: 'spawn_settle', text: 'SELECT spawn.settle_1($1, $2, $3)' }

const NOTHING_DONE = 'nothing was committed'
const MAY_BE_DONE = 'what was sent may have happened'

export class Writing {
  readonly #database: Database
  readonly #lanes: Lanes

  constructor(database: Database) {
    this.#database = database
    this.#lanes = new Lanes(database.options.random)
  }

  /**
   * @param values what follows the writer, its lane and the lane's number.
   * @throws SpawnError that says whether it may have happened.
   */
  async write(statement: Statement, values: readonly Value[]): Promise<Written> {
    let lane = this.#lanes.take()
    const patience = this.#database.patience()
    try {
      for (;;) {
        const fate = await this.#send(lane, statement, values, patience)
        if (fate === 'applied' || fate === 'refused') return fate
        if (fate === 'laneLost') lane = this.#lanes.fresh()
      }
    } finally {
      this.#lanes.giveBack(lane)
    }
  }

  /** `again`: it was surely not applied. */
  async #send(
    lane: Lane,
    statement: Statement,
    values: readonly Value[],
    patience: Patience,
  ): Promise<Written | 'again' | 'laneLost'> {
    const { writer, number } = lane
    const sequence = (lane.sequence += 1)
    try {
      await this.#database.use((connection) =>
        connection.query(statement, [writer, number, sequence, ...values]),
      )
      return 'applied'
    } catch (thrown) {
      const fate = fateOf(thrown)
      if (fate === 'refused' || fate === 'laneLost') return fate
      if (fate === 'unknown') return (await this.#wasApplied(lane, thrown, patience)) ? 'applied' : 'again'
      if (fate === 'final' || !(await patience.again())) throw this.#database.error(thrown, NOTHING_DONE)
      return 'again'
    }
  }

  /** Whether the lane's last statement was applied; if not, it never will be. */
  async #wasApplied({ number, sequence, writer }: Lane, lost: unknown, patience: Patience): Promise<boolean> {
    for (let cause = lost; ;) {
      if (!(await patience.again())) throw this.#doubt(cause)
      try {
        const rows = await this.#database.use((connection) =>
          connection.query(SETTLE, [writer, number, sequence]),
        )
        return rows[0]?.[0] === true
      } catch (thrown) {
        if (fateOf(thrown) === 'final') throw this.#doubt(thrown)
        cause = thrown
      }
    }
  }

  #doubt(cause: unknown): SpawnError {
    return this.#database.error(cause, MAY_BE_DONE)
  }
}
