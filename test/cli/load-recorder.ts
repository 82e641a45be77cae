// Preloaded into a process with `--import`: writes down what it, the processes that it begins and their threads load, as it
// happens, because not all of them end in order. Each line says who it is, by the first word of the command, and what.

import { appendFileSync } from 'node:fs'
import { registerHooks } from 'node:module'
import { isMainThread } from 'node:worker_threads'

const record = process.env['LOAD_RECORD'] ?? ''
const who = isMainThread ? (process.argv[2] ?? 'script') : 'thread'
const write = (what: string): void => appendFileSync(record, `${who} ${what}\n`)

registerHooks({
  load(url, context, next) {
    write(url)
    return next(url, context)
  },
})
process.on('exit', () => {
  const list: unknown = Reflect.get(process, 'moduleLoadList')
  const isLoaded = Array.isArray(list) && list.includes('NativeModule internal/deps/undici/undici')
  if (isLoaded) write('node:fetch')
})
