// A town on the members of a simulated cluster: real runtimes over one store that fails, callers of its lists, and what the
// store has to say in the end. Who lives there is citizens.ts's.

import { seededRandom } from '../../../src/base/index.ts'
import type { Runtime } from '../../../src/actor/index.ts'
import type { Statestore } from '../../../src/ports/index.ts'
import { jsonCodec } from '../../../src/protocol/index.ts'
import { MemoryStore } from '../../../src/stores/memory/index.ts'
import { NO_FAULTS, type StoreFaults } from '../../../src/testing/index.ts'
import { citizens, type ListState, nextOf, PAPER, refOf, sentId, ZONE } from './citizens.ts'
import { SYSTEM } from '../worlds/world.ts'
import type { Ask, Engine, MakeEngine } from './member.ts'
import { runtimeMember } from './runtime-member.ts'
import type { Judged, Truth } from './truth.ts'
import { type Event, type Weather, weatherOf } from './weather.ts'
import { runCluster, type Verdict } from './world.ts'

export interface TownOptions {
  readonly weather?: Partial<Weather>
  /** A bug, planted between each runtime and its store. */
  readonly fitted?: ((store: Statestore) => Statestore) | undefined
  readonly log?: boolean
}

const KINDS: readonly Ask['kind'][] = ['add', 'add', 'read', 'read', 'pass', 'send', 'shout', 'later']
/** Longer than a lease, shorter than what is waited for in the end. */
const LATER_MS = 1_500
/** Calls for later go by wall clocks: these differ by seconds, at most. */
const JUMP_PART = 0.1
/** What runtimes may take to deliver what turns have sent, once nothing fails any more. */
const DELIVERED_MS = 5_000
const LIMITS = { deliveryAttempts: 1_000_000, deliveryBackoffMs: 50, maxDeliveryBackoffMs: 500 }

export function runTown(seed: number, { fitted, log = false, weather }: TownOptions = {}): Promise<Verdict> {
  const drawn = weatherOf(seed)
  const events = drawn.events.map(({ atMs, event }) => ({ atMs, event: smaller(event) }))
  const aheadMs = events.reduce(
    (sum, { event }) => sum + (event.kind === 'clock' ? Math.abs(event.byMs) : 0),
    0,
  )
  const fitting = { ...drawn, events, ...weather }
  const town = new Town(fitting, fitted)
  return runCluster(seed, {
    engine: town.engine,
    stored: town.stored,
    log,
    kinds: KINDS,
    zone: ZONE,
    deliveredMs: DELIVERED_MS + aheadMs,
    weather: fitting,
  })
}

function smaller(event: Event): Event {
  return event.kind === 'clock' ? { ...event, byMs: Math.round(event.byMs * JUMP_PART) } : event
}

class Town {
  readonly #weather: Weather
  readonly #fitted: TownOptions['fitted']
  readonly #store = new MemoryStore()
  readonly #started = this.#store.start()
  #faults: StoreFaults

  constructor(weather: Weather, fitted: TownOptions['fitted']) {
    this.#weather = weather
    this.#fitted = fitted
    const random = seededRandom(weather.seed ^ 0x70e1)
    const isSound = random.next() < 0.3
    const chance = (most: number): number => (isSound || random.next() < 0.4 ? 0 : random.next() * most)
    this.#faults = {
      delayMs: 1 + weather.storeMs / 4,
      failBefore: chance(0.1),
      failAfter: chance(0.1),
      failThenApply: 0,
      hang: chance(0.05),
      lateMs: 300,
    }
  }

  readonly engine: MakeEngine = (cluster, machine, options): Engine => {
    const { truth, zone } = options
    const { actors } = this.#weather
    const judged: Judged = { name: cluster.self, holds: () => false, inMemory: () => [] }
    const { link, runtime, tenant } = runtimeMember(cluster, machine, options, {
      system: SYSTEM,
      definitions: citizens({ judged, truth, zone, actors }),
      store: this.#store,
      faults: this.#faults,
      fitted: this.#fitted,
      limits: LIMITS,
    })
    return {
      tenant,
      judged,
      start: () => this.#started.then(() => runtime.start()),
      stop: () => runtime.stop(),
      crashed: () => link.cut(),
      calm: () => {
        // Those that start from now on have no others.
        this.#faults = { ...NO_FAULTS, delayMs: this.#faults.delayMs }
        link.faults = this.#faults
      },
      ask: (ask) => asked(runtime, truth, ask),
    }
  }

  /** Puts what stands in the store where it is judged, and judges what was sent: once by each who was to have it. */
  readonly stored = async (truth: Truth): Promise<void> => {
    const { actors } = this.#weather
    const { actors: all } = await this.#store.list({ system: SYSTEM }, { limit: 1_000 })
    const printed: string[] = []
    for (const row of await this.#store.load(all.map(({ id }) => id))) {
      if (row === null || row.state === null) continue
      const { id, state } = row
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what the citizens wrote
      const { adds, heard } = jsonCodec.accept(state) as ListState
      if (id.name === PAPER) printed.push(...adds)
      else truth.found(id.name, adds)
      if (new Set(heard).size < heard.length)
        truth.violations.push(`broadcast: ${id.name} heard ${heard.join(' ')}`)
    }
    for (const actor of truth.actors()) {
      const to = nextOf(actor, actors)
      for (const id of truth.load(actor).adds) {
        if (id.includes('>')) continue
        const taken = count(truth.load(to).adds, sentId(id, to))
        if (/^(pass|send)/.test(id) && taken !== 1)
          truth.violations.push(`effect: ${id} of ${actor} was taken ${taken} times by ${to}`)
        if (id.startsWith('shout') && count(printed, id) !== 1)
          truth.violations.push(`broadcast: ${id} of ${actor} was printed ${count(printed, id)} times`)
      }
    }
    const { envelopes } = await this.#store.listEnvelopes(SYSTEM, 'dead', { limit: 1 })
    if (envelopes.length > 0)
      truth.violations.push('dead: there are dead letters, and nothing fails for ever')
  }
}

function count(all: readonly string[], one: string): number {
  return all.filter((each) => each === one).length
}

async function asked(runtime: Runtime, truth: Truth, ask: Ask): Promise<number> {
  const { actor, id, isKeyed, kind, timeoutMs } = ask
  const answer = await runtime.invoke(actor, {
    ref: refOf(actor),
    action: kind === 'later' ? 'add' : kind,
    payload: { id },
    timeoutMs,
    ...(kind === 'later' && { delayMs: LATER_MS }),
    ...(isKeyed && kind !== 'later' && { idempotencyKey: id }),
  })
  if (kind === 'later') return 0
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what the citizens answer
  const { count: revision } = answer as { count: number }
  truth.acknowledge(actor, revision)
  return revision
}
