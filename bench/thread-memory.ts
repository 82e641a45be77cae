// What the threads of this process hold: their heaps and buffers, after a full collection of each. Not what SQLite caches,
// which has a size of its own, nor what the allocator keeps for later.

import { Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Worker } from 'node:worker_threads'

/** Must be made before the threads are. */
export class ThreadMemory {
  private readonly workers = new Set<Worker>()

  constructor() {
    process.on('worker', (worker) => {
      this.workers.add(worker)
      worker.once('exit', () => this.workers.delete(worker))
    })
  }

  async bytes(): Promise<number> {
    if (globalThis.gc === undefined) throw new Error('this process needs --expose-gc')
    globalThis.gc()
    const { external, heapUsed } = process.memoryUsage()
    let bytes = heapUsed + external
    for (const worker of this.workers) bytes += await bytesOf(worker)
    return bytes
  }
}

async function bytesOf(worker: Worker): Promise<number> {
  // Nobody else's heap can be collected from here; but a snapshot of it begins with a full collection.
  const snapshot = await worker.getHeapSnapshot()
  await pipeline(snapshot, new Writable({ write: (_chunk, _encoding, done) => done() }))
  const { external_memory: external, used_heap_size: heap } = await worker.getHeapStatistics()
  return heap + external
}
