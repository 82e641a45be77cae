// What is given on the line and travels as HTTP headers: the metadata of a call or a broadcast, and an idempotency key. What
// would not arrive as it was written is refused: a key of metadata is a header's name, and its case is lost; of a value, the
// spaces around it.

import { usageFailure } from './failure.ts'
import { entries } from './option.ts'

export const METADATA_OPTION = entries('key=value', 'Metadata that travels along; may be repeated')

/** @throws Failure USAGE when a header cannot carry it. */
export function metadataOf(given: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  for (const [key, value] of Object.entries(given)) {
    if (!/^[!#$%&'*+.^_`|~0-9a-z-]+$/.test(key)) {
      throw usageFailure(`the metadata key ${JSON.stringify(key)} is not lower-case letters, digits and -_.`)
    }
    checkHeader(`the metadata value of ${key}`, value)
  }
  return given
}

/** @throws Failure USAGE when a header cannot carry it as it is. */
export function checkHeader(what: string, value: string): void {
  if (/[\r\n\0]/.test(value)) throw usageFailure(`${what} has a line break`)
  if (/[^\t\P{Cc}]/u.test(value)) throw usageFailure(`${what} has a control character`)
  if (/^[ \t]|[ \t]$/.test(value)) throw usageFailure(`${what} begins or ends with a space`)
}
