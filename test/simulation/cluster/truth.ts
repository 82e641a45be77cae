// What is true in a simulated cluster, whatever its members believe: the store that all share, what was acknowledged to anybody,
// and what was seen to be wrong. Judges each turn as it runs: no read may be older than what was acknowledged to anybody
// before, and no two members may hold one actor while both have their leases.

export interface Row {
  /** Its revision is its length. */
  readonly adds: readonly string[]
}

const NOTHING: Row = { adds: [] }

/** A member, as far as it is judged. */
export interface Judged {
  readonly name: string
  /** Whether it would serve an actor that it has in memory, if it were asked now. */
  holds(actor: string): boolean
  inMemory(): Iterable<string>
}

export class Truth {
  readonly violations: string[] = []
  readonly members: Judged[] = []
  /** By member and envelope: when it was handed on. */
  readonly handedAtMs = new Map<string, number>()
  readonly #rows = new Map<string, Row>()
  readonly #acknowledged = new Map<string, number>()
  /** By actor: on which member it had its last turn. */
  readonly #lastHolder = new Map<string, string>()
  /** How often a turn ran on another member than the one before it. */
  moved = 0

  load(actor: string): Row {
    return this.#rows.get(actor) ?? NOTHING
  }

  /** The fence: behind the revision that stands, or not at all. */
  commit(actor: string, follows: number, id: string): boolean {
    const { adds } = this.load(actor)
    if (adds.length !== follows) return false
    this.#rows.set(actor, { adds: [...adds, id] })
    return true
  }

  /** As it was found elsewhere. */
  found(actor: string, adds: readonly string[]): void {
    this.#rows.set(actor, { adds })
  }

  acknowledge(actor: string, revision: number): void {
    this.#acknowledged.set(actor, Math.max(this.#acknowledged.get(actor) ?? 0, revision))
  }

  /** A turn of an actor runs on a member, and sees this revision. */
  serve(by: Judged, actor: string, revision: number): void {
    const acknowledged = this.#acknowledged.get(actor) ?? 0
    if (revision < acknowledged)
      this.violations.push(
        `stale: ${by.name} shows revision ${revision} of ${actor}, ${acknowledged} was acknowledged`,
      )
    this.#onlyBy(by, actor)
    const last = this.#lastHolder.get(actor)
    if (last !== undefined && last !== by.name) this.moved += 1
    this.#lastHolder.set(actor, by.name)
  }

  /** Whatever is called: who would serve an actor is the only one. */
  look(): void {
    const holders = new Map<string, Judged>()
    for (const member of this.members) {
      for (const actor of member.inMemory()) {
        if (!member.holds(actor)) continue
        const other = holders.get(actor)
        if (other !== undefined) this.#doubled(member, other, actor)
        holders.set(actor, member)
      }
    }
  }

  #onlyBy(by: Judged, actor: string): void {
    const other = this.members.find((member) => member !== by && member.holds(actor))
    if (other !== undefined) this.#doubled(by, other, actor)
  }

  #doubled(by: Judged, other: Judged, actor: string): void {
    this.violations.push(`two holders: ${by.name} and ${other.name} hold ${actor}`)
  }

  actors(): Iterable<string> {
    return this.#rows.keys()
  }
}
