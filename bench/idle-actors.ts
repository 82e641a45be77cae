// Memory of an actor that is in memory and idle: how much the heap and the buffers of this thread grow by, per actor, with
// its name and its state, after a full collection. Every round adds new actors to those of the rounds before. The variant
// `bare` holds the same names and states in a Map.

import { countersIn, durable } from './counters.ts'
import type { Prepare } from './subject.ts'

const AT_ONCE = 512

export const prepare: Prepare = async (shape) => {
  const bare = new Map<string, { total: number }>()
  const counters = shape.variant === 'bare' ? null : await countersIn(shape.directory).start()
  const admit = async (name: string): Promise<void> => {
    if (counters === null) bare.set(name, { total: 1 })
    else await counters.ref(durable, name).add({ value: 1 })
  }
  let made = 0
  return {
    round: async () => {
      const before = memoryBytes()
      const end = made + shape.actors
      while (made < end) {
        const group: Promise<void>[] = []
        for (; group.length < AT_ONCE && made < end; made += 1) group.push(admit(`actor-${made}`))
        await Promise.all(group)
      }
      return { bytes: (memoryBytes() - before) / shape.actors }
    },
    stop: async () => counters?.stop(),
  }
}

function memoryBytes(): number {
  if (globalThis.gc === undefined) throw new Error('this process needs --expose-gc')
  globalThis.gc()
  const { external, heapUsed } = process.memoryUsage()
  return heapUsed + external
}
