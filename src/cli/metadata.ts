// Metadata of a call or a broadcast, as it is given on the line. It travels as HTTP headers: a key is a header's name, and
// its case is lost, so a key that would not arrive as it was written is refused.

import { usageFailure } from './failure.ts'
import { entries } from './option.ts'

export const METADATA_OPTION = entries('key=value', 'Metadata that travels along; may be repeated')

/** @throws Failure USAGE when a header cannot carry it. */
export function metadataOf(given: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  for (const [key, value] of Object.entries(given)) {
    if (!/^[!#$%&'*+.^_`|~0-9a-z-]+$/.test(key)) {
      throw usageFailure(`the metadata key ${JSON.stringify(key)} is not lower-case letters, digits and -_.`)
    }
    if (/[\r\n\0]/.test(value)) throw usageFailure(`the metadata value of ${key} has a line break`)
  }
  return given
}
