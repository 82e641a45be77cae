// Calls of actors that live on another member: answered, refused, cancelled and timed out as if they lived here.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DurationSchema } from '@bufbuild/protobuf/wkt'

import { SpawnError } from '../../../src/base/index.ts'
import type { Definition, Receipt, Turn } from '../../../src/ports/index.ts'
import { Json } from '../../../src/protocol/index.ts'
import { protobufCodec } from '../../../src/protocol/protobuf/index.ts'
import { bench, codeOf, counter, type CounterOptions, setTotal, totalOf } from '../fixture.ts'
import { town, type Town } from './fixture.ts'

/** `away` lives on the second member, `here` on the first. */
async function apart(options: CounterOptions = {}, more: readonly Definition[] = []): Promise<Town> {
  const definitions = [counter('counter', options), ...more]
  return town({
    definitions: [definitions, definitions],
    placed: (script, [first, second]) => {
      if (first !== undefined) script.place('counter', 'here', first)
      if (second !== undefined) script.place('counter', 'away', second)
    },
  })
}

async function failureOf(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise
  } catch (thrown) {
    if (!(thrown instanceof SpawnError)) throw thrown
    const { code, details, message, retryable } = thrown
    return { code, message, details, retryable }
  }
  return 'no failure'
}

test('a call is answered by the member where its actor lives, and only there it is in memory', async () => {
  const { first, second } = await apart()
  assert.equal(await first.call('away', 'counter', 'add', { payload: 2 }), 2)
  assert.equal(await second.call('away', 'counter', 'add', { payload: 3 }), 5)
  assert.equal(await first.call('here', 'counter', 'add'), 1)
  assert.equal(first.runtime.residentActors, 1)
  assert.equal(second.runtime.residentActors, 1)
  assert.deepEqual(first.cluster.calls, ['call counter/away add'])
})

test('a definition that only others host is called by its name, and by that of a stored instance', async () => {
  const named = counter('alone', { kind: 'named' })
  const { first, second } = await town({ definitions: [[], [named, counter('counter')]] })
  assert.equal(await first.call('alone', '', 'add', { payload: 4 }), 4)
  assert.equal(await first.call('x', 'counter', 'add'), 1)
  assert.equal(await first.call('x', '', 'read'), 1)
  assert.equal(first.runtime.residentActors, 0)
  assert.equal(await codeOf(first.call('nobody', '', 'read')), 'ACTOR_NOT_FOUND')
  assert.equal(await codeOf(first.call('x', 'nothing', 'read')), 'ACTOR_NOT_FOUND')
  assert.equal(await codeOf(first.call('counter', '', 'read')), 'INVALID_ARGUMENT')
  assert.equal(await codeOf(first.call('other', 'alone', 'read')), 'INVALID_ARGUMENT')
  assert.equal(await second.call('alone', '', 'read'), 4)
})

test('a forwarded call fails with the code, the message and the details of a local one, and leaves no trace', async () => {
  const details = { field: 'size', allowed: [1, 2] }
  const options: CounterOptions = {
    mailboxLimit: 1,
    handlers: {
      refuse: () => {
        throw new SpawnError('INVALID_ARGUMENT', 'too large', { details })
      },
      break: () => {
        throw new TypeError('x is not a function')
      },
      half: (turn) => {
        void setTotal(totalOf(turn) + 1)
        throw new SpawnError('HOST_MALFORMED', 'no', { retryable: true })
      },
    },
  }
  const alone = await bench({ definitions: [counter('counter', options)] })
  const { first } = await apart(options)
  for (const action of ['fail', 'refuse', 'break', 'half', 'missing']) {
    const local = await failureOf(alone.call('away', 'counter', action))
    assert.deepEqual(await failureOf(first.call('away', 'counter', action)), local)
  }
  assert.equal(await first.call('away', 'counter', 'read'), 0)
})

test('a receipt says who answered, and what it rests on', async () => {
  const { clock, first } = await apart()
  const receipt = (await first.call('away', 'counter', 'add', { payload: 7, receipt: true })) as Receipt
  const { actor, durability, response, revision } = receipt
  assert.deepEqual(
    { actor, durability, response, revision },
    {
      actor: { system: 'test', parent: 'counter', name: 'away' },
      durability: 'turn',
      response: 7,
      revision: 1,
    },
  )
  const shown = await clock.run(first.runtime.invokeJson('away', { ref: 'counter', action: 'add' }))
  assert.equal(shown.json, 8)
  assert.equal(shown.receipt?.revision, 2)
})

test('a payload that people have written as JSON is read as its action reads it, wherever that runs', async () => {
  const payload = protobufCodec(DurationSchema)
  const counted = counter('counter', {
    handlers: { add: (turn) => setTotal(totalOf(turn) + Number(payload.accept(turn.payload).seconds)) },
  })
  const add = counted.actions.get('add') ?? assert.fail()
  const definition = { ...counted, actions: new Map([...counted.actions, ['add', { ...add, payload }]]) }
  const { clock, first, second } = await town({
    definitions: [[definition], [definition]],
    placed: (script, [, other]) => other && script.place('counter', 'away', other),
  })
  for (const [at, { runtime }] of [first, second].entries()) {
    const call = { ref: 'counter', action: 'add', payload: new Json('90s') }
    const answer = await clock.run(runtime.invokeJson('away', call))
    assert.equal(answer.json, 90 * (at + 1))
  }
})

test('a call with an idempotency key has its turn once, whoever makes it', async () => {
  const { first, second } = await apart()
  const call = { payload: 1, idempotencyKey: 'k' }
  assert.equal(await first.call('away', 'counter', 'add', call), 1)
  assert.equal(await second.call('away', 'counter', 'add', call), 1)
  assert.equal(await first.call('away', 'counter', 'add', call), 1)
})

test('an asynchronous call is answered when it stands in the mailbox there', async () => {
  const gate = Promise.withResolvers<undefined>()
  const { clock, first, second } = await apart({
    mailboxLimit: 2,
    handlers: { wait: () => gate.promise },
  })
  const asked = first.runtime.invoke('away', { ref: 'counter', action: 'wait', async: true })
  assert.equal(await clock.run(asked), undefined)
  await first.call('away', 'counter', 'fail', { async: true })
  await first.call('away', 'counter', 'fail', { async: true })
  assert.equal(await codeOf(first.call('away', 'counter', 'fail', { async: true })), 'MAILBOX_FULL')
  gate.resolve(undefined)
  await first.call('away', 'counter', 'read')
  const failures = second.logger.lines.filter(({ message }) => message === 'an asynchronous call failed')
  assert.equal(failures.length, 2)
})

test('the deadline of a call goes along, and so does its cancellation', async () => {
  const signals: AbortSignal[] = []
  const { clock, first, second } = await apart({
    handlers: {
      wait: (turn) => {
        signals.push(turn.signal)
        return new Promise(() => {})
      },
    },
  })
  const late = first.runtime.invoke('away', { ref: 'counter', action: 'wait', timeoutMs: 50 })
  assert.equal(await codeOf(clock.run(late)), 'DEADLINE_EXCEEDED')
  await clock.advance(10)
  assert.equal(signals[0]?.aborted, true)

  const caller = new AbortController()
  const { signal } = caller
  const cancelled = first.runtime.invoke('away', { ref: 'counter', action: 'wait', signal })
  await clock.advance(10)
  caller.abort()
  assert.equal(await codeOf(clock.run(cancelled)), 'CANCELLED')
  await clock.advance(10)
  assert.equal(signals[1]?.aborted, true)
  // Neither of them holds the actor any more.
  assert.equal(await second.call('away', 'counter', 'read'), 0)
})

test('a cycle over members is refused at once, with its path', async () => {
  const around: CounterOptions['handlers'] = {
    go: async (turn) => {
      const next = turn.self.name === 'here' ? 'away' : 'here'
      return { response: await turn.call(next, { ref: 'counter', action: 'go' }) }
    },
  }
  const { clock, first } = await apart({ handlers: around })
  const began = clock.now()
  await assert.rejects(first.call('here', 'counter', 'go'), (error: SpawnError) => {
    assert.equal(error.code, 'CALL_CYCLE')
    assert.deepEqual(error.details['path'], ['counter/here.go', 'counter/away.go', 'counter/here.go'])
    return true
  })
  assert.ok(clock.now() - began < 100)
})

test('a call that comes back over members is let in by an actor that says so, within the waiting turn', async () => {
  const handlers: CounterOptions['handlers'] = {
    begin: async (turn) => {
      const response = await turn.call('away', { ref: 'counter', action: 'ask' })
      return { ...setTotal(totalOf(turn) + 100), response }
    },
    ask: async (turn) => ({ response: await turn.call('here', { ref: 'counter', action: 'add' }) }),
  }
  const { first } = await apart({ handlers, reentrancy: 'call-chain' })
  assert.equal(await first.call('here', 'counter', 'begin'), 1)
  assert.equal(await first.call('here', 'counter', 'read'), 101)
})

test('who is told of a caller is told the same over members', async () => {
  const handlers: CounterOptions['handlers'] = {
    who: (turn) => ({ response: turn.caller }),
    ask: async (turn) => ({ response: await turn.call('away', { ref: 'counter', action: 'who' }) }),
  }
  const { first } = await apart({ handlers })
  assert.deepEqual(await first.call('here', 'counter', 'ask'), {
    system: 'test',
    parent: 'counter',
    name: 'here',
  })
  assert.equal(await first.call('away', 'counter', 'who'), null)
})

test('the metadata of a call, its trace context among it, goes along, and with what its turn sends', async () => {
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
  const seen: unknown[] = []
  const see = (turn: Turn): undefined => void seen.push([turn.self.name, turn.metadata['traceparent']])
  const handlers: CounterOptions['handlers'] = {
    see,
    send: (turn) => {
      see(turn)
      const effects = [{ to: 'here', ref: 'counter', action: 'see', payload: undefined }]
      return { workflow: { effects, broadcasts: [], route: null, timers: null } }
    },
  }
  const { clock, first } = await apart({ handlers })
  await first.call('away', 'counter', 'send', { metadata: { traceparent } })
  await clock.advance(50)
  assert.deepEqual(seen, [
    ['away', traceparent],
    ['here', traceparent],
  ])
})

test('an actor is made, shown, restored and deleted where it lives', async () => {
  const { clock, first, second } = await apart({ history: { revisions: 10, durationMs: 0 } })
  await clock.run(first.runtime.spawn('away', { ref: 'counter' }))
  await first.call('away', 'counter', 'add', { payload: 5 })
  const shown = await clock.run(first.runtime.inspect('away', 'counter'))
  assert.deepEqual(shown, {
    id: { system: 'test', parent: 'counter', name: 'away' },
    kind: 'unnamed',
    revision: 2,
    tags: {},
    state: { total: 5 },
    stateJson: { total: 5 },
  })
  const restored = await clock.run(first.runtime.past.restore('away', { revision: 1 }, { ref: 'counter' }))
  assert.equal(restored.revision, 3)
  assert.equal(await second.call('away', 'counter', 'read'), 0)
  const follows = first.runtime.past.restore('away', { revision: 2 }, { ref: 'counter', follows: 2 })
  assert.equal(await codeOf(clock.run(follows)), 'STATE_CONFLICT')
  await clock.run(first.runtime.delete('away', 'counter'))
  assert.equal(await codeOf(clock.run(second.runtime.inspect('away', 'counter'))), 'ACTOR_NOT_FOUND')
  assert.equal(first.runtime.residentActors, 0)
})

test('a member that stops finishes the calls that it has made of others', async () => {
  const gate = Promise.withResolvers<undefined>()
  const { clock, first } = await apart({
    handlers: { wait: () => gate.promise.then(() => ({ response: 'done' })) },
  })
  const asked = first.runtime.invoke('away', { ref: 'counter', action: 'wait' })
  await clock.advance(10)
  const stopped = first.runtime.stop()
  await clock.advance(10)
  gate.resolve(undefined)
  assert.equal(await clock.run(asked), 'done')
  await clock.run(stopped)
})
