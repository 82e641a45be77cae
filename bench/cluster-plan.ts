// What is measured of a cluster, and beside what. The bars are the project's budgets.

import { type Comparison, DURABLE_CALLS, MAIN } from './comparison.ts'

const toAnother = (callers: number, text: string): Comparison => ({
  subject: { module: 'cluster-calls', variant: 'away', ...MAIN, callers },
  beside: { name: 'NATS request-reply', module: 'cluster-calls', variant: 'bare', ...MAIN, callers },
  lines: [
    {
      name: `volatile call to another member over NATS: ${text}`,
      unit: '/s',
      metric: 'rate',
      ...(callers === 64 && { bar: { ratioAtLeast: 0.5 } }),
    },
  ],
})

const amongMembers = (members: number): Comparison => ({
  subject: { module: 'cluster-calls', variant: String(members), ...MAIN },
  beside: { name: 'NATS request-reply', module: 'cluster-calls', variant: 'bare', ...MAIN },
  lines: [
    {
      name: `volatile call in a cluster of ${members}: 64 callers at one of them`,
      unit: '/s',
      metric: 'rate',
    },
  ],
})

const changes: readonly Comparison[] = [
  {
    subject: { module: 'takeovers' },
    beside: null,
    isLong: true,
    maxRounds: 3,
    lines: [{ name: 'from the death of a member to the first call elsewhere', unit: 'ms', metric: 'tookMs' }],
  },
  {
    subject: { module: 'view-changes', actors: 100_000 },
    beside: null,
    isLong: true,
    maxRounds: 3,
    lines: [
      { name: '100,000 active actors, slowest call of a second', unit: 'ms', metric: 'calmWorstMs' },
      { name: '… a third member starts, until all has moved', unit: 'ms', metric: 'joinMs' },
      { name: '… slowest call meanwhile', unit: 'ms', metric: 'joinWorstMs' },
      { name: '… longest pause of a member', unit: 'ms', metric: 'joinPauseMs' },
      { name: '… it stops in order, until all has moved', unit: 'ms', metric: 'leaveMs' },
      { name: '… slowest call meanwhile, again', unit: 'ms', metric: 'leaveWorstMs' },
      { name: '… longest pause of a member, again', unit: 'ms', metric: 'leavePauseMs' },
    ],
  },
  {
    subject: { module: 'rolling-restarts', callers: 500, actors: 200 },
    beside: null,
    isLong: true,
    maxRounds: 3,
    lines: [
      {
        name: 'rolling restart of 3 members: failed calls',
        unit: 'calls',
        metric: 'failed',
        bar: { atMost: 0 },
      },
      { name: 'rolling restart of 3 members: calls asked for', unit: '/s', metric: 'asked' },
      { name: 'rolling restart of 3 members: calls', unit: '/s', metric: 'rate' },
      { name: 'rolling restart of 3 members: p99 before', unit: 'ms', metric: 'calmP99Ms' },
      { name: 'rolling restart of 3 members: p99 meanwhile', unit: 'ms', metric: 'p99Ms' },
      { name: 'rolling restart of 3 members: slowest call', unit: 'ms', metric: 'worstMs' },
    ],
  },
]

const inWorker: Comparison = {
  subject: { module: 'served-calls', ...MAIN },
  beside: DURABLE_CALLS,
  lines: [
    {
      name: 'durable call in a worker: 64 callers, 1,000 actors',
      unit: '/s',
      metric: 'rate',
      bar: { ratioAtLeast: 0.7 },
    },
  ],
}

export const cluster: readonly Comparison[] = [
  inWorker,
  toAnother(1, '1 caller'),
  toAnother(64, '64 callers'),
  ...[1, 2, 3, 4].map(amongMembers),
  ...changes,
]
