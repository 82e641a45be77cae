// What is measured, beside what, and against which bar. The bars are the project's budgets.

import { cluster } from './cluster-plan.ts'
import { type Comparison, type Crowd, DURABLE_CALLS, MAIN, MANY_ROUNDS } from './comparison.ts'
import { http } from './http-plan.ts'

const CROWDS: readonly Crowd[] = [1, 64].flatMap((callers) =>
  [1, 1_000, 100_000].map((actors) => ({ callers, actors })),
)

const isMain = ({ actors, callers }: Crowd): boolean => callers === MAIN.callers && actors === MAIN.actors

function crowdText({ actors, callers }: Crowd): string {
  const count = actors.toLocaleString('en')
  return `${callers} caller${callers === 1 ? '' : 's'}, ${count} actor${actors === 1 ? '' : 's'}`
}

const calls: readonly Comparison[] = [
  ...CROWDS.map((crowd): Comparison => {
    return {
      subject: { module: 'embedded-calls', variant: 'volatile', ...crowd },
      beside: { name: 'Map and promise mailbox', module: 'bare-mailbox', ...crowd },
      onOneProcessor: true,
      lines: [
        {
          name: `volatile call: ${crowdText(crowd)}`,
          unit: '/s',
          metric: 'rate',
          ...(isMain(crowd) ? { bar: { atLeast: 1_500_000, ratioAtLeast: 1 / 3 } } : {}),
        },
      ],
    }
  }),
  {
    subject: { module: 'embedded-calls', variant: 'stateless', callers: 64, actors: 1_000 },
    beside: { name: 'Map and promise mailbox', module: 'bare-mailbox', callers: 64, actors: 1_000 },
    onOneProcessor: true,
    lines: [
      {
        name: 'stateless call: 64 callers, 1,000 actors',
        unit: '/s',
        metric: 'rate',
        bar: { atLeast: 1_500_000, ratioAtLeast: 1 / 3 },
      },
    ],
  },
]

const durableCalls: readonly Comparison[] = [
  ...CROWDS.map((crowd): Comparison => {
    return {
      subject: { module: 'embedded-calls', variant: 'durable', ...crowd },
      beside: { name: `upserts in groups of ${crowd.callers}`, module: 'bare-upserts', ...crowd },
      ...(isMain(crowd) ? { rounds: MANY_ROUNDS } : {}),
      lines: [
        {
          name: `durable call: ${crowdText(crowd)}`,
          unit: '/s',
          metric: 'rate',
          ...(isMain(crowd) ? { bar: { atLeast: 100_000, ratioAtLeast: 0.6 } } : {}),
        },
      ],
    }
  }),
  {
    subject: { module: 'durable-latency', actors: 1_000 },
    beside: { name: 'append and fdatasync', module: 'bare-append' },
    lines: [{ name: 'durable call alone, p50', unit: 'µs', metric: 'p50Us', bar: { ratioAtMost: 2 } }],
  },
]

const sealedCalls: readonly Comparison[] = [
  {
    subject: { module: 'embedded-calls', variant: 'sealed', ...MAIN },
    beside: DURABLE_CALLS,
    lines: [
      {
        name: 'durable call, encrypted: 64 callers, 1,000 actors',
        unit: '/s',
        metric: 'rate',
        bar: { ratioAtLeast: 0.7 },
      },
    ],
  },
]

const facts: readonly Comparison[] = [
  {
    subject: { module: 'embedded-calls', variant: 'sourceable', ...MAIN },
    beside: DURABLE_CALLS,
    rounds: MANY_ROUNDS,
    lines: [
      { name: 'durable call that leaves a fact: 64 callers, 1,000 actors', unit: '/s', metric: 'rate' },
    ],
  },
]

const effects: readonly Comparison[] = [
  {
    subject: { module: 'effects', ...MAIN },
    beside: DURABLE_CALLS,
    rounds: MANY_ROUNDS,
    lines: [
      {
        name: 'effect delivered: 1,000 senders, 1,000 receivers',
        unit: '/s',
        metric: 'rate',
        bar: { ratioAtLeast: 0.5 },
      },
    ],
  },
  {
    subject: { module: 'broadcasts', actors: 1_000 },
    beside: { name: 'effects delivered', module: 'effects', ...MAIN },
    lines: [
      {
        name: 'broadcast delivered: 1,000 subscribers',
        unit: '/s',
        metric: 'rate',
        bar: { ratioAtLeast: 0.5 },
      },
    ],
  },
  {
    subject: { module: 'pipes', variant: 'pipe', ...MAIN },
    beside: { name: 'two durable calls in a row', module: 'pipes', variant: 'two calls', ...MAIN },
    rounds: MANY_ROUNDS,
    lines: [
      {
        name: 'pipe of two hops: 64 callers, 1,000 actors',
        unit: '/s',
        metric: 'rate',
        bar: { ratioAtLeast: 0.8 },
      },
    ],
  },
]

const keptCalls: readonly Comparison[] = [
  {
    subject: { module: 'schedules', variant: 'rates', ...MAIN },
    beside: DURABLE_CALLS,
    maxRounds: 5,
    lines: [
      {
        name: '100,000 schedules registered',
        unit: '/s',
        metric: 'registered',
        besideMetric: 'rate',
        bar: { ratioAtLeast: 0.5 },
      },
      {
        name: '100,000 schedules fired',
        unit: '/s',
        metric: 'fired',
        besideMetric: 'rate',
        bar: { ratioAtLeast: 0.25 },
      },
    ],
  },
  {
    subject: { module: 'schedules', variant: 'held', ...MAIN },
    beside: null,
    maxRounds: 3,
    lines: [
      {
        name: '100,000 schedules pending',
        unit: 'MB',
        metric: 'pendingMb',
        bar: { atMost: 20 },
      },
    ],
  },
  {
    subject: { module: 'idempotent-calls', ...MAIN },
    beside: DURABLE_CALLS,
    rounds: MANY_ROUNDS,
    lines: [
      {
        name: 'call with an idempotency key: 64 callers, 1,000 actors',
        unit: '/s',
        metric: 'rate',
        bar: { ratioAtLeast: 0.7 },
      },
    ],
  },
]

const queries: readonly Comparison[] = [
  {
    subject: { module: 'hot-reads', variant: 'beside writes', callers: 64 },
    beside: { name: 'the reads alone', module: 'hot-reads', callers: 64 },
    rounds: MANY_ROUNDS,
    onOneProcessor: true,
    lines: [
      {
        name: 'query of one actor beside its writes: 64 callers',
        unit: '/s',
        metric: 'rate',
        bar: { ratioAtLeast: 0.8 },
      },
    ],
  },
]

const residence: readonly Comparison[] = [
  {
    subject: { module: 'idle-actors', actors: 100_000 },
    beside: { name: 'Map of names to states', module: 'idle-actors', variant: 'bare', actors: 100_000 },
    lines: [{ name: 'idle actor with its state', unit: 'bytes', metric: 'bytes', bar: { atMost: 1_024 } }],
  },
  {
    subject: { module: 'activations', callers: 1_024, actors: 20_000 },
    beside: { name: 'select by key, one thread', module: 'bare-selects', actors: 20_000 },
    lines: [{ name: 'activation from SQLite', unit: '/s', metric: 'rate', bar: { atLeast: 50_000 } }],
  },
  {
    subject: { module: 'first-calls', actors: 250 },
    beside: null,
    lines: [
      { name: 'first call after passivation, p50', unit: 'ms', metric: 'p50Ms' },
      { name: 'first call after passivation, p99', unit: 'ms', metric: 'p99Ms', bar: { atMost: 5 } },
    ],
  },
]

const doors: readonly Comparison[] = [
  ...http,
  {
    subject: { module: 'start', variant: 'dev' },
    beside: { name: 'node:http server', module: 'start', variant: 'bare' },
    lines: [
      { name: '`spawn dev` until the first answer', unit: 'ms', metric: 'tookMs', bar: { atMost: 1_000 } },
    ],
  },
  {
    subject: { module: 'start', variant: 'installed' },
    beside: { name: 'node:http server', module: 'start', variant: 'bare' },
    lines: [
      { name: '`spawn dev` of the published package until the first answer', unit: 'ms', metric: 'tookMs' },
    ],
  },
]

const TWO_HOPS = {
  name: 'two node:http hops',
  module: 'proxy-calls',
  variant: 'two hops',
  ...MAIN,
} as const

const sidecar: readonly Comparison[] = [
  {
    subject: { module: 'proxy-calls', variant: 'durable', ...MAIN },
    beside: TWO_HOPS,
    lines: [
      {
        name: 'proxy durable call: 64 connections, 1,000 actors',
        unit: '/s',
        metric: 'rate',
        bar: { ratioAtLeast: 0.5 },
      },
      { name: 'proxy durable call, processor time', unit: 'µs', metric: 'cpuUs' },
      { name: 'proxy durable call, p50', unit: 'ms', metric: 'p50Ms' },
      { name: 'proxy durable call, p99', unit: 'ms', metric: 'p99Ms' },
    ],
  },
  {
    subject: { module: 'proxy-calls', variant: 'volatile', ...MAIN },
    beside: TWO_HOPS,
    lines: [
      { name: 'proxy volatile call: 64 connections, 1,000 actors', unit: '/s', metric: 'rate' },
      { name: 'proxy volatile call, processor time', unit: 'µs', metric: 'cpuUs' },
      { name: 'proxy volatile call, p50', unit: 'ms', metric: 'p50Ms' },
      { name: 'proxy volatile call, p99', unit: 'ms', metric: 'p99Ms' },
    ],
  },
  {
    subject: { module: 'proxy-calls', variant: 'durable', callers: 64, actors: 100_000 },
    beside: null,
    maxRounds: 1,
    lines: [
      {
        name: 'active actor in the proxy, of 100,000',
        unit: 'bytes',
        metric: 'bytes',
        bar: { atMost: 1_024 },
      },
    ],
  },
]

/** The same of every database server. */
const callsOnServer = (title: string, name: string): readonly Comparison[] => [
  ...[1, 64].map((callers): Comparison => {
    const crowd = { callers, actors: 1_000 }
    return {
      subject: { module: `${name}-calls`, ...crowd },
      beside: { name: `upserts in groups of ${callers}`, module: `bare-${name}-upserts`, ...crowd },
      lines: [
        {
          name: `durable call on ${title}: ${crowdText(crowd)}`,
          unit: '/s',
          metric: 'rate',
          ...(isMain(crowd) ? { bar: { ratioAtLeast: 0.5 } } : {}),
        },
      ],
    }
  }),
  {
    subject: { module: `${name}-calls`, variant: 'sealed', ...MAIN },
    beside: { name: `durable calls on ${title}`, module: `${name}-calls`, ...MAIN },
    lines: [
      {
        name: `durable call on ${title}, encrypted: ${crowdText(MAIN)}`,
        unit: '/s',
        metric: 'rate',
        bar: { ratioAtLeast: 0.7 },
      },
    ],
  },
  {
    subject: { module: `${name}-calls`, variant: 'large', callers: 1, actors: 1 },
    beside: {
      name: 'upserts of 1 MiB',
      module: `bare-${name}-upserts`,
      variant: 'large',
      callers: 1,
      actors: 1,
    },
    lines: [
      {
        name: `durable call on ${title}: a state of 1 MiB`,
        unit: '/s',
        metric: 'rate',
        bar: { ratioAtLeast: 0.5 },
      },
    ],
  },
]

const activationsFromServer = (title: string, name: string): readonly Comparison[] => [
  {
    subject: { module: `${name}-activations`, callers: 1_024, actors: 20_000 },
    beside: { name: 'selects of 512 by key', module: `bare-${name}-selects`, actors: 20_000 },
    lines: [{ name: `activation from ${title}`, unit: '/s', metric: 'rate' }],
  },
  {
    subject: { module: `${name}-activations`, variant: 'stored 10000000', callers: 1_024, actors: 20_000 },
    beside: {
      name: 'the same of 20,000',
      module: `${name}-activations`,
      callers: 1_024,
      actors: 20_000,
    },
    isLong: true,
    lines: [
      {
        name: `activation from ${title}, of 10,000,000 stored`,
        unit: '/s',
        metric: 'rate',
        bar: { ratioAtLeast: 0.5 },
      },
      {
        name: `activation from ${title}, of 10,000,000 stored: one caller, p50`,
        unit: 'ms',
        metric: 'p50Ms',
        bar: { ratioAtMost: 1.5 },
      },
    ],
  },
  {
    subject: { module: `bare-${name}-selects`, variant: 'stored 10000000', actors: 20_000 },
    beside: { name: 'the same of 20,000', module: `bare-${name}-selects`, actors: 20_000 },
    isLong: true,
    lines: [{ name: `selects of 512 by key from ${title}, of 10,000,000`, unit: '/s', metric: 'rate' }],
  },
]

export const PLAN: readonly Comparison[] = [
  ...calls,
  ...durableCalls,
  ...sealedCalls,
  ...facts,
  ...effects,
  ...keptCalls,
  ...queries,
  ...residence,
  ...callsOnServer('Postgres', 'postgres'),
  ...activationsFromServer('Postgres', 'postgres'),
  ...callsOnServer('MariaDB', 'mariadb'),
  ...activationsFromServer('MariaDB', 'mariadb'),
  ...doors,
  ...sidecar,
  ...cluster,
]
