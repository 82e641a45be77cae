// Money on its way between two accounts, each an actor of its own: a transfer ends with both booked or neither, whatever
// fails or is killed on the way. README.md has calls to try.

import { actor, effect, saga, SpawnError, step, system, Value } from 'spawn-mesh'

interface Transfer {
  readonly from: string
  readonly to: string
  readonly amount: number
}

export const account = actor('account', {
  kind: 'unnamed',
  state: { balance: 0, closed: false },
  actions: {
    deposit: (ctx, { amount }: { amount: number }) => {
      if (ctx.state.closed) throw new SpawnError('PERMISSION_DENIED', `${ctx.self.name}'s account is closed`)
      const balance = ctx.state.balance + amount
      return Value.of({ ...ctx.state, balance }, { balance })
    },
    withdraw: (ctx, { amount }: { amount: number }) => {
      const balance = ctx.state.balance - amount
      if (balance < 0) throw new SpawnError('INVALID_ARGUMENT', `${ctx.self.name} has not enough money`)
      return Value.of({ ...ctx.state, balance }, { balance })
    },
    // What undoes must be able to succeed: money comes back to a closed account, too.
    refund: (ctx, { amount }: { amount: number }) =>
      Value.of({ ...ctx.state, balance: ctx.state.balance + amount }),
    close: (ctx) => Value.of({ ...ctx.state, closed: true }),
  },
})

export const transfer = saga('transfer', [
  step('withdraw', {
    run: (t: Transfer) => effect(account, t.from).withdraw({ amount: t.amount }),
    compensate: (t) => effect(account, t.from).refund({ amount: t.amount }),
  }),
  step('deposit', {
    run: (t: Transfer) => effect(account, t.to).deposit({ amount: t.amount }),
  }),
])

export const bank = system('bank', { actors: [account, transfer] })
