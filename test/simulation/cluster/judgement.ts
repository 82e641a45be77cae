// What must be true of a simulated cluster in its end: of the calls that were made, and the envelopes that were handed on. What
// must be true at any time is truth.ts's.

import type { Ask, Member } from './member.ts'
import { DEFINITION, SmallEngine } from './small-engine.ts'
import type { Truth } from './truth.ts'
import type { Weather } from './weather.ts'

/** A call, as its caller sees it. */
export interface Op {
  readonly id: string
  readonly kind: Ask['kind']
  readonly actor: string
  readonly door: Member
  readonly endMs: number
  answer: { readonly revision: number } | { readonly code: string; readonly message: string } | null
  answeredMs: number
}

/** An envelope that a member gave to its cluster. */
export interface Handed {
  readonly member: string
  readonly id: string
  readonly atMs: number
}

export interface Evidence {
  readonly ops: readonly Op[]
  readonly envelopes: readonly Handed[]
  readonly truth: Truth
  readonly alive: readonly Member[]
  readonly weather: Weather
}

/** What an engine takes once it has begun is its own; and what the store takes, there and back, to load and to commit. */
const TOLERANCE_MS = 500
const STORE_TRIPS = 4

export function judge(evidence: Evidence): void {
  const { ops, truth } = evidence
  for (const actor of truth.actors()) {
    const { adds } = truth.load(actor)
    if (new Set(adds).size < adds.length) truth.violations.push(`distinct: ${actor} has ${adds.join(' ')}`)
  }
  for (const op of ops) {
    judgeAnswer(op, evidence)
    if (op.kind !== 'read') judgeAdd(op, truth)
  }
  judgeEnvelopes(evidence)
}

function judgeAnswer({ actor, answer, answeredMs, door, endMs, id, kind }: Op, evidence: Evidence): void {
  const { truth, weather } = evidence
  const what = `${kind} ${id} of ${actor} at ${door.name}`
  if (answer === null) {
    if (door.isAlive) truth.violations.push(`answered: ${what} was not`)
    return
  }
  const lateMs = answeredMs - endMs
  const wasFrozen = weather.events.some(({ event }) => event.kind === 'freeze')
  const toleratedMs = TOLERANCE_MS + weather.latenessMs * 3 + weather.storeMs * STORE_TRIPS
  if (lateMs > toleratedMs && !wasFrozen) truth.violations.push(`answered: ${what} was ${lateMs} ms late`)
  if ('code' in answer && ['NOT A SPAWN ERROR', 'DEFECT', 'NOT_OWNER'].includes(answer.code))
    truth.violations.push(`known: ${what} failed with ${answer.message}`)
}

function judgeAdd({ actor, answer, door, id, kind }: Op, truth: Truth): void {
  if (answer === null) return
  const what = `${kind} ${id} of ${actor} at ${door.name}`
  const stands = truth.load(actor).adds.includes(id)
  if ('revision' in answer) {
    if (!stands) truth.violations.push(`acknowledged: ${what} is lost`)
  } else if (!answer.message.includes('may have happened') && stands) {
    truth.violations.push(`no trace: ${what} failed with ${answer.message}, and stands`)
  }
}

/** Whoever cares for an actor has got what was handed on for it, or has looked into the store since. */
function judgeEnvelopes({ alive, envelopes, truth }: Evidence): void {
  const [first] = alive
  for (const { atMs, id, member } of envelopes) {
    const [actor = ''] = id.split(' ')
    const keeper = first?.cluster.directory.keeper(DEFINITION, actor)?.id
    const engine = alive.find(({ name }) => name === keeper)?.engine
    if (engine instanceof SmallEngine && engine.lookedMs < atMs && !engine.got.has(`${member} ${id}`))
      truth.violations.push(`found: ${keeper} has not got ${id} of ${member}, and was not told to look`)
  }
}
