// What is measured of calls between members, and beside what. The bars are the project's budgets.

import type { Comparison } from './plan.ts'

const line = (callers: number, text: string): Comparison => ({
  subject: { module: 'peer-calls', variant: 'peers', callers, actors: 1_000 },
  beside: { name: 'NATS request-reply', module: 'peer-calls', variant: 'bare', callers, actors: 1_000 },
  lines: [
    {
      name: `volatile call to another member over NATS: ${text}`,
      unit: '/s',
      metric: 'rate',
      ...(callers === 64 && { bar: { ratioAtLeast: 0.5 } }),
    },
  ],
})

export const links: readonly Comparison[] = [line(1, '1 caller'), line(64, '64 callers')]
