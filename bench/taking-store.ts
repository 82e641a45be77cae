// The SQLite store, and how many envelopes its commits have taken: deliveries whose turn is durable. What a subject
// counts where nobody is answered.

import { SqliteStore } from 'spawn-mesh/stores/sqlite'

export class TakingStore extends SqliteStore {
  /** Since it was made. */
  taken = 0
  private readonly askers: { readonly count: number; readonly reached: () => void }[] = []

  override async commit(
    ...[group]: Parameters<SqliteStore['commit']>
  ): Promise<Awaited<ReturnType<SqliteStore['commit']>>> {
    const verdicts = await super.commit(group)
    for (const [at, { takes }] of group.entries())
      if (verdicts[at] === 'committed') this.taken += takes.length
    while (this.askers.length > 0 && this.askers[0]!.count <= this.taken) this.askers.shift()?.reached()
    return verdicts
  }

  /** Resolves when so many have been taken. Those who wait ask for no less than those before them. */
  reaches(count: number): Promise<void> {
    if (this.taken >= count) return Promise.resolve()
    return new Promise((reached) => {
      this.askers.push({ count, reached })
    })
  }
}
