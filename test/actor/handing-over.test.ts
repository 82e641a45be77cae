// When an envelope that was just committed is handed over: at once where somebody waits for the answer, and otherwise while
// the next group is on its way.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Workflow } from '../../src/ports/index.ts'
import { type Bench, bench, counter, type CounterOptions, setTotal } from './fixture.ts'

const NOTHING: Workflow = { effects: [], broadcasts: [], route: null, timers: null }

function sending(...payloads: readonly string[]): { readonly workflow: Workflow } {
  return {
    workflow: { ...NOTHING, effects: payloads.map((payload) => ({ to: 'log', action: 'note', payload })) },
  }
}

const log = (note: NonNullable<CounterOptions['handlers']>[string]): ReturnType<typeof counter> =>
  counter('log', { kind: 'named', handlers: { note } })

test('what nobody waits for has its turn while the next group is on its way', async () => {
  const seen: { readonly groups: number; readonly isAnswered: boolean }[] = []
  let isAnswered = false
  const heard = log(() => {
    seen.push({ groups: at.store.groups.length, isAnswered })
    return setTotal(1)
  })
  const sender = counter('sender', { handlers: { send: () => ({ ...setTotal(1), ...sending('x') }) } })
  const at: Bench = await bench({ definitions: [sender, heard, counter('other')] })
  // What is in memory is not loaded first.
  await at.call('b', 'other', 'add', { payload: 1 })
  await at.call('log', '', 'add', { payload: 1 })
  const calls = async (): Promise<void> => {
    await at.runtime.invoke('a', { ref: 'sender', action: 'send' })
    await at.runtime.invoke('b', { ref: 'other', action: 'add', payload: 1 })
    isAnswered = true
  }
  await at.clock.run(calls())
  await at.clock.advance(50)
  const names = at.store.groups.slice(2).map((group) => group.map(({ id }) => id.name))
  assert.deepEqual(names, [['a'], ['b'], ['log']])
  assert.deepEqual(
    seen,
    [{ groups: 4, isAnswered: false }],
    'it did not wait for the group of b, or for its end',
  )
})

test('and where there is nothing to commit; what is waited for is never handed over before it', async () => {
  const notes: unknown[] = []
  const heard = log(({ payload }) => {
    notes.push(payload)
    return { ...setTotal(notes.length), response: payload }
  })
  const route = { kind: 'pipe', to: 'log', action: 'note' } as const
  const sender = counter('sender', {
    handlers: {
      send: () => ({ ...setTotal(1), ...sending('alone') }),
      both: () => {
        const { workflow } = sending('first')
        return { ...setTotal(2), response: 'second', workflow: { ...workflow, route } }
      },
    },
  })
  const at = await bench({ definitions: [sender, heard] })
  await at.call('a', 'sender', 'send')
  await at.clock.advance(50)
  assert.deepEqual(notes, ['alone'])
  await at.call('a', 'sender', 'both')
  assert.deepEqual(notes, ['alone', 'first', 'second'])
})
