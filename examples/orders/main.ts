// A shop, and all that a turn can set in motion: effects, broadcasts, a pipe, a forward, calls for later, a timer, a pool of
// workers, queries, a call that comes back. README.md has calls to try; orders.test.ts lets a quarter of an hour pass in no
// time.

import { actor, effect, SpawnError, system, Value } from 'spawn-mesh'

interface Line {
  readonly article: string
  readonly count: number
  readonly price: number
}

interface NewOrder {
  readonly customer: string
  readonly lines: readonly Line[]
}

interface Order extends NewOrder {
  readonly status: 'new' | 'placed' | 'paid' | 'expired'
}

interface News {
  readonly order: string
  readonly status: 'placed' | 'paid' | 'expired'
  readonly total: number
}

const PAY_WITHIN_MS = 15 * 60_000
const STOCK_EVERY_MS = 60 * 60_000
const FULL = 100
const DISCOUNT_FROM = 500

const news = (payload: News) => ({ channel: 'orders', payload })
const totalOf = ({ lines }: NewOrder) => lines.reduce((sum, { count, price }) => sum + count * price, 0)

/** Gives each order its number, and is free for the next customer while the order answers this one. */
export const desk = actor('desk', {
  state: { last: 0 },
  actions: {
    place: (ctx, _order: NewOrder) => {
      const last = ctx.state.last + 1
      return Value.of({ last }).forward(order, 'place', `o-${last}`)
    },
  },
})

export const order = actor('order', {
  kind: 'unnamed',
  reentrancy: 'call-chain',
  state: (): Order => ({ customer: '', lines: [], status: 'new' }),
  actions: {
    // The state, what is taken from the stock, the deadline and the news are one commit: all of them happen, or none.
    place: (ctx, placed: NewOrder) => {
      const { name } = ctx.self
      const total = totalOf(placed)
      return Value.of({ ...placed, status: 'placed' }, { order: name, total })
        .effects(placed.lines.map(({ article, count }) => effect(stock, article).take(count)))
        .effect(name, 'expire', undefined, { ref: 'order', delay: PAY_WITHIN_MS })
        .broadcast(news({ order: name, status: 'placed', total }))
    },
    // Whoever pays gets what the till answers: a receipt.
    pay: (ctx) => {
      const { name } = ctx.self
      const { customer, status } = ctx.state
      if (status !== 'placed')
        throw new SpawnError('INVALID_ARGUMENT', `${name} is ${status}, not to be paid`)
      const amount = totalOf(ctx.state)
      return Value.of({ ...ctx.state, status: 'paid' }, { order: name, amount })
        .effect(effect(mailer).send({ to: customer, text: `Thank you for ${name}` }))
        .broadcast(news({ order: name, status: 'paid', total: amount }))
        .pipe(till, 'book')
    },
    expire: (ctx) => {
      if (ctx.state.status !== 'placed') return Value.of()
      return Value.of({ ...ctx.state, status: 'expired' })
        .effects(ctx.state.lines.map(({ article, count }) => effect(stock, article).put(count)))
        .broadcast(news({ order: ctx.self.name, status: 'expired', total: totalOf(ctx.state) }))
    },
    // Discounts ask the order back while it waits for them.
    offer: async (ctx) => {
      const percent = await ctx.ref(discounts).of(ctx.self.name)
      return { total: (totalOf(ctx.state) * (100 - percent)) / 100, percent }
    },
    total: (ctx) => totalOf(ctx.state),
    status: { query: true, handler: (ctx) => ctx.state.status },
  },
})

export const discounts = actor('discounts', {
  actions: {
    // By name: of two definitions that need each other, one does without the other's types.
    of: async (ctx, name: string) => {
      const total = Number(await ctx.invoke(name, { ref: 'order', action: 'total' }))
      return total >= DISCOUNT_FROM ? 10 : 0
    },
  },
})

/** One instance for each article. */
export const stock = actor('stock', {
  kind: 'unnamed',
  state: { pieces: FULL },
  actions: {
    // What cannot be taken becomes a dead letter, and is taken when somebody says so.
    take: (ctx, count: number) => {
      const pieces = ctx.state.pieces - count
      if (pieces < 0)
        throw new SpawnError('INVALID_ARGUMENT', `there are ${ctx.state.pieces} × ${ctx.self.name}`)
      return Value.of({ pieces })
    },
    put: (ctx, count: number) => Value.of({ pieces: ctx.state.pieces + count }),
    refill: {
      timer: STOCK_EVERY_MS,
      handler: (ctx) => {
        if (ctx.state.pieces > FULL / 2) return Value.of()
        const text = `Please send ${FULL - ctx.state.pieces} × ${ctx.self.name}`
        return Value.of({ pieces: FULL }).effect(effect(mailer).send({ to: 'supplier', text }))
      },
    },
  },
})

export const till = actor('till', {
  state: { receipts: 0, sum: 0 },
  actions: {
    book: (ctx, { amount, order: paid }: { order: string; amount: number }) => {
      const receipts = ctx.state.receipts + 1
      return Value.of({ receipts, sum: ctx.state.sum + amount }, { order: paid, receipt: receipts })
    },
  },
})

/** Hears what orders tell, and knows how the day was. */
export const report = actor('report', {
  channels: [{ topic: 'orders', action: 'count' }],
  state: { placed: 0, paid: 0, expired: 0, revenue: 0 },
  actions: {
    count: ({ state }, { status, total }: News) => {
      const revenue = status === 'paid' ? state.revenue + total : state.revenue
      return Value.of({ ...state, [status]: state[status] + 1, revenue })
    },
    today: { query: true, handler: (ctx) => ctx.state },
    mail: (ctx, to: string) =>
      Value.of().effect(
        effect(mailer).send({ to, text: `${ctx.state.revenue} in ${ctx.state.paid} orders` }),
      ),
  },
})

/** Up to four workers share the mails, so that a slow one holds up nobody. */
export const mailer = actor('mailer', {
  kind: 'pooled',
  pool: { max: 4 },
  actions: {
    // Mails are the outside world: after a crash one may go out again. A provider that knows keys gets one here.
    send: (ctx, { text, to }: { to: string; text: string }) => ctx.logger.info('a mail', { to, text }),
  },
})

export const shop = system('shop', { actors: [desk, order, discounts, stock, till, report, mailer] })
