// Callers that call as fast as they are answered, and what they saw. The same for every subject and for what stands
// beside it, so that its own cost is in both.

/** Coprime to every number of actors that is measured: each comes up once before any comes up again, in no order. */
const STRIDE = 7_919

/** The next actor to call, evenly over all of them. */
export class Picker {
  private readonly count: number
  private at = 0

  constructor(count: number) {
    this.count = count
  }

  next(): number {
    this.at += STRIDE
    if (this.at >= this.count) this.at %= this.count
    return this.at
  }
}

export interface DriveOptions {
  readonly callers: number
  readonly durationMs: number
  /** Calls between two looks at the clock; 1 for calls that take milliseconds. */
  readonly lookEvery: number
}

/** Runs `callers` loops of `call` and answers with the calls per second of all together. */
export async function drive(options: DriveOptions, call: () => Promise<unknown>): Promise<number> {
  const { callers, durationMs, lookEvery } = options
  let calls = 0
  let running = true
  const from = performance.now()
  const loop = async (): Promise<void> => {
    while (running) {
      await call()
      calls += 1
      if (calls % lookEvery === 0 && performance.now() - from >= durationMs) running = false
    }
  }
  const loops: Promise<void>[] = []
  for (let caller = 0; caller < callers; caller += 1) loops.push(loop())
  await Promise.all(loops)
  return calls / ((performance.now() - from) / 1_000)
}

/** A variant `stored N` has so many actors in its table, of which the measured ones are some. */
export function storedOf(actors: number, variant: string): number {
  return Math.max(actors, Number(variant.replace('stored ', '')) || 0)
}

/** Those that are measured, evenly over all that are stored. */
export function spreadNames(count: number, stored: number): string[] {
  const step = Math.floor(stored / count)
  return Array.from({ length: count }, (_none, at) => `actor-${at * step}`)
}

const WARM_UP_CALLERS = 64
export const WARM_UP_MS = 4_000

/** Brings a process to where it would be after a minute: one caller makes too few durable calls for Node to compile them. */
export async function warmUp(call: () => Promise<unknown>): Promise<void> {
  await drive({ callers: WARM_UP_CALLERS, durationMs: WARM_UP_MS, lookEvery: WARM_UP_CALLERS }, call)
}

/** One caller; how long each call took, in milliseconds. */
export async function time(durationMs: number, call: () => Promise<unknown>): Promise<number[]> {
  const tookMs: number[] = []
  const end = performance.now() + durationMs
  for (let from = performance.now(); from < end;) {
    await call()
    const now = performance.now()
    tookMs.push(now - from)
    from = now
  }
  return tookMs
}

/** The value below which `share` (0 to 1) of the values lie. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((left, right) => left - right)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}

export function actorNames(count: number): string[] {
  return Array.from({ length: count }, (_, at) => `actor-${at}`)
}
