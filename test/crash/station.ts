// The module of the ring under the crash test: stations that pass tokens on by effects, to the next one, for as long as
// they are not told to rest. What one sends another is numbered, so that what was lost, doubled or overtaken shows.

import { actor, effect, Value } from '../../src/sdk/index.ts'

export interface Pass {
  readonly token: string
  readonly from: string
  readonly number: number
}

export interface Station {
  /** In the order of the ring. */
  readonly next: string
  readonly resting: boolean
  readonly tokens: readonly string[]
  readonly passes: number
  /** To the next station, and from the one before. */
  readonly sent: number
  readonly seen: number
  readonly faults: readonly string[]
}

const EMPTY: Station = { next: '', resting: false, tokens: [], passes: 0, sent: 0, seen: 0, faults: [] }

/** By name: a definition cannot be typed by itself. */
function passed(next: string, pass: Pass) {
  return effect(next, 'take', pass, { ref: 'station' })
}

export const station = actor('station', {
  kind: 'unnamed',
  state: (): Station => EMPTY,
  actions: {
    join: (ctx, { next }: { readonly next: string }) => Value.of({ ...ctx.state, next }),
    /** Its first tokens leave at once. */
    begin: (ctx, { tokens }: { readonly tokens: readonly string[] }) => {
      const { next, sent } = ctx.state
      const passes = tokens.map((token, at): Pass => ({ token, from: ctx.self.name, number: sent + at + 1 }))
      return Value.of({ ...ctx.state, sent: sent + tokens.length }).effects(
        passes.map((pass) => passed(next, pass)),
      )
    },
    take: (ctx, { from, number, token }: Pass) => {
      const { state } = ctx
      const faults =
        number === state.seen + 1
          ? state.faults
          : [...state.faults, `${number} of ${from} came after ${state.seen}`]
      const taken = { ...state, faults, seen: number, passes: state.passes + 1 }
      if (state.resting) return Value.of({ ...taken, tokens: [...state.tokens, token] })
      const sent = state.sent + 1
      const pass: Pass = { token, from: ctx.self.name, number: sent }
      return Value.of({ ...taken, sent }).effects([passed(state.next, pass)])
    },
    /** Tokens that come from now on stay. */
    rest: (ctx) => Value.of({ ...ctx.state, resting: true }),
  },
})
