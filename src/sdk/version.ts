// The version of the package that this code belongs to.

import { existsSync, readFileSync } from 'node:fs'

/** Looks for the package.json above this file: two levels up in a checkout, and in the published package. */
export function version(): string {
  for (const above of ['../../package.json', '../../../package.json']) {
    const file = new URL(above, import.meta.url)
    if (!existsSync(file)) continue
    const found: unknown = JSON.parse(readFileSync(file, 'utf8'))
    if (typeof found === 'object' && found !== null && 'version' in found) return String(found.version)
  }
  return 'unknown'
}
