// A SQLite store that counts how what it was told to expect came.

import type { Commit } from '../../src/ports/index.ts'
import { SqliteStore } from '../../src/stores/sqlite/index.ts'

export class Watched extends SqliteStore {
  private beginning: Commit[] = []
  /** How many it was told of. */
  told = 0
  met = 0
  inVain = 0

  override expect(beginning: readonly Commit[]): void {
    this.beginning.push(...beginning)
    this.told += beginning.length
    super.expect(beginning)
  }

  override commit(group: readonly Commit[]): ReturnType<SqliteStore['commit']> {
    const { beginning } = this
    this.beginning = []
    if (beginning.every((commit, at) => commit === group[at])) this.met += beginning.length
    else this.inVain += beginning.length
    return super.commit(group)
  }
}
