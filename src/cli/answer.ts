// What the server's answers look like, checked: something else that listens on the port must not pass for a server.

export interface ActorRow {
  readonly name: string
  /** Empty for a named actor. */
  readonly parent: string
  readonly revision: number
  readonly tags: Readonly<Record<string, string>>
  /** ISO 8601. */
  readonly committedAt: string
}

export interface ActorRows {
  readonly actors: readonly ActorRow[]
  /** Where the following page begins; null: there is none. */
  readonly next: string | null
}

/** Null when it is no page of actors. */
export function actorRowsOf(value: unknown): ActorRows | null {
  if (!isObject(value)) return null
  const { actors, next } = value
  const good = Array.isArray(actors) && actors.every(isRow) && (next === null || typeof next === 'string')
  return good ? { actors, next } : null
}

/** Null when it does not name a system. */
export function systemOf(value: unknown): string | null {
  return isObject(value) && typeof value['system'] === 'string' ? value['system'] : null
}

function isRow(value: unknown): value is ActorRow {
  if (!isObject(value)) return false
  const { name, parent, revision, tags, committedAt } = value
  const texts = [name, parent, committedAt].every((text) => typeof text === 'string')
  return texts && typeof revision === 'number' && isObject(tags)
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
