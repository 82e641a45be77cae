// How JSON from a server is shown: as it came for programs, and on a terminal spread over lines when it does not fit one.

import { printable, type Terminal } from './terminal.ts'

/** The lines of a JSON text; what would steer the terminal is written as escapes, which JSON allows in strings. */
export function jsonLines(text: string, width: Terminal['width']): string {
  if (width === null) return text
  if (text.length <= width) return printable(text)
  const value: unknown = JSON.parse(text)
  // A number that JavaScript rounds would be shown wrong: such a text stays as it is.
  if (JSON.stringify(value) !== text) return printable(text)
  return JSON.stringify(value, null, 2).split('\n').map(printable).join('\n')
}
