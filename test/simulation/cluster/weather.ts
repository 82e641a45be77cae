// What befalls a cluster in one simulation, drawn from its seed: how many members there are, how bad register and wire are, and
// what happens when. Decides no outcome.

import { below, type Random, seededRandom } from '../../../src/base/index.ts'
import { oneOf } from '../plan.ts'
import { type MeshTiming, timingOf } from '../../../src/mesh/index.ts'

/** Short times: what happens between them is the same, and a simulation is over sooner. */
export const TIMING: MeshTiming = {
  ...timingOf(1_000),
  joinMs: 60_000,
  leaseWaitMs: 2_000,
  viewWaitMs: 800,
}

/** How long all of it goes on. */
export const STORM_MS = 12_000

export interface RegisterFaults {
  readonly delayMs: number
  /** Chances, of each request: that nothing is done; that it is, and the answer is lost; that it is done much later. */
  readonly failBefore: number
  readonly failAfter: number
  readonly failThenApply: number
}

/** `member` is a place among those that have been started so far. */
export type Event =
  | { readonly kind: 'start' }
  | { readonly kind: 'register away'; readonly forMs: number }
  | { readonly kind: 'crash' | 'stop' | 'drain' | 'service'; readonly member: number }
  | {
      readonly kind: 'freeze' | 'cut from the register' | 'deaf' | 'mute'
      readonly member: number
      readonly forMs: number
    }
  | {
      readonly kind: 'cut from each other'
      readonly member: number
      readonly other: number
      readonly oneWay: boolean
      readonly forMs: number
    }
  | { readonly kind: 'clock'; readonly member: number; readonly byMs: number }

export interface Weather {
  readonly seed: number
  readonly members: number
  readonly actors: number
  readonly callers: number
  readonly callsEach: number
  readonly register: RegisterFaults
  readonly wire: { readonly lose: number; readonly double: number; readonly delayMs: number }
  readonly latenessMs: number
  readonly storeMs: number
  /** In order of time. */
  readonly events: readonly { readonly atMs: number; readonly event: Event }[]
}

type Kind = Event['kind']

/** Times of what happens before the last is overcome lie within this. */
const BURST_MS = 500
/** Longer than what one member asks of another waits for an answer, at most. */
const LONG_CUT_MS = 11_000

/** What a seed is about: what befalls members together finds more than all things at random. */
const THEMES: readonly (readonly Kind[])[] = [
  [
    'start',
    'register away',
    'crash',
    'stop',
    'drain',
    'service',
    'freeze',
    'cut from the register',
    'deaf',
    'mute',
    'cut from each other',
    'clock',
  ],
  ['cut from the register', 'deaf', 'mute', 'register away', 'cut from each other', 'clock'],
  ['start', 'start', 'stop', 'drain', 'crash', 'service', 'service', 'deaf', 'cut from each other'],
  ['freeze', 'freeze', 'clock', 'cut from the register', 'service'],
  ['clock', 'cut from the register', 'mute'],
  ['cut from each other'],
]

export function weatherOf(seed: number): Weather {
  const random = seededRandom(seed)
  const rough = random.next() < 0.6
  // Turns queue up, so that what moves takes its time.
  const busy = random.next() < 0.15
  const chance = (most: number): number => (rough && random.next() < 0.6 ? random.next() * most : 0)
  const count = below(random, 13)
  const kinds = oneOf(random, THEMES)
  const bursts = Array.from({ length: below(random, 5) }, () => below(random, STORM_MS))
  const times = Array.from({ length: count }, () =>
    bursts.length === 0 ? below(random, STORM_MS) : oneOf(random, bursts) + below(random, BURST_MS),
  ).sort((left, right) => left - right)
  return {
    seed,
    members: 2 + below(random, random.next() < 0.2 ? 7 : 3),
    actors: 1 + below(random, 8),
    callers: (busy ? 7 : 3) + below(random, 3),
    callsEach: (busy ? 30 : 20) + below(random, 30),
    register: {
      delayMs: below(random, 40),
      failBefore: chance(0.2),
      failAfter: chance(0.2),
      failThenApply: chance(0.1),
    },
    wire: { lose: chance(0.15), double: chance(0.2), delayMs: below(random, 30) },
    latenessMs: below(random, 10),
    storeMs: (busy ? 100 : 0) + below(random, random.next() < 0.3 ? 200 : 40),
    events: times.map((atMs) => ({ atMs, event: eventOf(random, kinds) })),
  }
}

function eventOf(random: Random, kinds: readonly Kind[]): Event {
  const kind = oneOf(random, kinds)
  const member = below(random, 8)
  // Around the length of a lease, mostly.
  const forMs = 100 + below(random, random.next() < 0.8 ? 2_500 : 6_000)
  switch (kind) {
    case 'start':
      return { kind }
    case 'register away':
      return { kind, forMs }
    case 'crash':
    case 'stop':
    case 'drain':
    case 'service':
      return { kind, member }
    case 'clock':
      return { kind, member, byMs: (random.next() < 0.5 ? -1 : 1) * below(random, 20_000) }
    case 'cut from each other': {
      const longMs = random.next() < 0.2 ? LONG_CUT_MS : 0
      return { kind, member, other: below(random, 8), oneWay: random.next() < 0.4, forMs: longMs + forMs }
    }
    case 'freeze':
    case 'cut from the register':
    case 'deaf':
    case 'mute':
  }
  return { kind, member, forMs }
}
