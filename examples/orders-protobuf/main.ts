// The shop of examples/orders with every state and message in Protobuf: what is forwarded, piped, broadcast, sent as an effect,
// called later or done by a saga is the message that its receiver takes. Programs in other languages share orders.proto.

import { create, isMessage } from '@bufbuild/protobuf'
import { actor, effect, saga, SpawnError, step, system, Value } from 'spawn-mesh'

import {
  CarrierSchema,
  type Delivery,
  DeliverySchema,
  DeskSchema,
  DiscountRequestSchema,
  DiscountSchema,
  MailSchema,
  NewOrderSchema,
  OfferSchema,
  OrderNewsSchema,
  OrderSchema,
  PackingSchema,
  ParcelSchema,
  PiecesSchema,
  ReceiptSchema,
  ReportSchema,
  Status,
  StockSchema,
  TillSchema,
} from './orders_pb.ts'

const PAY_WITHIN_MS = 15 * 60_000
const STOCK_EVERY_MS = 60 * 60_000
const FULL = 100
const DISCOUNT_FROM = 500

export const desk = actor('desk', {
  schema: DeskSchema,
  actions: {
    place: {
      payload: NewOrderSchema,
      handler: (ctx) => {
        const last = ctx.state.last + 1
        return Value.of({ last }).forward(order, 'place', `o-${last}`)
      },
    },
  },
})

export const order = actor('order', {
  kind: 'unnamed',
  reentrancy: 'call-chain',
  schema: OrderSchema,
  actions: {
    place: {
      payload: NewOrderSchema,
      response: OrderNewsSchema,
      handler: (ctx, { customer, lines }) => {
        const total = lines.reduce((sum, { count, price }) => sum + count * price, 0)
        const news = create(OrderNewsSchema, { order: ctx.self.name, status: Status.PLACED, total })
        return Value.of({ customer, lines, total, status: Status.PLACED }, news)
          .effects(lines.map(({ article, count }) => effect(stock, article).take({ count })))
          .effect(ctx.self.name, 'expire', undefined, { ref: 'order', delay: PAY_WITHIN_MS })
          .broadcast({ channel: 'orders', payload: news })
      },
    },
    pay: {
      response: OrderNewsSchema,
      handler: (ctx) => {
        const { customer, status, total } = ctx.state
        const { name } = ctx.self
        if (status !== Status.PLACED) throw new SpawnError('INVALID_ARGUMENT', `${name} is not to be paid`)
        const news = create(OrderNewsSchema, { order: name, status: Status.PAID, total })
        return Value.of({ ...ctx.state, status: Status.PAID }, news)
          .effect(effect(mailer).send({ to: customer, text: `Thank you for ${name}` }))
          .broadcast({ channel: 'orders', payload: news })
          .pipe(till, 'book')
      },
    },
    expire: (ctx) => {
      const { lines, status, total } = ctx.state
      if (status !== Status.PLACED) return Value.of()
      const news = create(OrderNewsSchema, { order: ctx.self.name, status: Status.EXPIRED, total })
      return Value.of({ ...ctx.state, status: Status.EXPIRED })
        .effects(lines.map(({ article, count }) => effect(stock, article).put({ count })))
        .broadcast({ channel: 'orders', payload: news })
    },
    // Discounts ask the order back while it waits for them.
    offer: {
      response: OfferSchema,
      handler: async (ctx) => {
        const { percent } = await ctx.ref(discounts).of({ order: ctx.self.name })
        return { total: (ctx.state.total * (100 - percent)) / 100, percent }
      },
    },
    whole: { response: OrderSchema, handler: (ctx) => ctx.state },
    status: { query: true, response: OrderSchema, handler: (ctx) => ctx.state },
  },
})

export const discounts = actor('discounts', {
  actions: {
    of: {
      payload: DiscountRequestSchema,
      response: DiscountSchema,
      // By name: of two definitions that need each other, one does without the other's types.
      handler: async (ctx, { order: name }) => {
        const asked = await ctx.invoke(name, { ref: 'order', action: 'whole' })
        const total = isMessage(asked, OrderSchema) ? asked.total : 0
        return { percent: total >= DISCOUNT_FROM ? 10 : 0 }
      },
    },
  },
})

/** One instance for each article. */
export const stock = actor('stock', {
  kind: 'unnamed',
  schema: StockSchema,
  state: { pieces: FULL },
  actions: {
    // What cannot be taken becomes a dead letter, and is taken when somebody says so.
    take: {
      payload: PiecesSchema,
      handler: (ctx, { count }) => {
        const pieces = ctx.state.pieces - count
        if (pieces < 0)
          throw new SpawnError('INVALID_ARGUMENT', `there are ${ctx.state.pieces} × ${ctx.self.name}`)
        return Value.of({ pieces })
      },
    },
    put: {
      payload: PiecesSchema,
      handler: (ctx, { count }) => Value.of({ pieces: ctx.state.pieces + count }),
    },
    refill: {
      timer: STOCK_EVERY_MS,
      handler: (ctx) => (ctx.state.pieces > FULL / 2 ? Value.of() : Value.of({ pieces: FULL })),
    },
  },
})

export const till = actor('till', {
  schema: TillSchema,
  actions: {
    book: {
      payload: OrderNewsSchema,
      response: ReceiptSchema,
      handler: (ctx, { order: paid, total }) => {
        const receipts = ctx.state.receipts + 1
        return Value.of({ receipts, sum: ctx.state.sum + total }, { order: paid, number: receipts })
      },
    },
  },
})

export const report = actor('report', {
  schema: ReportSchema,
  channels: [{ topic: 'orders', action: 'count' }],
  actions: {
    count: {
      payload: OrderNewsSchema,
      handler: ({ state }, { status, total }) => {
        if (status === Status.PLACED) return Value.of({ ...state, placed: state.placed + 1 })
        if (status === Status.EXPIRED) return Value.of({ ...state, expired: state.expired + 1 })
        return Value.of({ ...state, paid: state.paid + 1, revenue: state.revenue + total })
      },
    },
    mail: {
      payload: MailSchema,
      handler: (ctx, { to }) =>
        Value.of().effect(
          effect(mailer).send({ to, text: `${ctx.state.revenue} in ${ctx.state.paid} orders` }),
        ),
    },
    today: { query: true, response: ReportSchema, handler: (ctx) => ctx.state },
  },
})

export const mailer = actor('mailer', {
  kind: 'pooled',
  pool: { max: 4 },
  actions: {
    send: {
      payload: MailSchema,
      handler: (ctx, { text, to }) => ctx.logger.info('a mail', { to, text }),
    },
  },
})

export const packing = actor('packing', {
  schema: PackingSchema,
  actions: {
    pack: {
      payload: DeliverySchema,
      response: ParcelSchema,
      handler: (ctx, { order: name }) => {
        const packed = ctx.state.packed + 1
        return Value.of({ packed }, { order: name, number: packed })
      },
    },
    unpack: {
      payload: DeliverySchema,
      handler: (ctx) => Value.of({ packed: ctx.state.packed - 1 }),
    },
  },
})

export const carrier = actor('carrier', {
  schema: CarrierSchema,
  actions: {
    carry: {
      payload: DeliverySchema,
      handler: (ctx, { address }) => {
        if (address === '') throw new SpawnError('INVALID_ARGUMENT', 'there is no address')
        return Value.of({ carried: ctx.state.carried + 1 })
      },
    },
  },
})

/** Packed and carried, or unpacked again. */
export const delivery = saga(
  'delivery',
  [
    step('pack', {
      run: (parcel: Delivery) => effect(packing).pack(parcel),
      compensate: (parcel) => effect(packing).unpack(parcel),
    }),
    step('carry', { run: (parcel: Delivery) => effect(carrier).carry(parcel) }),
  ],
  { input: DeliverySchema },
)

export const shop = system('shop', {
  actors: [desk, order, discounts, stock, till, report, mailer, packing, carrier, delivery],
})
