// The actors under faults. Each add carries a mark of its own, and an actor counts each mark: so what was lost shows, and
// what was done twice. Adds commute: in which order they come does not matter. Each turn leaves a fact.

import { actor, effect, Value } from '../../src/sdk/index.ts'

export interface Ledger {
  readonly marks: Readonly<Record<string, number>>
}

export interface Mark {
  readonly mark: string
}

export interface Transfer extends Mark {
  readonly to: string
}

const EMPTY: Ledger = { marks: {} }

function marked({ marks }: Ledger, mark: string): Ledger {
  return { marks: { ...marks, [mark]: (marks[mark] ?? 0) + 1 } }
}

function totalOf({ marks }: Ledger): number {
  return Object.values(marks).reduce((sum, count) => sum + count, 0)
}

function added(state: Ledger, mark: string) {
  const next = marked(state, mark)
  return Value.of(next, { total: totalOf(next) })
}

export const ledger = actor('ledger', {
  kind: 'unnamed',
  state: (): Ledger => EMPTY,
  sourceable: true,
  actions: {
    add: (ctx, { mark }: Mark) => added(ctx.state, mark),
    /** Adds here, and by an effect there. */
    pay: (ctx, { mark, to }: Transfer) =>
      added(ctx.state, mark).effect(effect(to, 'add', { mark }, { ref: 'ledger' })),
    /** The same, a moment later. */
    plan: (ctx, { mark, to }: Transfer) =>
      added(ctx.state, mark).effect(effect(to, 'add', { mark }, { ref: 'ledger', delay: 100 })),
  },
})

/** Leaves memory as soon as it is idle: each use loads it, and what is kept under its callers' keys. */
export const fleeting = actor('fleeting', {
  kind: 'unnamed',
  state: (): Ledger => EMPTY,
  sourceable: true,
  deactivateTimeout: 10,
  actions: { add: (ctx, { mark }: Mark) => added(ctx.state, mark) },
})

/** Keeps its past. */
export const chronicle = actor('chronicle', {
  kind: 'unnamed',
  state: (): Ledger => EMPTY,
  sourceable: true,
  history: 2,
  actions: { add: (ctx, { mark }: Mark) => added(ctx.state, mark) },
})
