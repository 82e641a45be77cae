// How the next group is expected to begin, as it is sealed already: the store behind knows its commits again only as the same
// objects. Decides whether a group begins so. An actor with a key of its own may lose it with its life at any time, so
// what is expected of one is left out, and with it all that comes behind it.
//
// Invariant: what was sealed is handed out once, for the commits that it was sealed from.

import type { Commit } from '../../ports/index.ts'
import type { SealedCommit } from './fields.ts'

const NONE: readonly never[] = []

export class Expected {
  #commits: Commit[] = []
  #sealed: SealedCommit[] = []
  #isLeftOut = false

  /** @returns whether the store behind is told. */
  takes(beginning: readonly Commit[], isOwned: (commit: Commit) => boolean): boolean {
    if (!this.#isLeftOut) this.#isLeftOut = beginning.some(isOwned)
    return !this.#isLeftOut
  }

  add(beginning: readonly Commit[], sealed: readonly SealedCommit[]): void {
    for (const commit of beginning) this.#commits.push(commit)
    for (const commit of sealed) this.#sealed.push(commit)
  }

  /** Of a group that is committed now: its first commits as they are sealed. */
  end(group: readonly Commit[]): readonly SealedCommit[] {
    const [commits, sealed] = [this.#commits, this.#sealed]
    this.#isLeftOut = false
    if (commits.length === 0) return NONE
    this.#commits = []
    this.#sealed = []
    return commits.every((commit, at) => commit === group[at]) ? sealed : NONE
  }
}
