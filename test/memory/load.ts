// A process that calls actors for a while and prints what its memory holds after each part, as one JSON array.
// Run by measure.ts with --expose-gc: node --expose-gc load.ts <shape> <calls> [leak]
// Decides the shapes of the load; what counts as flat is measure.ts's.

import { rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { silentLogger } from '../../src/ports/index.ts'
import { actor, type ActorDefinition, type System, system, Value } from '../../src/sdk/index.ts'

const CALLERS = 64
const ACTORS = 1_000
/** The first two parts fill caches, pools and compiled code; the others are compared. */
const PARTS = 7

const counter = (name: string, stateful: boolean): ActorDefinition => {
  return actor(name, {
    kind: 'unnamed',
    stateful,
    deactivateTimeout: 50,
    state: { total: 0 },
    actions: {
      add: (ctx, { value }: { value: number }) => {
        const total = ctx.state.total + value
        return Value.of().state({ total }).response({ total })
      },
    },
  })
}

/** What is reachable: objects, and the buffers that they hold outside the heap. */
export interface Held {
  readonly heapBytes: number
  readonly bufferBytes: number
}

interface Shape {
  readonly store: 'memory' | 'sqlite'
  readonly ref: 'durable' | 'volatile'
  readonly name: (call: number) => string
  /** Makes calls for later of them, so many milliseconds from now. */
  readonly delay?: number
}

const SHAPES: Readonly<Record<string, Shape>> = {
  /** The same thousand actors, again and again. */
  calls: { store: 'memory', ref: 'durable', name: (call) => `a${call % ACTORS}` },
  /** Every call makes an actor that nobody calls again. */
  'short-lived': { store: 'memory', ref: 'volatile', name: (call) => `s${call}` },
  /** The same, and each is stored. */
  'short-lived-stored': { store: 'sqlite', ref: 'durable', name: (call) => `d${call}` },
  /** Every call is for later, and none of them comes. */
  pending: { store: 'sqlite', ref: 'durable', name: (call) => `a${call % ACTORS}`, delay: 86_400_000 },
}

const [, , shapeName = '', count = '', leak] = process.argv
const shape = SHAPES[shapeName]
if (shape === undefined) throw new Error(`no shape ${shapeName}: one of ${Object.keys(SHAPES).join(', ')}`)
console.log(JSON.stringify(await measure(shape, Number(count), leak === 'leak')))

async function measure(load: Shape, calls: number, leaks: boolean): Promise<Held[]> {
  const file = join(tmpdir(), `spawn-memory-${process.pid}.db`)
  const store = load.store === 'sqlite' ? (`sqlite:${file}` as const) : load.store
  const actors = [counter('durable', true), counter('volatile', false)]
  const started = await system('memory', {
    actors,
    store,
    logger: silentLogger,
    limits: { residentActors: 10_000 },
  }).start()
  try {
    const kept: unknown[] = []
    const held: Held[] = []
    for (let part = 0; part < PARTS; part += 1) {
      const from = Math.floor((calls * part) / PARTS)
      await callAll(started, load, from, Math.floor((calls * (part + 1)) / PARTS), leaks ? kept : null)
      held.push(await heldNow())
    }
    return held
  } finally {
    await started.stop()
    rmSync(file, { force: true })
    for (const suffix of ['-wal', '-shm']) rmSync(file + suffix, { force: true })
  }
}

async function callAll(
  running: System,
  load: Shape,
  from: number,
  until: number,
  kept: unknown[] | null,
): Promise<void> {
  let next = from
  // One signal for all: a call must leave no listener behind.
  const { signal } = new AbortController()
  const caller = async (): Promise<void> => {
    while (next < until) {
      const call = next
      next += 1
      const options = { ref: load.ref, action: 'add', payload: { value: 1 }, delay: load.delay }
      const isFollowed = call % 10 === 0 && load.delay === undefined
      const reply = await running.invoke(load.name(call), isFollowed ? { ...options, signal } : options)
      kept?.push(reply)
    }
  }
  await Promise.all(Array.from({ length: CALLERS }, caller))
}

/** What is reachable now, once what was passivated has had the time to be forgotten. */
async function heldNow(): Promise<Held> {
  const { gc } = globalThis
  if (gc === undefined) throw new Error('run it with --expose-gc')
  await new Promise((resolve) => setTimeout(resolve, 200))
  await gc({ type: 'major', execution: 'async' })
  await gc({ type: 'major', execution: 'async' })
  const { arrayBuffers, heapUsed } = process.memoryUsage()
  return { heapBytes: heapUsed, bufferBytes: arrayBuffers }
}
