// The module of the schedules under the crash test: clerks that count how often each errand was run.

import { actor, Value } from '../../src/sdk/index.ts'

export interface Clerk {
  readonly runs: Readonly<Record<string, number>>
}

export const clerk = actor('clerk', {
  kind: 'unnamed',
  state: (): Clerk => ({ runs: {} }),
  actions: {
    run: (ctx, { errand }: { errand: string }) => {
      const { runs } = ctx.state
      return Value.of({ runs: { ...runs, [errand]: (runs[errand] ?? 0) + 1 } })
    },
  },
})
