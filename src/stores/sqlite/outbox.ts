// The outbox of a store file: envelopes that stand, in the journal's generations and in the table below them. Decides
// whether what a commit takes stands, and the place of what it sends.
//
// Invariants:
//  - What a group does is staged until its row in the journal is durable (`keep`) or is known not to be (`forget`). Nobody
//    asks for anything in between. What is sent for the first time, and what is taken that nothing below has, is only noted
//    then, and entered when it is durable: nobody waits for that any more.
//  - A place is given once. The last one given stands in the file with the folded sequence, and the journal's rows say
//    from which there on; so applying them again gives the same ones.
//  - Folding an entry writes how its id stands at the end of the generation, whatever the table has. So a generation that
//    was folded in part may be folded again from its beginning, as it is after a crash.

import type { Envelope, StandingEnvelope } from '../../ports/index.ts'
import { dropEnvelopes, type FramedCommit } from '../frames/frame.ts'
import type { OutboxTable } from './outbox-table.ts'
import { PendingEnvelope, PendingOutbox, UNKNOWN_PLACE } from './pending-outbox.ts'

/** Sends among which an id is looked for one by one. */
const FEW = 8

export class Outbox {
  readonly #table: OutboxTable
  #open = new PendingOutbox()
  #folding: PendingOutbox | null = null
  /** What the group has put into the open generation, and what was there before. */
  #staged: PendingEnvelope[] = []
  #before: (PendingEnvelope | undefined)[] = []
  /** What is to enter the open generation, and to leave it: after all that is staged, or before anybody looks for it. */
  readonly #entering: PendingEnvelope[] = []
  readonly #leaving: PendingEnvelope[] = []
  /** What the open generation has of what the commit takes that was accepted last; and the places below it. */
  readonly #taken: (PendingEnvelope | undefined)[] = []
  readonly #takenFrom: number[] = []
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

  /** Whether all that it takes stands, as it must, with what is staged. */
  accepts({ family: { system }, occasions, takes }: FramedCommit): boolean {
    if (occasions.length > 0) this.#enter()
    for (const [id, dueAtMs] of occasions) if (this.find(system, id)?.dueAtMs !== dueAtMs) return false
    for (const [at, id] of takes.entries()) {
      let known = this.#open.get(system, id)
      if (known === undefined && this.#entering.length > 0) {
        this.#enter()
        known = this.#open.get(system, id)
      }
      const placeBelow = known?.placeBelow ?? this.#placeBelow(system, id)
      if ((known?.place ?? placeBelow) === 0 || known?.isLeaving === true) return false
      this.#taken[at] = known
      this.#takenFrom[at] = placeBelow
    }
    return true
  }

  /** Takes and sends, within the group so far; keeps nothing of the commit. For the commit that it `accepts` just now. */
  stage(commit: FramedCommit): void {
    const { sends, takes } = commit
    if (sends.length === 0 && takes.length === 0) return
    const { system } = commit.family
    dropEnvelopes(commit)
    for (const envelope of sends) this.#send(system, envelope)
    // What it takes and sends again stands on in its place, so the takes come last.
    const sent = sends.length > FEW && takes.length > 0 ? new Set(sends.map(({ id }) => id)) : null
    for (const [at, id] of takes.entries()) {
      if (sends.length > 0) {
        const isSent = sent === null ? sends.some((envelope) => envelope.id === id) : sent.has(id)
        if (isSent) continue
      }
      const known = this.#taken[at]
      if (known !== undefined && known.placeBelow === 0) {
        known.isLeaving = true
        this.#leaving.push(known)
      } else this.#take(system, id, this.#takenFrom[at] ?? UNKNOWN_PLACE, known)
    }
    this.#taken.length = 0
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
    this.#staged.length = 0
    this.#before.length = 0
    for (const entry of this.#entering) this.#open.put(entry)
    for (const entry of this.#leaving) this.#open.remove(entry)
    this.#entering.length = 0
    this.#leaving.length = 0
    this.#lastPlace = this.#stagedPlace
  }

  /** What is staged never was. */
  forget(): void {
    this.#entering.length = 0
    for (const entry of this.#leaving) entry.isLeaving = false
    this.#leaving.length = 0
    for (let at = this.#staged.length - 1; at >= 0; at -= 1) {
      const entry = this.#staged[at]
      if (entry !== undefined) this.#open.putBack(entry, this.#before[at])
    }
    this.#staged.length = 0
    this.#before.length = 0
    this.#stagedPlace = this.#lastPlace
    this.takePlacesGiven()
  }

  /**
   * Applies what a crash has left in the journal: a commit that was accepted, and the places that its row names. Nobody
   * may ask for anything before all of it is folded.
   *
   * @param nextPlace answers the place of the next envelope that the row's commits send; undefined: the next one there is.
   */
  applyAgain(commit: FramedCommit, nextPlace: () => number | undefined): void {
    const { sends, takes } = commit
    const { system } = commit.family
    dropEnvelopes(commit)
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
    const entries: PendingEnvelope[] = []
    this.#folding.visit((entry) => entries.push(entry))
    return entries.sort((left, right) => left.place - right.place)
  }

  /** @returns about how many bytes it wrote. */
  fold({ envelope, id, place, placeBelow, system }: PendingEnvelope): number {
    if (envelope !== null) return this.#table.write(system, envelope, place, placeBelow > 0)
    this.#table.remove(system, id)
    return 0
  }

  /** The last place that the generation being folded has given, which is durable with the last of it. */
  get foldingPlace(): number {
    return this.#foldingPlace
  }

  endFolding(): void {
    this.#folding?.visit(({ id, placeBelow }) => {
      if (placeBelow > 0) this.#table.forget(id)
    })
    this.#folding = null
    this.#foldedPlace = this.#foldingPlace
  }

  /** Envelopes were put into the table, which have places up to this one. For when everything is folded. */
  raiseLastPlace(place: number): void {
    const raised = Math.max(this.#lastPlace, place)
    this.#lastPlace = raised
    this.#stagedPlace = raised
    this.#foldedPlace = raised
    this.#foldingPlace = raised
  }

  find(system: string, id: string): StandingEnvelope | null {
    const pending = this.#open.get(system, id) ?? this.#folding?.get(system, id)
    return pending === undefined ? this.#table.find(system, id) : pending.standing
  }

  /** The entries of a system's envelopes that stand in the generations, but for facts. */
  *pending(system: string): Generator<PendingEnvelope> {
    for (const entry of this.#open.ofSystem(system)) if (entry.envelope !== null) yield entry
    for (const entry of this.#folding?.ofSystem(system) ?? []) {
      // By its place: who is looked for by its id must be found by it.
      if (entry.envelope !== null && !this.#open.covers(entry.place)) yield entry
    }
  }

  /** Those of its facts, at places behind one. */
  *pendingFacts(system: string, after: number): Generator<PendingEnvelope> {
    for (const entry of this.#folding?.factsOf(system, after) ?? []) {
      if (!this.#open.covers(entry.place)) yield entry
    }
    yield* this.#open.factsOf(system, after)
  }

  /** Whether the table's row at a place is not as things stand: the generations know better. */
  isOutdated(place: number): boolean {
    return place > this.#foldedPlace || this.#open.covers(place) || this.#folding?.covers(place) === true
  }

  #send(system: string, envelope: Envelope): void {
    if (envelope.isNew === true) {
      const place = (this.#stagedPlace += 1)
      ;(this.#placesGiven ??= []).push(place)
      this.#entering.push(new PendingEnvelope(system, envelope.id, envelope, place, 0))
      return
    }
    this.#enter()
    const known = this.#open.get(system, envelope.id)
    const placeBelow = known?.placeBelow ?? this.#placeBelow(system, envelope.id)
    let place = known === undefined ? placeBelow : known.place
    if (place === 0) place = this.#stagedPlace += 1
    else this.#hasKept = true
    ;(this.#placesGiven ??= []).push(place)
    this.#put(new PendingEnvelope(system, envelope.id, envelope, place, placeBelow), known)
  }

  #take(system: string, id: string, placeBelow: number, known: PendingEnvelope | undefined): void {
    this.#put(new PendingEnvelope(system, id, null, 0, placeBelow), known)
  }

  /** Stages what was only noted: somebody may look for it. */
  #enter(): void {
    for (const entry of this.#entering) this.#put(entry, undefined)
    this.#entering.length = 0
    for (const entry of this.#leaving) {
      entry.isLeaving = false
      this.#take(entry.system, entry.id, 0, entry)
    }
    this.#leaving.length = 0
  }

  #put(entry: PendingEnvelope, known: PendingEnvelope | undefined): void {
    this.#open.put(entry)
    this.#staged.push(entry)
    this.#before.push(known)
  }

  /** Where it stands without what the open generation says of it; 0: nowhere. */
  #placeBelow(system: string, id: string): number {
    return this.#folding?.get(system, id)?.place ?? this.#table.place(system, id)
  }
}
