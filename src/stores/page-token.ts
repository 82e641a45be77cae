// The `next` of a page of actors, as every store writes and reads it: the (parent, name) of the last row, in base64url.
// Opaque to callers, who hand it back as `after`. What they hand back comes from outside: it is checked here.

import { SpawnError } from '../base/index.ts'

/** Where a listing goes on: behind this actor of the filter's system. */
export interface PagePosition {
  readonly parent: string
  readonly name: string
}

export function pageToken({ parent, name }: PagePosition): string {
  return Buffer.from(JSON.stringify([parent, name])).toString('base64url')
}

/** @throws SpawnError INVALID_ARGUMENT for anything that no page ever answered. */
export function pagePosition(token: string): PagePosition {
  const fields = parsed(token)
  if (!Array.isArray(fields) || fields.length !== 2) throw invalid()
  const [parent, name] = fields as unknown[]
  if (typeof parent !== 'string' || typeof name !== 'string') throw invalid()
  return { parent, name }
}

function parsed(token: string): unknown {
  try {
    return JSON.parse(Buffer.from(token, 'base64url').toString())
  } catch (cause) {
    throw invalid(cause)
  }
}

function invalid(cause?: unknown): SpawnError {
  return new SpawnError(
    'INVALID_ARGUMENT',
    '`after` is not the `next` of a page of actors: pass it on unchanged, or leave it out to begin at the first page',
    { cause },
  )
}
