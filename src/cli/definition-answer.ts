// What a server's answers about its systems and their definitions look like, checked.

import { areTexts, isObject } from './answer.ts'

export interface ActionRow {
  readonly name: string
  readonly query: boolean
  readonly timeoutMs: number | null
  readonly timerMs: number | null
}

/** All but the name, the kind and the channels is only known of a definition that the server hosts itself. */
export interface DefinitionRow {
  readonly name: string
  readonly kind: string
  readonly channels: readonly { readonly channel: string; readonly action: string }[]
  readonly actions?: readonly ActionRow[]
  readonly initAction?: string | null
  readonly stateful?: boolean
  readonly durability?: string
  readonly version?: number | null
  readonly history?: { readonly revisions: number; readonly durationMs: number }
  /** Null: its turns leave none. */
  readonly facts?: { readonly durationMs: number | null } | null
  readonly erasable?: boolean
  readonly reentrancy?: string
  readonly pool?: { readonly min: number; readonly max: number } | null
  readonly placement?: { readonly by: string }
  /** Only in a cluster: the members that host it. */
  readonly members?: readonly string[]
}

export interface SystemRow {
  readonly name: string
  /** How many it has. */
  readonly definitions: number
}

/** Null when it is no list of definitions. */
export function definitionRowsOf(value: unknown): readonly DefinitionRow[] | null {
  if (!isObject(value)) return null
  const { definitions } = value
  return Array.isArray(definitions) && definitions.every(isDefinition) ? definitions : null
}

/** Null when it is no list of systems. */
export function systemRowsOf(value: unknown): readonly SystemRow[] | null {
  if (!isObject(value)) return null
  const { systems } = value
  return Array.isArray(systems) && systems.every(isSystem) ? systems : null
}

function isSystem(value: unknown): value is SystemRow {
  return isObject(value) && areTexts(value['name']) && typeof value['definitions'] === 'number'
}

function isDefinition(value: unknown): value is DefinitionRow {
  if (!isObject(value)) return false
  const { actions, channels, history, kind, members, name, placement, pool } = value
  const good = areTexts(name, kind) && Array.isArray(channels) && channels.every(isListening)
  const objects = [history, placement, pool ?? undefined].every((one) => one === undefined || isObject(one))
  return good && objects && isAbsentOrAll(actions, isAction) && isAbsentOrAll(members, (one) => areTexts(one))
}

function isAbsentOrAll(value: unknown, isOne: (value: unknown) => boolean): boolean {
  return value === undefined || (Array.isArray(value) && value.every(isOne))
}

function isListening(value: unknown): boolean {
  return isObject(value) && areTexts(value['channel'], value['action'])
}

function isAction(value: unknown): value is ActionRow {
  if (!isObject(value)) return false
  const { name, query, timeoutMs, timerMs } = value
  const times = [timeoutMs, timerMs].every((ms) => ms === null || typeof ms === 'number')
  return areTexts(name) && typeof query === 'boolean' && times
}
