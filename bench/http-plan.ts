// What is measured of calls over HTTP, and beside what. Of a system in two processes there is no bar: on a machine of two cores,
// the one who calls takes one of them.

import { type Comparison, MAIN, MANY_ROUNDS } from './comparison.ts'

export const http: readonly Comparison[] = [
  {
    subject: { module: 'http-calls', variant: 'durable', ...MAIN },
    beside: { name: 'node:http echo', module: 'http-calls', variant: 'echo', ...MAIN },
    rounds: MANY_ROUNDS,
    lines: [
      {
        name: 'HTTP durable call: 64 connections, 1,000 actors',
        unit: '/s',
        metric: 'rate',
        bar: { ratioAtLeast: 0.5 },
      },
      { name: 'HTTP durable call, p99', unit: 'ms', metric: 'p99Ms' },
    ],
  },
  {
    subject: { module: 'http-calls', variant: 'volatile', ...MAIN },
    beside: { name: 'node:http echo', module: 'http-calls', variant: 'echo', ...MAIN },
    lines: [{ name: 'HTTP volatile call: 64 connections, 1,000 actors', unit: '/s', metric: 'rate' }],
  },
  ...(['volatile', 'busy', 'durable'] as const).map((what): Comparison => ({
    subject: { module: 'http-calls', variant: `${what}/2`, ...MAIN },
    beside: {
      name: 'the same in 1 process',
      module: 'http-calls',
      variant: what,
      ...MAIN,
    },
    lines: [
      {
        name: `HTTP ${what} call: 2 processes, 64 connections, 1,000 actors`,
        unit: '/s',
        metric: 'rate',
      },
      { name: `HTTP ${what} call: 2 processes, processor time`, unit: 'µs', metric: 'cpuUs' },
    ],
  })),
]
