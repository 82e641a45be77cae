// Memberships over one register in memory and one virtual clock, and what is done to each: cut off, deaf, frozen. Decides
// nothing about what is right; the tests do.

import { type Clock, seededRandom } from '../../src/base/index.ts'
import { MemoryRegister, SharedEntries } from '../../src/cluster/memory/index.ts'
import { Membership } from '../../src/mesh/membership.ts'
import { MESH_TIMING } from '../../src/mesh/timing.ts'
import { type Register, silentLogger } from '../../src/ports/index.ts'
import { VirtualClock } from '../../src/testing/index.ts'

let seeds = 0

/** A membership, and what befell it. */
export class One {
  readonly membership: Membership
  readonly events: string[] = []
  /** Requests to the register that are not answered: the member is cut off from it. */
  isCut = false
  /** It is told of nothing that changes there, and can ask. */
  isDeaf = false
  /** The clock of its process stands: nothing in it runs. */
  isFrozen = false
  /** It does not let go of what is not its own. */
  keeps = false
  readonly #clock: VirtualClock
  readonly #waiting: (() => void)[] = []

  /** What its lease rests on beside time. */
  stands = true

  constructor(id: string, shared: SharedEntries, clock: VirtualClock, wallMs = 0) {
    this.#clock = clock
    const own: Clock = {
      now: () => clock.now() + wallMs,
      elapsedMs: () => clock.elapsedMs(),
      after: (delayMs, task, options) => clock.after(delayMs, this.#awake(task), options),
      defer: (task) => clock.defer(this.#awake(task)),
    }
    const self = { node: id, zone: '', labels: {}, capacity: 1, version: '1', startedAtMs: 0 }
    this.membership = new Membership({
      register: this.#cuttable(new MemoryRegister(shared)),
      clock: own,
      random: seededRandom((seeds += 1)),
      logger: silentLogger,
      timing: MESH_TIMING,
      self: { id, ...self },
      grounds: () => this.stands,
      events: {
        viewed: ({ current }) => {
          this.events.push(`view ${current.epoch}`)
          if (!this.keeps) this.membership.settled(current.epoch)
        },
        acknowledged: () => {},
        expelled: () => void this.events.push('expelled'),
        serving: () => void this.events.push('serving'),
      },
    })
  }

  get ids(): string {
    return this.membership.view.members.map(({ id, phase }) => (phase === 'up' ? id : `${id}?`)).join(' ')
  }

  thaw(): void {
    this.isFrozen = false
    for (const task of this.#waiting.splice(0)) this.#clock.defer(task)
  }

  #awake(task: () => void): () => void {
    return () => {
      if (this.isFrozen) this.#waiting.push(task)
      else task()
    }
  }

  #cuttable(register: Register): Register {
    const unlessCut = <T>(work: () => Promise<T>): Promise<T> =>
      this.isCut ? new Promise<T>(() => {}) : work()
    return {
      start: () => register.start(),
      stop: () => register.stop(),
      watch: (listener) =>
        register.watch((entry) => {
          if (!this.isCut && !this.isDeaf) this.#awake(() => listener(entry))()
        }),
      get: (key) => unlessCut(() => register.get(key)),
      put: (key, value, follows) => unlessCut(() => register.put(key, value, follows)),
      remove: (key, follows) => unlessCut(() => register.remove(key, follows)),
    }
  }
}

export async function cluster(
  ...ids: string[]
): Promise<{ clock: VirtualClock; shared: SharedEntries; all: One[] }> {
  const clock = new VirtualClock()
  const shared = new SharedEntries()
  const all = ids.map((id, at) => new One(id, shared, clock, at * 1_000_000))
  for (const one of all) await clock.run(one.membership.start())
  await clock.advance(100)
  return { clock, shared, all }
}
