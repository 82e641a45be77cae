// Which actors come to life by themselves: the named ones that keep a state, when their definition is there, and the timers of
// all that are called by their definition's name. In a cluster, on the member that cares for them, and again where they move.

import { isSpawnError, messageOf } from '../../base/index.ts'
import type { Cluster, Logger } from '../../ports/index.ts'
import { startAction } from '../builtin.ts'
import type { Calls } from '../calls.ts'
import type { Residents } from '../life/residents.ts'
import type { Timers } from '../post/timers.ts'

export interface BeginningsOptions {
  readonly calls: Calls
  readonly timers: Timers
  readonly logger: Logger
  /** Null: all actors live here. */
  readonly cluster: Cluster | null
}

export class Beginnings {
  private readonly options: BeginningsOptions
  /** All that this member may have to begin. */
  private all: readonly Residents[] = []
  /** Those that it has begun, or is about to. */
  private readonly own = new Set<Residents>()

  constructor(options: BeginningsOptions) {
    this.options = options
  }

  /** These are the definitions that are there now. */
  defined(all: readonly Residents[]): void {
    this.all = all.filter(({ isUnnamed }) => !isUnnamed)
    for (const residents of this.own) if (residents.isReplaced) this.own.delete(residents)
    this.placed()
  }

  /** Who lives where may have changed. */
  placed(): void {
    const { cluster } = this.options
    for (const residents of this.all) {
      const { name } = residents.definition
      if (cluster !== null && !cluster.caresFor(name, name)) {
        this.own.delete(residents)
      } else if (!this.own.has(residents)) {
        this.own.add(residents)
        if (cluster === null) this.begin(residents)
        else void this.beginHere(cluster, residents)
      }
    }
  }

  /** None of them is in memory any more. */
  expelled(): void {
    this.own.clear()
  }

  private async beginHere(cluster: Cluster, residents: Residents): Promise<void> {
    const { name } = residents.definition
    try {
      await cluster.whenHere(name, name)
    } catch (thrown) {
      this.own.delete(residents)
      if (!isSpawnError(thrown)) throw thrown
      return
    }
    if (this.own.has(residents)) this.begin(residents)
  }

  private begin(residents: Residents): void {
    const { kind, stateful } = residents.definition
    this.options.timers.arm(residents, residents.own)
    if (kind === 'named' && stateful) void this.activate(residents)
  }

  private async activate(residents: Residents): Promise<void> {
    const { calls, logger } = this.options
    const { name } = residents.definition
    try {
      await calls.enqueue(residents, name, startAction, {}, null)
    } catch (error) {
      // It moved before it began: then it begins there.
      if (isSpawnError(error) && error.code === 'NOT_OWNER') return
      logger.error('a named actor does not start', { actor: name, error: messageOf(error) })
    }
  }
}
