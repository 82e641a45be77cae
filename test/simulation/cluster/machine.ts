// One process of a simulated cluster, as its own machine: a clock that may jump, a process that may freeze or die, and its links
// to register and wire with all that befalls them. Decides what reaches it and what leaves it; what runs in it is member.ts's.
//
// Invariants: while it is frozen nothing of it runs, and everything comes afterwards; when it is dead nothing runs any more,
// and what it had asked for may still be done.

import { below, type Clock, type Random, SpawnError } from '../../../src/base/index.ts'
import { type MemoryNetwork, MemoryRegister, type SharedEntries } from '../../../src/cluster/memory/index.ts'
import type { Register, RegisterEntry, Wire } from '../../../src/ports/index.ts'
import { FaultyWire, type VirtualClock } from '../../../src/testing/index.ts'
import type { RegisterFaults, Weather } from './weather.ts'

export interface MachineOptions {
  readonly clock: VirtualClock
  readonly random: Random
  readonly shared: SharedEntries
  readonly network: MemoryNetwork
  readonly weather: Weather
  /** Whether nothing goes from one member to another. */
  readonly isCut: (from: string, to: string) => boolean
  /** Whether nobody reaches the register. */
  readonly isRegisterAway: () => boolean
}

const NO_FAULTS: RegisterFaults = { delayMs: 0, failBefore: 0, failAfter: 0, failThenApply: 0 }

export class Machine {
  isDead = false
  isFrozen = false
  /** Its requests do not reach the register. */
  isMute = false
  /** It is told of nothing that changes in the register. */
  isDeaf = false
  jumpedMs = 0
  readonly clock: Clock
  readonly register: Register
  readonly wire: Wire
  readonly #options: MachineOptions
  readonly #waiting: (() => void)[] = []
  readonly #wire: FaultyWire
  #faults: RegisterFaults
  /** By key: what it has yet to be told. */
  readonly #untold = new Map<string, RegisterEntry>()
  #listener: ((entry: RegisterEntry) => void) | null = null

  constructor(options: MachineOptions) {
    const { clock, isCut, network, random, shared, weather } = options
    this.#options = options
    this.#faults = weather.register
    this.clock = {
      now: () => clock.now() + this.jumpedMs,
      elapsedMs: () => clock.elapsedMs(),
      after: (delayMs, task, more) => clock.after(delayMs, () => this.enter(task), more),
      defer: (task) => clock.defer(() => this.enter(task)),
    }
    this.#wire = new FaultyWire(network.wire(), { clock, random, faults: { ...weather.wire, isCut } })
    this.wire = this.#entering(this.#wire)
    this.register = this.#faulty(new MemoryRegister(shared))
  }

  /** Runs a task in the process: now, when it is awake again, or never. */
  enter(task: () => void): void {
    if (this.isDead) return
    if (this.isFrozen) this.#waiting.push(task)
    else task()
  }

  thaw(): void {
    this.isFrozen = false
    for (const task of this.#waiting.splice(0)) this.#options.clock.defer(() => this.enter(task))
  }

  hear(): void {
    this.isDeaf = false
    const untold = [...this.#untold.values()]
    this.#untold.clear()
    for (const entry of untold) this.enter(() => this.#listener?.(entry))
  }

  /** Nothing is lost or late any more. */
  clear(): void {
    this.#faults = NO_FAULTS
    this.#wire.faults = { ...this.#wire.faults, lose: 0, double: 0, delayMs: 0 }
    this.isMute = false
    this.hear()
  }

  #entering(wire: Wire): Wire {
    return {
      maxBytes: wire.maxBytes,
      start: (self, receive) => wire.start(self, (bytes) => this.enter(() => receive(bytes))),
      stop: () => wire.stop(),
      send: (to, bytes) => wire.send(to, bytes),
    }
  }

  #faulty(register: Register): Register {
    return {
      start: () => register.start(),
      stop: () => register.stop(),
      watch: (listener) => {
        this.#listener = listener
        register.watch((entry) => this.#told(entry))
      },
      get: (key) => this.#request(() => register.get(key)),
      put: (key, value, follows) => this.#request(() => register.put(key, value, follows)),
      remove: (key, follows) => this.#request(() => register.remove(key, follows)),
    }
  }

  #told(entry: RegisterEntry): void {
    const { clock, isRegisterAway } = this.#options
    // Late, but for each key in order: what is told is what stands by then.
    this.#untold.set(entry.key, entry)
    clock.after(this.#upTo(this.#faults.delayMs), () => {
      const latest = this.#untold.get(entry.key)
      if (latest === undefined || this.isDeaf) return
      if (isRegisterAway()) {
        clock.after(50, () => this.#told(latest))
        return
      }
      this.#untold.delete(entry.key)
      this.enter(() => this.#listener?.(latest))
    })
  }

  #request<T>(apply: () => Promise<T>): Promise<T> {
    const { clock, isRegisterAway, random } = this.#options
    const { delayMs, failAfter, failBefore, failThenApply } = this.#faults
    const drawn = random.next()
    const isLost = drawn < failBefore
    const isUnanswered = drawn < failBefore + failAfter
    const isLate = !isUnanswered && drawn < failBefore + failAfter + failThenApply
    return new Promise((resolve, reject) => {
      const fail = (): void =>
        this.enter(() => reject(new SpawnError('MEMBER_UNAVAILABLE', 'the register cannot be reached')))
      clock.after(this.#upTo(delayMs), () => {
        if (isLost || this.isMute || isRegisterAway()) {
          clock.after(100, fail)
          return
        }
        if (isLate) {
          clock.after(below(random, 3_000), () => void apply().catch(() => {}))
          fail()
          return
        }
        apply().then(
          (answer) => {
            clock.after(this.#upTo(delayMs), () => {
              if (isUnanswered || this.isMute || isRegisterAway()) fail()
              else this.enter(() => resolve(answer))
            })
          },
          (error: unknown) => this.enter(() => reject(error)),
        )
      })
    })
  }

  #upTo(limitMs: number): number {
    return limitMs === 0 ? 0 : below(this.#options.random, limitMs + 1)
  }
}
