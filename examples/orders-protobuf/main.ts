// The shop of examples/orders, smaller, with every state and message in Protobuf: what is forwarded, piped, broadcast or sent
// as an effect is the message that its receiver takes. Programs in other languages share orders.proto.

import { actor, effect, SpawnError, system, Value } from 'spawn-mesh'

import {
  DeskSchema,
  MailSchema,
  NewOrderSchema,
  OrderNewsSchema,
  OrderSchema,
  ReceiptSchema,
  ReportSchema,
  Status,
  TillSchema,
} from './orders_pb.ts'

const PAY_WITHIN_MS = 15 * 60_000

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
  schema: OrderSchema,
  actions: {
    place: {
      payload: NewOrderSchema,
      response: OrderNewsSchema,
      handler: (ctx, { customer, lines }) => {
        const total = lines.reduce((sum, { count, price }) => sum + count * price, 0)
        const news = { order: ctx.self.name, status: Status.PLACED, total }
        return Value.of({ customer, lines, total, status: Status.PLACED }, news)
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
        const news = { order: name, status: Status.PAID, total }
        return Value.of({ ...ctx.state, status: Status.PAID }, news)
          .effect(effect(mailer).send({ to: customer, text: `Thank you for ${name}` }))
          .broadcast({ channel: 'orders', payload: news })
          .pipe(till, 'book')
      },
    },
    expire: (ctx) => {
      const { status, total } = ctx.state
      if (status !== Status.PLACED) return Value.of()
      const news = { order: ctx.self.name, status: Status.EXPIRED, total }
      return Value.of({ ...ctx.state, status: Status.EXPIRED }).broadcast({
        channel: 'orders',
        payload: news,
      })
    },
    status: { query: true, response: OrderSchema, handler: (ctx) => ctx.state },
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

export const shop = system('shop', { actors: [desk, order, till, report, mailer] })
