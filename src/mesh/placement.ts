// Which members an actor may live on, and which of them it is: pure, from one view. Decides what each strategy means, and
// what it means that nobody fits. Whether the one whose it is may serve it already is holdings.ts's.

import { SpawnError } from '../base/index.ts'
import type { HostedDefinition, Placement } from '../ports/index.ts'
import { Rendezvous } from './rendezvous.ts'
import type { View, ViewMember } from './view.ts'

/** Why nobody has the actors of a definition. */
export type Vacancy = 'not hosted' | 'leaving' | 'elsewhere'

/** Where the actors of one definition live. */
export interface Place {
  /** Null: nobody hosts it. */
  readonly hosted: HostedDefinition | null
  /** Those it may live on, by their ids. */
  readonly candidates: readonly ViewMember[]
  readonly rendezvous: Rendezvous
  /** Each of the candidates has them, for itself. */
  readonly isLocal: boolean
  /** Null: somebody has them. */
  readonly vacancy: Vacancy | null
}

export function placeOf(view: View, system: string, definition: string): Place {
  const hosts = view.members.filter((member) => hostedBy(member, system, definition) !== null)
  const up = hosts.filter(({ phase }) => phase === 'up')
  // In the midst of a rolling change members may differ: the one that is there for the longest time counts.
  const [oldest] = up.length > 0 ? up : hosts
  const hosted = oldest === undefined ? null : hostedBy(oldest, system, definition)
  const fitting = hosted === null ? [] : up.filter((member) => fits(member, hosted.placement))
  const reached = fitting.filter((member) => hostedBy(member, system, definition)?.outOfReach !== true)
  // Where none reaches its code, it is waited for where it was.
  const candidates = byId(reached.length > 0 ? reached : fitting)
  return {
    hosted,
    candidates,
    rendezvous: rendezvousOf(candidates, system, definition),
    // Of what one of them stores, two must never serve the same: it is local only where all say so.
    isLocal: hosts.length > 0 && hosts.every((member) => isLocalOn(member, system, definition)),
    vacancy: candidates.length > 0 ? null : vacancyOf(hosts, up),
  }
}

/** Who sees to what nobody hosts: the members on which its system runs. */
export interface Keeper {
  readonly members: readonly ViewMember[]
  readonly rendezvous: Rendezvous
}

export function rendezvousOfAll(view: View, system: string): Keeper {
  const up = view.members.filter(({ phase }) => phase === 'up')
  const running = up.filter(({ hosts }) => hosts.some((host) => host.system === system))
  const members = byId(running.length > 0 ? running : up)
  return { members, rendezvous: rendezvousOf(members, system, '') }
}

/** What a caller is told when nobody has the actor. */
export function vacancyError(place: Place, system: string, definition: string, name: string): SpawnError {
  const actor = definition === name ? `"${name}"` : `"${definition}/${name}"`
  if (place.vacancy === 'leaving') {
    return new SpawnError(
      'MEMBER_UNAVAILABLE',
      `${actor} of the system "${system}" has no place: every member that hosts "${definition}" is leaving; ` +
        'try again when another one hosts it',
    )
  }
  if (place.vacancy === 'elsewhere' && place.hosted !== null) {
    return new SpawnError(
      'MEMBER_UNAVAILABLE',
      `${actor} of the system "${system}" has no place: it lives on members ${wanted(place.hosted.placement)}, ` +
        'and none of those that host it is one; start one, or change its placement',
    )
  }
  return new SpawnError(
    'ACTOR_NOT_FOUND',
    `${actor} is not known: no member of the cluster hosts "${definition}" in the system "${system}"`,
  )
}

export function hostedBy(member: ViewMember, system: string, definition: string): HostedDefinition | null {
  const found = member.hosts.find((host) => host.hosted.name === definition && host.system === system)
  return found?.hosted ?? null
}

function isLocalOn(member: ViewMember, system: string, definition: string): boolean {
  return hostedBy(member, system, definition)?.placement.by === 'local'
}

function fits(member: ViewMember, placement: Placement): boolean {
  if (placement.by === 'zone') return member.zone === placement.zone
  if (placement.by !== 'labels') return true
  return Object.entries(placement.labels).every(([label, value]) => member.labels[label] === value)
}

function vacancyOf(hosts: readonly ViewMember[], up: readonly ViewMember[]): Vacancy {
  if (hosts.length === 0) return 'not hosted'
  return up.length === 0 ? 'leaving' : 'elsewhere'
}

function wanted(placement: Placement): string {
  if (placement.by === 'zone') return `of the zone "${placement.zone}"`
  if (placement.by !== 'labels') return 'that are up'
  const labels = Object.entries(placement.labels).map(([label, value]) => `${label}=${value}`)
  return `with the labels ${labels.join(', ')}`
}

function rendezvousOf(candidates: readonly ViewMember[], system: string, definition: string): Rendezvous {
  const weighed = candidates.map(({ capacity, id }) => ({ id, weight: capacity }))
  return new Rendezvous(weighed, `${system}\n${definition}`)
}

function byId(members: readonly ViewMember[]): ViewMember[] {
  return members.toSorted((left, right) => (left.id < right.id ? -1 : 1))
}
