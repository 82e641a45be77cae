// The stamp of a file: what tells one content from the next without reading it.

import { statSync } from 'node:fs'
import type { Stamp } from './messages.ts'

export function stampOf(file: string): Stamp {
  const found = statSync(file, { throwIfNoEntry: false })
  return found === undefined ? 'absent' : `${found.ino}:${found.size}:${found.mtimeMs}`
}
