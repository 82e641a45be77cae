// In the served process: reports every file that is imported, so that the watching process knows what to watch. Also the
// ones that cannot be found or parsed, because mending them is what the developer does next. Packages are left out.

import { registerHooks } from 'node:module'
import { fileURLToPath } from 'node:url'
import type { WorkerMessage } from './messages.ts'
import { stampOf } from './stamp.ts'

export function reportReads(send: (message: WorkerMessage) => void): void {
  const report = (url: string): void => {
    if (!url.startsWith('file:') || url.includes('/node_modules/')) return
    const file = fileURLToPath(url.replace(/[?#].*$/, ''))
    send({ spawn: 'reads', file, stamp: stampOf(file) })
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
