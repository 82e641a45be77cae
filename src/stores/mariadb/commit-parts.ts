// A group's plan as the values of the commit statement: lists of rows in JSON, and all bytes in one. Decides how it is
// written down, and how much goes into one packet: a group that is larger than the server takes comes in several parts,
// in the order in which the statement does things.

import type { Commit } from '../../ports/index.ts'
import type { Packed } from '../../protocol/index.ts'
import { expiryMs, keepsHistory } from '../history.ts'
import { boxNumber } from '../sql/box-number.ts'
import type { GroupPlan, PlannedOutcome, SentEnvelope, TakenEnvelope } from '../sql/group-plan.ts'
import { packTags } from '../sql/tag-bytes.ts'
import { Bytes } from './bytes.ts'
import type { Value } from './connection.ts'
import { addressText } from './json-rows.ts'

/** A row of JSON may take up to so much besides its bytes: names, an id, numbers; each character six at the most. */
const ROW_ROOM = 16_384
/** What a packet has in it besides. */
const PACKET_ROOM = 16_384

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
    const part = parts.add('needs', 0, () => `[${addressText(id)},${needs.revision},${needs.birth}]`)
    if (needs.revision > 0) part.standing += 1
  }
  for (const outcome of plan.outcomes)
    parts.add('outcomes', outcome.outcome.reply?.value.length ?? 0, (bytes) => outcomeRow(outcome, bytes))
  const places = placesOf(plan.sends)
  for (const [system, given] of places) parts.add('places', 0, () => `[${JSON.stringify(system)},${given}]`)
  for (const taken of plan.taken) parts.add('taken', 0, () => takenRow(taken))
  for (const taken of plan.renewed) parts.add('renewed', 0, () => takenRow(taken))
  for (const swept of plan.swept) parts.add('swept', 0, () => takenRow({ ...swept, dueAtMs: null }))
  for (const sent of plan.sends) {
    const { header, payload } = sent.envelope
    const behind = (places.get(sent.system) ?? 0) - 1
    places.set(sent.system, behind)
    const length = Buffer.byteLength(header) + (payload?.value.length ?? 0)
    parts.add('sent', length, (bytes) => sentRow(sent, behind, bytes))
  }
  return parts.all
}

/** What goes over in one packet. */
export class Part {
  readonly bytes = new Bytes()
  readonly #waves: { score: number; readonly actors: string[]; readonly policies: string[] }[] = []
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
  size = 0

  wave(): void {
    if (this.#waves.at(-1)?.actors.length !== 0) this.#waves.push({ score: 0, actors: [], policies: [] })
  }

  actor({ commit, follows }: Write): void {
    if (this.#waves.length === 0) this.wave()
    const wave = this.#waves.at(-1)
    if (wave === undefined) return
    const { birth, committedAtMs, history, id } = commit
    const keeps = keepsHistory(history)
    const row = actorRow({ commit, follows }, keeps, this.bytes)
    wave.actors.push(row)
    this.size += row.length
    // See commit-statement.ts.
    wave.score += follows === 0 ? 1 : 2
    if (follows === 0 || !keeps) return
    const until = expiryMs(committedAtMs, history.durationMs)
    const policy = `[${addressText(id)},${follows},${birth},${committedAtMs},${history.revisions},${until}]`
    wave.policies.push(policy)
    this.size += policy.length
  }

  add(list: List, row: string): void {
    this.#lists[list].push(row)
    this.size += row.length
  }

  /** In the order of the statement's parameters, behind those that say who writes, and which part it is. */
  get values(): Value[] {
    const waves = this.#waves.filter(({ actors }) => actors.length > 0)
    const { needs, outcomes, places, renewed, sent, swept, taken } = this.#lists
    return [
      waves.length,
      listOf(waves.map(({ score }) => String(score))),
      waveLists(waves.map(({ actors }) => actors)),
      waves.some(({ policies }) => policies.length > 0)
        ? waveLists(waves.map(({ policies }) => policies))
        : null,
      listOf(needs),
      this.standing,
      listOf(outcomes),
      listOf(places),
      listOf(taken),
      listOf(renewed),
      listOf(swept),
      listOf(sent),
      this.bytes.written,
    ]
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
    this.#partFor(state?.value.length ?? 0).actor(write)
  }

  /** @param length of the row's bytes. */
  add(list: List, length: number, row: (bytes: Bytes) => string): Part {
    const part = this.#partFor(length)
    part.add(list, row(part.bytes))
    return part
  }

  #partFor(length: number): Part {
    const last = this.all.at(-1)
    const size = last === undefined ? 0 : last.size + last.bytes.length
    if (last !== undefined && (size === 0 || size + length + ROW_ROOM <= this.#mostBytes)) return last
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
function placesOf(sends: readonly SentEnvelope[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const { system } of sends) counts.set(system, (counts.get(system) ?? 0) + 1)
  return counts.size < 2 ? counts : new Map([...counts].sort(([left], [right]) => (left < right ? -1 : 1)))
}

function actorRow({ commit, follows }: Write, hasPolicy: boolean, bytes: Bytes): string {
  const { birth, committedAtMs, epoch, id, revision, state, tags } = commit
  const starts = bytes.length + 1
  const tagged = packTags(tags)
  if (tagged !== null) bytes.add(tagged)
  const drops = !hasPolicy && follows > 0
  const head = `[${addressText(id)},${follows},${birth},${revision},${epoch},${committedAtMs},${starts}`
  return `${head},${tagged?.length ?? null},${packedLengths(state, bytes)},${drops ? 0 : 1}]`
}

function outcomeRow({ id, outcome, staleAtMs }: PlannedOutcome, bytes: Bytes): string {
  const { expiresAtMs, key, reply } = outcome
  const starts = bytes.length + 1
  const head = `[${addressText(id)},${JSON.stringify(key.toWellFormed())},${expiresAtMs},${staleAtMs},${starts}`
  return `${head},${packedLengths(reply, bytes)}]`
}

function takenRow({ dueAtMs, id, system }: TakenEnvelope): string {
  return `[${JSON.stringify(system)},${JSON.stringify(id.toWellFormed())},${dueAtMs}]`
}

function sentRow({ envelope, system }: SentEnvelope, behind: number, bytes: Bytes): string {
  const { box, dueAtMs, header, id, payload } = envelope
  const starts = bytes.length + 1
  const headerLength = bytes.addText(header)
  const head = `[${JSON.stringify(system)},${JSON.stringify(id.toWellFormed())},${behind},${boxNumber(box)},${dueAtMs}`
  return `${head},${starts},${headerLength},${packedLengths(payload, bytes)}]`
}

/** Writes type and value, and answers their lengths; `null` for none. */
function packedLengths(packed: Packed | null, bytes: Bytes): string {
  if (packed === null) return 'null,null'
  const typeLength = bytes.addText(packed.typeUrl)
  bytes.add(packed.value)
  return `${typeLength},${packed.value.length}`
}

function listOf(rows: readonly string[]): string | null {
  return rows.length === 0 ? null : `[${rows.join(',')}]`
}

/** One wave is a list of rows, several are a list of lists. */
function waveLists(waves: readonly (readonly string[])[]): string | null {
  const lists = waves.map((rows) => `[${rows.join(',')}]`)
  return lists.length < 2 ? (lists[0] ?? null) : `[${lists.join(',')}]`
}
