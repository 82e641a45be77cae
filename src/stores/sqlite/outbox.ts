// The outbox of a store file: envelopes that stand, in the journal's generations and in the table below them. Decides
// whether what a commit takes stands, and the place of what it sends.
//
// Invariants:
//  - What a group does is staged, and counts only when its row in the journal is durable (`keep`), or not at all
//    (`forget`).
//  - A place is given once. The last one given stands in the file with the folded sequence, and the journal's rows say
//    from which there on; so applying them again gives the same ones.
//  - Folding an entry writes how its id stands at the end of the generation, whatever the table has. So a generation that
//    was folded in part may be folded again from its beginning, as it is after a crash.

import type { Envelope, StandingEnvelope } from '../../ports/index.ts'
import type { FramedCommit } from './frame.ts'
import type { OutboxTable } from './outbox-table.ts'
import { PendingEnvelope, PendingOutbox, UNKNOWN_PLACE } from './pending-outbox.ts'

export class Outbox {
  readonly #table: OutboxTable
  readonly #staged = new PendingOutbox()
  #open = new PendingOutbox()
  #folding: PendingOutbox | null = null
  /** The places of what the frame's accepted commits send, in order; null: nothing yet. */
  #placesGiven: number[] | null = null
  #hasKept = false
  /** The last place given: durably, and by what is staged. */
  #lastPlace: number
  #stagedPlace: number
  /** And by what is folded as a whole, or is being folded. Rows of the table beyond the first are of a fold under way. */
  #foldedPlace: number
  #foldingPlace: number

  constructor(table: OutboxTable, foldedPlace: number) {
    this.#table = table
    this.#lastPlace = foldedPlace
    this.#stagedPlace = foldedPlace
    this.#foldedPlace = foldedPlace
    this.#foldingPlace = foldedPlace
  }

  /** Whether all that it takes stands, with what is staged. */
  accepts({ family: { system }, takes }: FramedCommit): boolean {
    return takes.every((id) => this.#stands(system, id))
  }

  /** Takes and sends, within the group so far. For a commit that it `accepts`. */
  stage({ family: { system }, sends, takes }: FramedCommit): void {
    if (sends.length === 0 && takes.length === 0) return
    for (const envelope of sends) this.#send(system, envelope)
    // What it takes and sends again stands on in its place, so the takes come last.
    const sent = sends.length === 0 ? null : new Set(sends.map(({ id }) => id))
    for (const id of takes) {
      if (sent?.has(id) === true) continue
      const placeBelow = this.#staged.get(system, id)?.placeBelow ?? this.#placeBelowGroup(system, id)
      this.#staged.put(new PendingEnvelope(system, id, null, 0, placeBelow))
    }
  }

  /** Ends a frame: the places of all that it sends, in order; null when each has just the next one. */
  takePlacesGiven(): readonly number[] | null {
    const placesGiven = this.#hasKept ? this.#placesGiven : null
    this.#placesGiven = null
    this.#hasKept = false
    return placesGiven
  }

  /** The group is durable. */
  keep(): void {
    for (const entry of this.#staged) {
      const known = this.#open.get(entry.system, entry.id)
      this.#open.put(known === undefined ? entry : over(known, entry))
    }
    this.#staged.clear()
    this.#lastPlace = this.#stagedPlace
  }

  /** What is staged never was. */
  forget(): void {
    this.#staged.clear()
    this.#stagedPlace = this.#lastPlace
    this.takePlacesGiven()
  }

  /**
   * Applies what a crash has left in the journal: a commit that was accepted, and the places that its row names. Nobody
   * may ask for anything before all of it is folded.
   *
   * @param nextPlace answers the place of the next envelope that the row's commits send; undefined: the next one there is.
   */
  applyAgain({ family: { system }, sends, takes }: FramedCommit, nextPlace: () => number | undefined): void {
    // Part of this may be in the table, so that the table cannot say what stood there before.
    for (const id of takes) this.#open.put(new PendingEnvelope(system, id, null, 0, UNKNOWN_PLACE))
    for (const envelope of sends) {
      const place = nextPlace() ?? this.#lastPlace + 1
      this.#lastPlace = Math.max(this.#lastPlace, place)
      this.#open.put(new PendingEnvelope(system, envelope.id, envelope, place, UNKNOWN_PLACE))
    }
    this.#stagedPlace = this.#lastPlace
  }

  /** @returns what is to be folded, in the order of the table's key. */
  beginFolding(): PendingEnvelope[] {
    this.#folding = this.#open
    this.#foldingPlace = this.#lastPlace
    this.#open = new PendingOutbox()
    return [...this.#folding].sort((left, right) => left.place - right.place)
  }

  /** @returns about how many bytes it wrote. */
  fold({ envelope, id, place, system }: PendingEnvelope): number {
    if (envelope === null) {
      this.#table.remove(system, id)
      return 0
    }
    this.#table.write(system, envelope, place)
    return envelope.header.length + (envelope.payload?.value.length ?? 0)
  }

  /** The last place that the generation being folded has given, which is durable with the last of it. */
  get foldingPlace(): number {
    return this.#foldingPlace
  }

  endFolding(): void {
    this.#folding = null
    this.#foldedPlace = this.#foldingPlace
    this.#table.settle()
  }

  find(system: string, id: string): StandingEnvelope | null {
    const pending = this.#open.get(system, id) ?? this.#folding?.get(system, id)
    return pending === undefined ? this.#table.find(system, id) : pending.standing
  }

  /** The entries of a system's envelopes that stand in the generations. */
  *pending(system: string): Generator<PendingEnvelope> {
    for (const entry of this.#open.ofSystem(system)) if (entry.envelope !== null) yield entry
    for (const entry of this.#folding?.ofSystem(system) ?? []) {
      if (entry.envelope !== null && this.#open.get(system, entry.id) === undefined) yield entry
    }
  }

  /** Whether the table's row at a place is not as things stand: the generations know better. */
  isOutdated(place: number): boolean {
    return place > this.#foldedPlace || this.#open.covers(place) || this.#folding?.covers(place) === true
  }

  #send(system: string, envelope: Envelope): void {
    const known = this.#staged.get(system, envelope.id)
    const placeBelow = known?.placeBelow ?? this.#placeBelowGroup(system, envelope.id)
    let place = known === undefined ? placeBelow : known.place
    if (place === 0) place = this.#stagedPlace += 1
    else this.#hasKept = true
    ;(this.#placesGiven ??= []).push(place)
    this.#staged.put(new PendingEnvelope(system, envelope.id, envelope, place, placeBelow))
  }

  #stands(system: string, id: string): boolean {
    const known = this.#staged.get(system, id)
    return (known === undefined ? this.#placeBelowGroup(system, id) : known.place) !== 0
  }

  /** 0: it did not stand before the group. */
  #placeBelowGroup(system: string, id: string): number {
    const pending = this.#open.get(system, id) ?? this.#folding?.get(system, id)
    return pending === undefined ? this.#table.place(system, id) : pending.place
  }
}

/** What a generation knows of an envelope, after what a group has done to it. */
function over(
  { placeBelow }: PendingEnvelope,
  { envelope, id, place, system }: PendingEnvelope,
): PendingEnvelope {
  return new PendingEnvelope(system, id, envelope, place, placeBelow)
}
