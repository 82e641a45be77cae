// In the served process: reports every file that the application imports, so that the watching process knows what to watch.
// Also the ones that cannot be found or parsed, because mending them is what the developer does next. Packages are left out,
// and so is this one: an application does not change them, and to tell of each file of ours would take a fifth of a start.

import { registerHooks } from 'node:module'
import { fileURLToPath } from 'node:url'
import type { Read } from './messages.ts'
import { stampOf } from './stamp.ts'

/** This package's own code: `src/` in a checkout, the folder of the compiled code in a package. */
const OWN = new URL('../..', import.meta.url).href

/** @param send what is imported together is told together. */
export function reportReads(send: (files: readonly Read[]) => void): void {
  let files: Read[] = []
  const tell = (): void => {
    send(files)
    files = []
  }
  const report = (url: string): void => {
    if (!url.startsWith('file:') || url.startsWith(OWN) || url.includes('/node_modules/')) return
    const file = fileURLToPath(url.replace(/[?#].*$/, ''))
    if (files.length === 0) queueMicrotask(tell)
    files.push({ file, stamp: stampOf(file) })
  }
  registerHooks({
    resolve(specifier, context, next) {
      try {
        return next(specifier, context)
      } catch (thrown) {
        const { url } = thrown as { url?: unknown }
        if (typeof url === 'string') report(url)
        throw thrown
      }
    },
    load(url, context, next) {
      report(url)
      return next(url, context)
    },
  })
}
