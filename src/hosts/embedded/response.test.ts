import assert from 'node:assert/strict'
import { test } from 'node:test'

import { isSpawnError } from '../../base/index.ts'
import { type Outcome, silentLogger } from '../../ports/index.ts'
import { actor } from '../../sdk/index.ts'
import { TestTurn } from '../../testing/test-turn.ts'
import { EmbeddedHost } from './embedded-host.ts'

const cycle: { me?: unknown } = {}
cycle.me = cycle
const given: Record<string, unknown> = {
  bigint: 1n,
  within: { list: [0, { n: 1n }] },
  hole: [1, undefined],
  function: { on: () => 1 },
  map: new Map(),
  cycle,
}
const where = ['the value', 'list[1].n', '[1]', 'on', 'the value', 'me.me']

const careless = actor('careless', {
  actions: {
    give: (_ctx, name: string) => given[name],
    giveLater: async (_ctx, name: string) => given[name],
  },
})

async function answer(name: string, payload: string, freezes: boolean): Promise<Outcome> {
  const host = new EmbeddedHost({ clock: { now: () => 7 }, logger: silentLogger, freezes })
  const action = careless.actions.get(name) ?? assert.fail(name)
  return host.run(new TestTurn({ ...careless, host }, action, payload, {}))
}

test('a response that is no JSON fails the turn, with its path; in production it is handed over as it is', async () => {
  for (const [at, payload] of Object.keys(given).entries()) {
    for (const action of ['give', 'giveLater']) {
      await assert.rejects(answer(action, payload, true), (thrown: unknown) => {
        assert.ok(isSpawnError(thrown) && thrown.code === 'ACTION_FAILED', String(thrown))
        const begins = `"careless" action "${action}" gave a response that is no JSON: ${where[at] ?? ''}`
        assert.ok(thrown.message.startsWith(begins), thrown.message)
        assert.match(thrown.message, /: JSON cannot carry /)
        return true
      })
    }
    assert.equal((await answer('give', payload, false)).response, given[payload])
  }
  assert.equal((await answer('give', 'absent', true)).response, undefined)
})
