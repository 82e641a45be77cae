// Actors that stand in a ring and pass tokens on by effects, pipes, forwards and broadcasts, at once and later. At any time
// every token stands once, in the state of one actor or in one envelope; in the end all of them rest in states. What one
// sends another is numbered, so that an order that was broken shows in the receiver's state.

import { below } from '../../../src/base/index.ts'
import type { Definition, Effect, Statestore, StoredActor, Workflow } from '../../../src/ports/index.ts'
import { jsonCodec } from '../../../src/protocol/index.ts'
import { type Act, cast, type Deed, type Scene } from './cast.ts'
import { mixed } from './mixed.ts'
import { LONG_GAP_MS, type Weather } from './weather.ts'
import {
  isEmpty,
  type Outside,
  type ProcessKit,
  stateOf,
  storedActors,
  SYSTEM,
  type World,
  type WorldKind,
} from './world.ts'

interface Token {
  readonly id: string
  /** How often it will be passed on. */
  readonly hops: number
}

/** What travels. `number` counts what its sender has sent to its receiver in one lane; null: it is not counted. */
interface Pass {
  readonly token: Token
  readonly from: string
  readonly number: number | null
}

interface Station {
  /** Tokens that have arrived for good, and those that wait to be passed on. */
  readonly resting: readonly string[]
  readonly held: readonly Token[]
  readonly sent: Readonly<Record<string, number>>
  readonly seen: Readonly<Record<string, number>>
  readonly faults: readonly string[]
  readonly passes: number
}

const UNNAMED = 'station'
const MAX_HOPS = 12

class Ring implements World {
  readonly limits = { deliveryAttempts: 1_000_000 }
  readonly #weather: Weather
  readonly #size: number
  readonly #tokens: number
  /** Tokens that were acknowledged: they must stand. */
  readonly #minted = new Set<string>()
  #passes = 0

  constructor(weather: Weather) {
    this.#weather = weather
    this.#size = 2 + (weather.seed % 4)
    this.#tokens = 1 + (weather.seed % 7)
  }

  /** Half of the stations are named actors, the others instances. */
  definitions(kit: ProcessKit): Definition[] {
    const role = {
      initial: (): Station => ({ resting: [], held: [], sent: {}, seen: {}, faults: [], passes: 0 }),
      acts: { mint: this.#mint, take: this.#take, takeForwarded: this.#take, push: this.#push },
    } as const
    const named = Array.from({ length: this.#size }, (_, at) => at).filter((at) => at % 2 === 0)
    return [
      cast<Station>(this.#weather, kit, { ...role, name: UNNAMED, kind: 'unnamed' }),
      ...named.map((at) =>
        cast<Station>(this.#weather, kit, {
          ...role,
          name: `s${at}`,
          kind: 'named',
          channels: { [`to s${at}`]: 'take' },
        }),
      ),
    ]
  }

  async outside({ clock, insist, random, call }: Outside): Promise<void> {
    const mint = async (at: number): Promise<void> => {
      const token: Token = { id: `t${at}`, hops: below(random, MAX_HOPS) }
      const { name, ...ref } = this.#address(at % this.#size)
      await clock.sleep(below(random, 300))
      await insist(name, { ...ref, action: 'mint', payload: token, idempotencyKey: token.id })
      this.#minted.add(token.id)
    }
    const push = async (at: number): Promise<void> => {
      const { name, ...ref } = this.#address(at % this.#size)
      await clock.sleep(below(random, 1_000))
      await call(name, { ...ref, action: 'push', async: random.next() < 0.5 })
    }
    const tokens = Array.from({ length: this.#tokens }, (_, at) => at)
    await Promise.all([...tokens.map(mint), ...tokens.map(push)])
  }

  isOver(store: Statestore): Promise<boolean> {
    return isEmpty(store, 'delivery', 'schedule')
  }

  /** Every token that is known to be there stands once; no other stands twice. */
  async watch(store: Statestore): Promise<string[]> {
    // All of it is asked for in one step: the memory store answers as of now.
    const [stations, ...boxes] = await Promise.all([
      storedActors(store),
      ...(['delivery', 'schedule', 'dead'] as const).map((box) =>
        store.listEnvelopes(SYSTEM, box, { limit: 1_000 }),
      ),
    ])
    const standing: string[] = []
    for (const actor of stations) {
      const state = stationOf(actor)
      standing.push(...(state?.resting ?? []), ...(state?.held ?? []).map(({ id }) => id))
    }
    for (const { envelopes } of boxes) {
      for (const { payload } of envelopes)
        if (payload !== null) standing.push(passOf(jsonCodec.accept(payload)).token.id)
    }
    return this.#count(standing)
  }

  async judge(store: Statestore): Promise<string[]> {
    const stations = (await storedActors(store)).map(stationOf)
    const known = stations.filter((state) => state !== null)
    this.#passes = known.reduce((sum, { passes }) => sum + passes, 0)
    const dead = await isEmpty(store, 'dead')
    return [
      ...this.#count(known.flatMap(({ held, resting }) => [...resting, ...held.map(({ id }) => id)])),
      ...(this.#ordered ? known.flatMap(({ faults }) => faults) : []),
      ...(dead ? [] : ['there are dead letters, and nothing fails for ever']),
    ]
  }

  happened(): number {
    return this.#passes
  }

  /** Order is of one owner at a time: of two neither knows what the other has sent, or has still asked for. */
  get #ordered(): boolean {
    const { fates, gapMs } = this.#weather
    return gapMs >= LONG_GAP_MS && !fates.some(({ kind }) => kind === 'twin')
  }

  #count(standing: readonly string[]): string[] {
    const found: string[] = []
    const counted = new Set<string>()
    for (const id of standing) {
      if (counted.has(id)) found.push(`the token ${id} stands twice`)
      counted.add(id)
    }
    for (const id of this.#minted) if (!counted.has(id)) found.push(`the token ${id} is lost`)
    return found
  }

  #address(at: number): { readonly name: string; readonly ref?: string } {
    return at % 2 === 0 ? { name: `s${at}` } : { name: `s${at}`, ref: UNNAMED }
  }

  readonly #mint: Act<Station> = (scene) => this.#pass(scene, scene.state, tokenOf(scene.payload))

  readonly #take: Act<Station> = (scene) => {
    const { payload, self, state, turn } = scene
    const { from, number, token } = passOf(payload)
    const forwarded = turn.action.name === 'takeForwarded'
    // A forward brings what the sender got: neither its number nor its hops are the sender's.
    const expected = (state.seen[from] ?? 0) + 1
    const counts = number !== null && !forwarded
    const faults =
      counts && number !== expected
        ? [...state.faults, `${self} got ${number} of ${from} for ${expected}`]
        : state.faults
    const seen = counts ? { ...state.seen, [from]: number } : state.seen
    const next: Station = { ...state, faults, seen, passes: state.passes + 1 }
    return this.#pass(scene, next, forwarded ? { ...token, hops: token.hops - 1 } : token)
  }

  /** Passes on what waits. */
  readonly #push: Act<Station> = ({ self, state }) => {
    const sends: Effect[] = []
    let next: Station = { ...state, held: [] }
    for (const token of state.held) {
      const pass = this.#sent(self, next, token)
      next = pass.state
      sends.push(this.#effect(pass))
    }
    return { state: next, workflow: { effects: sends } }
  }

  /** What becomes of a token that has come: it rests, waits, or goes on, by one way or another. */
  #pass({ self, payload, turn }: Scene<Station>, state: Station, token: Token): Deed<Station> {
    if (token.hops <= 0) return { state: { ...state, resting: [...state.resting, token.id] } }
    const choice = mixed(`${this.#weather.seed} ${self} ${token.id} ${token.hops}`)
    const way = WAYS[choice % WAYS.length]
    // Who calls is told when a pipe or forward fails, and it is over then: a token would be lost.
    const heard = turn.action.name === 'mint'
    if (way === 'hold') return { state: { ...state, held: [...state.held, token] } }
    const mayForward = way === 'forward' && turn.action.name === 'take'
    if (mayForward) {
      const { name, ...ref } = this.#next(self, token)
      const workflow = { route: { kind: 'forward', to: name, action: 'takeForwarded', ...ref } } as const
      return { state, response: payload, workflow }
    }
    const sent = this.#sent(self, state, token, way === 'later')
    return {
      state: sent.state,
      response: sent.pass,
      workflow: this.#workflow(heard && way === 'pipe' ? 'effect' : way, sent),
    }
  }

  #workflow(way: string | undefined, sent: Sent): Partial<Workflow> {
    const { name, ...ref } = sent.to
    if (way === 'pipe') return { route: { kind: 'pipe', to: name, action: 'take', ...ref } }
    if (way === 'broadcast' && ref.ref === undefined)
      return { broadcasts: [{ channel: `to ${name}`, payload: sent.pass }] }
    const later = way === 'later' ? { delayMs: 1 + (mixed(sent.pass.token.id) % 200) } : {}
    return { effects: [{ ...this.#effect(sent), ...later }] }
  }

  #effect({ pass, to: { name, ...ref } }: Sent): Effect {
    return { to: name, ...ref, action: 'take', payload: pass }
  }

  #sent(self: string, state: Station, token: Token, later = false): Sent {
    const to = this.#next(self, token)
    const number = (state.sent[to.name] ?? 0) + 1
    const pass: Pass = {
      token: { ...token, hops: token.hops - 1 },
      from: self,
      number: later ? null : number,
    }
    const sent = later ? state.sent : { ...state.sent, [to.name]: number }
    return { to, pass, state: { ...state, sent } }
  }

  /** Mostly the neighbour; sometimes another, itself included. */
  #next(self: string, token: Token): { readonly name: string; readonly ref?: string } {
    const at = Number(self.slice(1))
    const jump = mixed(`jump ${self} ${token.id} ${token.hops}`) % 4 === 0 ? token.hops : 1
    return this.#address((at + jump) % this.#size)
  }
}

interface Sent {
  readonly to: { readonly name: string; readonly ref?: string }
  readonly pass: Pass
  readonly state: Station
}

const WAYS = ['effect', 'effect', 'effect', 'later', 'pipe', 'forward', 'broadcast', 'hold'] as const

function stationOf(actor: StoredActor): Station | null {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the ring's own state
  return stateOf(actor) as Station | null
}

function tokenOf(payload: unknown): Token {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the ring's own payload
  return payload as Token
}

function passOf(payload: unknown): Pass {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the ring's own payload
  return payload as Pass
}

export const ring: WorldKind = {
  name: 'ring',
  twins: true,
  lateWrites: true,
  of: (weather) => new Ring(weather),
}
