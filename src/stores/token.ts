// The `next` of a page, as every store writes and reads it: a list of fields in base64url. Opaque to callers, who hand it back
// as `after`. What they hand back comes from outside; what its fields must be is checked by who knows: page-token.ts,
// archive-token.ts.

import { SpawnError } from '../base/index.ts'

export function tokenOf(fields: readonly (string | number)[]): string {
  return Buffer.from(JSON.stringify(fields)).toString('base64url')
}

/** Null: it is no list. */
export function fieldsOf(token: string): readonly unknown[] | null {
  try {
    const fields: unknown = JSON.parse(Buffer.from(token, 'base64url').toString())
    return Array.isArray(fields) ? fields : null
  } catch {
    // What it is that cannot be read does not matter to who handed it in.
    return null
  }
}

/** @param of what has pages: `actors`. */
export function unknownToken(of: string, first: string): SpawnError {
  return new SpawnError(
    'INVALID_ARGUMENT',
    `\`after\` is not the \`next\` of a page of ${of}: pass it on unchanged, or leave it out to begin at the first ${first}`,
  )
}
