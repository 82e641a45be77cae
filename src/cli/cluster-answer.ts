// What a server's answers about its cluster look like, checked, and which member a person means.

import { areTexts, isObject } from './answer.ts'
import { EXIT } from './exit-codes.ts'
import { Failure, usageFailure } from './failure.ts'

export interface MemberRow {
  readonly id: string
  readonly node: string
  readonly zone: string | null
  readonly version: string
  /** ISO 8601. */
  readonly startedAt: string
  readonly phase: 'up' | 'draining'
  /** The epoch under which it has let go of all that is not its own; null: not known. */
  readonly acked: number | null
  /** Null: not heard of yet. */
  readonly seenMsAgo: number | null
  readonly systems: readonly {
    readonly name: string
    readonly definitions: readonly { readonly name: string }[]
  }[]
}

export interface ClusterAnswer {
  /** Who answered. */
  readonly self: string
  readonly epoch: number
  readonly holdsLease: boolean
  readonly members: readonly MemberRow[]
}

export interface WhereAnswer {
  readonly name: string
  /** Empty for a named actor. */
  readonly parent: string
  readonly placement: { readonly by: string } | null
  readonly member: string | null
  readonly node: string | null
  readonly served: boolean
  readonly reason: string | null
  readonly hosts: readonly string[]
}

export interface PhaseAnswer {
  readonly member: string
  readonly phase: 'up' | 'draining'
  /** That of the view in which it is so, or of a later one. */
  readonly epoch: number
}

/** Null when it is no status of a cluster. */
export function clusterOf(value: unknown): ClusterAnswer | null {
  if (!isObject(value)) return null
  const { epoch, holdsLease, members, self } = value
  const good = typeof self === 'string' && typeof epoch === 'number' && typeof holdsLease === 'boolean'
  return good && Array.isArray(members) && members.every(isMember)
    ? { self, epoch, holdsLease, members }
    : null
}

/** Null when it does not say where somebody lives. */
export function whereOf(value: unknown): WhereAnswer | null {
  if (!isObject(value)) return null
  const { hosts, member, name, node, parent, placement, reason, served } = value
  const texts = [member, node, reason].every((text) => text === null || typeof text === 'string')
  const placed = placement === null || (isObject(placement) && typeof placement['by'] === 'string')
  const good = areTexts(name, parent) && texts && placed && typeof served === 'boolean'
  // Its fields were looked at just now.
  return good && Array.isArray(hosts) && areTexts(...(hosts as unknown[]))
    ? (value as unknown as WhereAnswer)
    : null
}

/** Null when it does not say a phase. */
export function phaseOf(value: unknown): PhaseAnswer | null {
  if (!isObject(value)) return null
  const { epoch, member, phase } = value
  return typeof member === 'string' && isPhase(phase) && typeof epoch === 'number'
    ? { member, phase, epoch }
    : null
}

/** The member of this id, or the only one on a node of this name. @throws Failure USAGE, NOT_FOUND */
export function memberNamed({ members }: ClusterAnswer, name: string): MemberRow {
  const found = members.find(({ id }) => id === name)
  if (found !== undefined) return found
  const [member, ...others] = members.filter(({ node }) => node === name)
  if (member === undefined) {
    const ids = members.map(({ id }) => id).join(', ')
    const message = `the cluster has no member or node ${JSON.stringify(name)}; its members: ${ids || 'none'}`
    throw new Failure(message, {
      exit: EXIT.failed,
      code: 'NOT_FOUND',
      hint: 'see them with `spawn cluster members`',
    })
  }
  if (others.length === 0) return member
  const ids = [member, ...others].map(({ id }) => id).join(', ')
  throw usageFailure(
    `${others.length + 1} members run on the node ${JSON.stringify(name)}: ${ids}`,
    'name one',
  )
}

/** Whether a member has nothing of others any more. */
export function isSettled({ acked }: MemberRow, epoch: number): boolean {
  return acked !== null && acked >= epoch
}

/** The definitions that a member hosts, each as a system and a name. */
export function definitionsOf({ systems }: MemberRow): string[] {
  return systems.flatMap(({ definitions, name: system }) =>
    definitions.map(({ name }) => `${system}: ${name}`),
  )
}

function isMember(value: unknown): value is MemberRow {
  if (!isObject(value)) return false
  const { acked, id, node, phase, seenMsAgo, startedAt, systems, version, zone } = value
  const numbers = [acked, seenMsAgo].every((number) => number === null || typeof number === 'number')
  const good = areTexts(id, node, version, startedAt) && (zone === null || typeof zone === 'string')
  return good && numbers && isPhase(phase) && Array.isArray(systems) && systems.every(isSystem)
}

function isSystem(value: unknown): boolean {
  if (!isObject(value) || typeof value['name'] !== 'string') return false
  const { definitions } = value
  return Array.isArray(definitions) && definitions.every((one) => isObject(one) && areTexts(one['name']))
}

function isPhase(value: unknown): value is MemberRow['phase'] {
  return value === 'up' || value === 'draining'
}
