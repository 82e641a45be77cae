// Statements that change what is stored, and what became of them. Each names its place in a lane (lanes.ts), so that one
// whose answer got lost is settled: the database says whether it was applied, and if not, that it never will be. Then it
// is sent again under a new number. What is never known within the time of an outage is told as such.
//
// Invariant: `applied` and `refused` are the truth; nothing is guessed.

import type { SpawnError } from '../../base/index.ts'
import type { Database } from './database.ts'
import { type Lane, Lanes } from './lanes.ts'
import type { Patience } from './patience.ts'
import type { Session } from './session.ts'

export type Written = 'applied' | 'refused'

/** Sends a statement under the lane's number, and resolves when it was applied. @throws what the vendor reads. */
export type Send<Opened> = (connection: Opened, lane: Lane) => Promise<void>

/** Whether the lane's last number was applied; if not, it never will be. */
export type Settle<Opened> = (connection: Opened, lane: Lane) => Promise<boolean>

const NOTHING_DONE = 'nothing was committed'
const MAY_BE_DONE = 'what was sent may have happened'

export class Writing<Opened extends Session> {
  readonly #database: Database<Opened>
  readonly #settle: Settle<Opened>
  readonly #lanes: Lanes

  constructor(database: Database<Opened>, settle: Settle<Opened>) {
    this.#database = database
    this.#settle = settle
    this.#lanes = new Lanes(database.options.random)
  }

  /** @throws SpawnError that says whether it may have happened. */
  async apply(send: Send<Opened>): Promise<Written> {
    let lane = this.#lanes.take()
    const patience = this.#database.patience()
    try {
      for (;;) {
        const fate = await this.#send(lane, send, patience)
        if (fate === 'applied' || fate === 'refused') return fate
        if (fate === 'laneLost') lane = this.#lanes.fresh()
      }
    } finally {
      this.#lanes.giveBack(lane)
    }
  }

  /** `again`: it was surely not applied. */
  async #send(lane: Lane, send: Send<Opened>, patience: Patience): Promise<Written | 'again' | 'laneLost'> {
    lane.sequence += 1
    try {
      await this.#database.use((connection) => send(connection, lane))
      return 'applied'
    } catch (thrown) {
      const fate = this.#database.vendor.fateOf(thrown)
      if (fate === 'refused' || fate === 'laneLost') return fate
      if (fate === 'unknown') return (await this.#wasApplied(lane, thrown, patience)) ? 'applied' : 'again'
      if (fate === 'final' || !(await patience.again())) throw this.#database.error(thrown, NOTHING_DONE)
      return 'again'
    }
  }

  async #wasApplied(lane: Lane, lost: unknown, patience: Patience): Promise<boolean> {
    for (let cause = lost; ;) {
      if (!(await patience.again())) throw this.#doubt(cause)
      try {
        return await this.#database.use((connection) => this.#settle(connection, lane))
      } catch (thrown) {
        if (this.#database.vendor.fateOf(thrown) === 'final') throw this.#doubt(thrown)
        cause = thrown
      }
    }
  }

  #doubt(cause: unknown): SpawnError {
    return this.#database.error(cause, MAY_BE_DONE)
  }
}
