// Write-behind for `durability: 'snapshot'`: which states were acknowledged and are still owed to the store, and when
// they are written. A crash loses what is owed, at most snapshotTimeoutMs of it; a turn with `checkpoint` owes nothing.

import type { Clock } from '../../base/index.ts'
import type { Packed } from '../../protocol/index.ts'
import type { Activation } from './activation.ts'
import type { Committer } from '../committer.ts'
import type { Residents } from './residents.ts'

export class Snapshots {
  private readonly clock: Clock
  private readonly committer: Committer
  /** The newest encoded state of each actor that owes one, by definition: those of one are written together. */
  private readonly owed = new Map<Residents, Map<Activation, Packed | null>>()

  constructor(clock: Clock, committer: Committer) {
    this.clock = clock
    this.committer = committer
  }

  /** An actor's new state was acknowledged and is to be written at the next snapshot. */
  owe(activation: Activation, state: Packed | null): void {
    const { residents } = activation
    let states = this.owed.get(residents)
    if (states === undefined) {
      states = new Map()
      this.owed.set(residents, states)
      this.clock.after(residents.definition.snapshotTimeoutMs, () => this.write(residents), {
        background: true,
      })
    }
    activation.snapshotOwed = true
    states.set(activation, state)
  }

  /** Writes everything that is owed, now. */
  writeAll(): void {
    for (const residents of this.owed.keys()) this.write(residents)
  }

  /** Writes what the actors of a definition owe, now. */
  write(residents: Residents): void {
    const states = this.owed.get(residents)
    if (states === undefined) return
    this.owed.delete(residents)
    for (const [activation, state] of states) {
      if (activation.phase === 'ready' && activation.snapshotOwed) {
        this.committer.submit(activation, state, null, null)
      }
    }
  }
}
