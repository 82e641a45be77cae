// A group's plan as the values of the commit statement: rows of actors as they are (inline-actors.ts), other rows in JSON with
// all their bytes in one, but for the large ones (large-bytes.ts). Decides how it is written down, and how much goes into
// one packet: a group that is larger than the server takes comes in several parts, in the order in which the statement does
// things.

import type { Commit } from '../../ports/index.ts'
import type { Packed } from '../../protocol/index.ts'
import { expiryMs, keepsHistory } from '../history.ts'
import { boxNumber } from '../sql/box-number.ts'
import type { GroupPlan, PlannedOutcome, SentEnvelope, TakenEnvelope } from '../sql/group-plan.ts'
import { packTags } from '../sql/tag-bytes.ts'
import { Bytes } from './bytes.ts'
import type { CommitForm } from './commit-statement.ts'
import type { Value } from './connection.ts'
import { InlineActors } from './inline-actors.ts'
import { addressText } from './json-rows.ts'
import { LargeBytes } from './large-bytes.ts'

/** A row of JSON may take up to so much besides its bytes: names, an id, numbers; each character six at the most. */
const ROW_ROOM = 16_384
/** What a packet has in it besides. */
const PACKET_ROOM = 16_384

/** Of a row of actors that is not in JSON, besides its names and its state: numbers, and a type. */
const INLINE_ROOM = 256

/** Where a row's bytes go. */
interface RowBytes {
  readonly small: Bytes
  /** Of the last ones; null: they are not large. */
  readonly large: LargeBytes | null
}

type List = 'needs' | 'outcomes' | 'places' | 'taken' | 'renewed' | 'swept' | 'sent'

/** A revision that is to be stored. */
interface Write {
  readonly commit: Commit
  /** What stands before it; 0: nothing. */
  readonly follows: number
}

/** @param packetBytes the most that goes over at once. */
export function partsOf(plan: GroupPlan, packetBytes: number): Part[] {
  const parts = new Parts(packetBytes - PACKET_ROOM)
  const { waves, checks } = wavesOf(plan)
  for (const wave of waves) {
    parts.wave()
    for (const write of wave) parts.actor(write)
  }
  for (const { id, needs } of checks) {
    const part = parts.add('needs', `[${addressText(id)},${needs.revision},${needs.birth}]`)
    if (needs.revision > 0) part.standing += 1
  }
  for (const outcome of plan.outcomes)
    parts.partFor(outcome.outcome.reply?.value.length ?? 0).outcome(outcome)
  const places = placesOf(plan.sends)
  for (const [system, { facts, given }] of places)
    parts.add('places', `[${JSON.stringify(system)},${given},${facts}]`)
  for (const taken of plan.taken) parts.add('taken', takenRow(taken))
  for (const taken of plan.renewed) parts.add('renewed', takenRow(taken))
  for (const swept of plan.swept) parts.add('swept', takenRow({ ...swept, dueAtMs: null }))
  for (const sent of plan.sends) {
    const { header, payload } = sent.envelope
    const system = places.get(sent.system)
    const behind = system === undefined ? 0 : --system.behind
    const length = Buffer.byteLength(header) + (payload?.value.length ?? 0)
    parts.partFor(length).sent(sent, behind)
  }
  return parts.all
}

/** Revisions of different actors, which are written together. */
interface Wave {
  /** Of those in JSON; see commit-statement.ts. */
  score: number
  readonly actors: string[]
  readonly policies: string[]
  /** Addresses of those that keep no past. */
  readonly forgotten: string[]
}

/** Of a system. */
interface Places {
  given: number
  /** How many of what is sent there are facts. */
  facts: number
  /** How many come after what is written down now. */
  behind: number
}

/** What goes over in one packet. */
export class Part {
  readonly #bytes = new Bytes()
  readonly #large = new LargeBytes()
  /** Of the first wave. */
  readonly #inline = new InlineActors()
  #inlineScore = 0
  readonly #waves: Wave[] = []
  readonly #lists: Record<List, string[]> = {
    needs: [],
    outcomes: [],
    places: [],
    taken: [],
    renewed: [],
    swept: [],
    sent: [],
  }
  /** How many of its needs are of actors that must be stored. */
  standing = 0
  #size = 0

  /** In bytes, about. */
  get size(): number {
    return this.#size + this.#bytes.length + this.#large.length
  }

  /** Which text of the statement it needs. */
  get form(): CommitForm {
    return { rows: this.#inline.size, pieces: this.#large.pieces.length }
  }

  /** The actors behind it may be those before it once more. */
  wave(): void {
    const last = this.#waves.at(-1)
    const isEmpty = this.#waves.length === 1 && last?.actors.length === 0 && this.#inline.rows === 0
    if (last === undefined || !isEmpty)
      this.#waves.push({ score: 0, actors: [], policies: [], forgotten: [] })
  }

  actor({ commit, follows }: Write): void {
    if (this.#waves.length === 0) this.wave()
    const wave = this.#waves.at(-1)
    if (wave === undefined) return
    // See commit-statement.ts.
    const score = follows === 0 ? 1 : 2
    const { birth, committedAtMs, history, id } = commit
    const address = addressText(id)
    if (this.#waves.length === 1 && this.#inline.takes(commit, follows)) {
      this.#inline.add(commit)
      this.#inlineScore += score
      this.#size += address.length + INLINE_ROOM + (commit.state?.value.length ?? 0)
    } else {
      const row = actorRow({ commit, follows }, address, this.#bytesFor(commit.state))
      wave.actors.push(row)
      wave.score += score
      this.#size += row.length
    }
    if (follows === 0) return
    if (!keepsHistory(history)) {
      wave.forgotten.push(`[${address}]`)
      this.#size += address.length
      return
    }
    const until = expiryMs(committedAtMs, history.durationMs)
    const policy = `[${address},${follows},${birth},${committedAtMs},${history.revisions},${until}]`
    wave.policies.push(policy)
    this.#size += policy.length
  }

  outcome(outcome: PlannedOutcome): void {
    this.add('outcomes', outcomeRow(outcome, this.#bytesFor(outcome.outcome.reply)))
  }

  sent(sent: SentEnvelope, behind: number): void {
    this.add('sent', sentRow(sent, behind, this.#bytesFor(sent.envelope.payload)))
  }

  add(list: List, row: string): void {
    this.#lists[list].push(row)
    this.#size += row.length
  }

  /** In the order of the statement's parameters, behind those that say who writes, and which part it is. */
  get values(): Value[] {
    const waves = this.#waves
    const { needs, outcomes, places, renewed, sent, swept, taken } = this.#lists
    return [
      waves.length,
      this.#inlineScore,
      listOf(waves.map(({ score }) => String(score))),
      waveLists(waves.map(({ actors }) => actors)),
      waveLists(waves.map(({ policies }) => policies)),
      waveLists(waves.map(({ forgotten }) => forgotten)),
      listOf(needs),
      this.standing,
      listOf(outcomes),
      listOf(places),
      listOf(taken),
      listOf(renewed),
      listOf(swept),
      listOf(sent),
      this.#bytes.written,
      this.#large.length,
      ...this.#large.pieces,
      ...this.#inline.values,
    ]
  }

  #bytesFor(packed: Packed | null): RowBytes {
    const isLarge = this.#large.takes(packed?.value.length ?? 0)
    return { small: this.#bytes, large: isLarge ? this.#large : null }
  }
}

/** The parts of a group; the last one is being filled. */
class Parts {
  readonly all: Part[] = [new Part()]
  readonly #mostBytes: number

  constructor(mostBytes: number) {
    this.#mostBytes = mostBytes
  }

  wave(): void {
    this.all.at(-1)?.wave()
  }

  actor(write: Write): void {
    const { state } = write.commit
    this.partFor(state?.value.length ?? 0).actor(write)
  }

  add(list: List, row: string): Part {
    const part = this.partFor(0)
    part.add(list, row)
    return part
  }

  /** @param length of the row's bytes. */
  partFor(length: number): Part {
    const last = this.all.at(-1)
    if (last !== undefined && (last.size === 0 || last.size + length + ROW_ROOM <= this.#mostBytes))
      return last
    const part = new Part()
    this.all.push(part)
    return part
  }
}

/** Of actors with several revisions to store, the first in wave 0, the next in wave 1; and those with none. */
function wavesOf({ actors }: GroupPlan): {
  readonly waves: readonly (readonly Write[])[]
  readonly checks: GroupPlan['actors']
} {
  const waves: Write[][] = []
  for (const { needs, writes } of actors) {
    let follows = needs.revision
    for (const [at, commit] of writes.entries()) {
      const wave = (waves[at] ??= [])
      wave.push({ commit, follows })
      follows = commit.revision
    }
  }
  return { waves, checks: actors.filter(({ writes }) => writes.length === 0) }
}

/** How many places each system gives; in one order everywhere, as they are locked. */
function placesOf(sends: readonly SentEnvelope[]): Map<string, Places> {
  const counts = new Map<string, Places>()
  for (const { envelope, system } of sends) {
    let places = counts.get(system)
    if (places === undefined) counts.set(system, (places = { given: 0, facts: 0, behind: 0 }))
    places.given += 1
    places.behind += 1
    if (envelope.box === 'fact') places.facts += 1
  }
  return counts.size < 2 ? counts : new Map([...counts].sort(([left], [right]) => (left < right ? -1 : 1)))
}

function actorRow({ commit, follows }: Write, address: string, bytes: RowBytes): string {
  const { birth, committedAtMs, epoch, revision, state, tags } = commit
  const starts = bytes.small.length + 1
  const tagged = packTags(tags)
  if (tagged !== null) bytes.small.add(tagged)
  const head = `[${address},${follows},${birth},${revision},${epoch},${committedAtMs},${starts}`
  return `${head},${tagged?.length ?? null},${packedLengths(state, bytes)}]`
}

function outcomeRow({ id, outcome, staleAtMs }: PlannedOutcome, bytes: RowBytes): string {
  const { expiresAtMs, key, reply } = outcome
  const starts = bytes.small.length + 1
  const head = `[${addressText(id)},${JSON.stringify(key.toWellFormed())},${expiresAtMs},${staleAtMs},${starts}`
  return `${head},${packedLengths(reply, bytes)}]`
}

function takenRow({ dueAtMs, id, system }: TakenEnvelope): string {
  return `[${JSON.stringify(system)},${JSON.stringify(id.toWellFormed())},${dueAtMs}]`
}

function sentRow({ envelope, system }: SentEnvelope, behind: number, bytes: RowBytes): string {
  const { box, dueAtMs, header, id, payload } = envelope
  const starts = bytes.small.length + 1
  const headerLength = bytes.small.addText(header)
  const head = `[${JSON.stringify(system)},${JSON.stringify(id.toWellFormed())},${behind},${boxNumber(box)},${dueAtMs}`
  return `${head},${starts},${headerLength},${packedLengths(payload, bytes)}]`
}

/** Writes type and value, and answers their lengths, and where the value starts if it is large; `null` for none. */
function packedLengths(packed: Packed | null, { large, small }: RowBytes): string {
  if (packed === null) return 'null,null,null'
  const { typeUrl, value } = packed
  const typeLength = small.addText(typeUrl)
  const starts = large === null ? null : large.length + 1
  if (large === null) small.add(value)
  else large.add(value)
  return `${typeLength},${value.length},${starts}`
}

function listOf(rows: readonly string[]): string | null {
  return rows.length === 0 ? null : `[${rows.join(',')}]`
}

/** One wave is a list of rows, several are a list of lists; null: all are empty. */
function waveLists(waves: readonly (readonly string[])[]): string | null {
  if (waves.every((rows) => rows.length === 0)) return null
  const lists = waves.map((rows) => `[${rows.join(',')}]`)
  return lists.length < 2 ? (lists[0] ?? null) : `[${lists.join(',')}]`
}
