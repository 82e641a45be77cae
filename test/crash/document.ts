// The module of documents that keep their past under the crash test: each add brings one line.

import { actor, Value } from '../../src/sdk/index.ts'
import type { Text } from '../simulation/past-rules.ts'

export const document = actor('document', {
  kind: 'unnamed',
  state: (): Text => ({ lines: [] }),
  history: 100_000,
  actions: {
    add: (ctx, line: string) => Value.of({ lines: [...ctx.state.lines, line] }),
  },
})
