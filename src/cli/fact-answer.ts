// What a server's answer about facts looks like, checked.

import type { Address } from './answer.ts'
import { isObject } from './answer.ts'

export interface FactRow {
  readonly position: number
  readonly id: string
  readonly actor: Address
  readonly action: string
  readonly revision: number
  /** ISO 8601. */
  readonly at: string
  readonly metadata: Readonly<Record<string, string>>
  /** Absent: the actor had none. */
  readonly state?: unknown
}

export interface FactRows {
  readonly facts: readonly FactRow[]
  /** The position to go on from. */
  readonly next: number
  /** Whether none stood behind it. */
  readonly isLast: boolean
}

/** Null when it is no page of facts. */
export function factRowsOf(value: unknown): FactRows | null {
  if (!isObject(value)) return null
  const { facts, isLast, next } = value
  if (!Array.isArray(facts) || !facts.every(isFact)) return null
  return typeof next === 'number' && typeof isLast === 'boolean' ? { facts, next, isLast } : null
}

function isFact(value: unknown): value is FactRow {
  if (!isObject(value)) return false
  const { action, actor, at, id, position, revision } = value
  const texts = [action, at, id].every((text) => typeof text === 'string')
  const isAddressed =
    isObject(actor) && typeof actor['name'] === 'string' && typeof actor['parent'] === 'string'
  return texts && isAddressed && typeof position === 'number' && typeof revision === 'number'
}
