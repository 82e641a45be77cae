import assert from 'node:assert/strict'
import { test } from 'node:test'
import { answerOf, callOf, plain } from '../../../test/mesh/peer-requests.ts'
import {
  answeredName,
  type MemberProcess,
  PeerWorld,
  type PeerWorldOptions,
} from '../../../test/mesh/peer-world.ts'
import { isSpawnError, SpawnError } from '../../base/index.ts'
import type { Wire } from '../../ports/index.ts'
import { Packed } from '../../protocol/index.ts'
import { PEER_LIMITS } from './peer-limits.ts'
import type { PeerReply, PeerRequest } from './peer-request.ts'

const SOON = { timeoutMs: 60_000 } as const

interface Pair {
  readonly world: PeerWorld
  readonly ann: MemberProcess
  readonly bob: MemberProcess
}

async function pair(options: PeerWorldOptions = {}): Promise<Pair> {
  const world = new PeerWorld(options)
  return { world, ann: await world.start('ann'), bob: await world.start('bob') }
}

/** Counts what a member sends. */
function counted(wire: Wire): { frames: number; bytes: number } {
  const count = { frames: 0, bytes: 0 }
  const send = wire.send.bind(wire)
  wire.send = (to, bytes) => {
    count.frames += 1
    count.bytes += bytes.length
    send(to, bytes)
  }
  return count
}

async function errorOf(answer: Promise<unknown>): Promise<SpawnError> {
  const error: unknown = await answer.then(
    () => assert.fail('it was answered'),
    (thrown: unknown) => thrown,
  )
  assert.ok(isSpawnError(error), String(error))
  return error
}

const largePayload = (bytes: number): Packed =>
  new Packed(
    'x',
    Uint8Array.from({ length: bytes }, (_, at) => (at * 7) & 0xff),
  )

test('a request is served as it was asked, and answered as it was served', async () => {
  const { ann, bob, world } = await pair()
  const seen: [string, PeerRequest][] = []
  bob.serve = async (from, request) => {
    seen.push([from, request])
    return { kind: 'notOwner', epoch: 7 }
  }
  const request = callOf('c1', { payload: new Packed('t', Uint8Array.of(1)), metadata: { a: 'b' } })
  const reply = await world.clock.run(ann.peers.request('bob', request, SOON))
  assert.deepEqual(reply, { kind: 'notOwner', epoch: 7 })
  const expected = callOf('c1', {
    payload: new Packed('t', Uint8Array.of(1)),
    metadata: { a: 'b' },
    timeoutMs: 60_000,
  })
  assert.deepEqual(
    seen.map(([from, asked]) => [from, plain(asked)]),
    [['ann', plain(expected)]],
  )
})

test('a request carries what is left of its time, not what it had', async () => {
  const { ann, bob, world } = await pair()
  const left: number[] = []
  bob.serve = async (_from, { body }) => {
    left.push(body.kind === 'call' ? body.call.timeoutMs : -1)
    return { kind: 'done' }
  }
  let isCut = true
  ann.wire.faults = { ...ann.wire.faults, isCut: () => isCut }
  const answer = ann.peers.request('bob', callOf('c1'), { timeoutMs: 10_000 })
  await world.clock.advance(3_000)
  isCut = false
  await world.clock.run(answer)
  assert.ok(
    left.length === 1 && left[0] !== undefined && left[0] >= 5_000 && left[0] <= 7_000,
    `left: ${left.join()}`,
  )
})

test('requests of one tick go as one frame, and so do their answers', async () => {
  const { ann, bob, world } = await pair()
  await world.clock.run(ann.peers.request('bob', callOf('first'), SOON))
  const asked = counted(ann.wire)
  const answered = counted(bob.wire)
  const names = Array.from({ length: 50 }, (_, index) => `c${index}`)
  const replies = await world.clock.run(
    Promise.all(names.map((name) => ann.peers.request('bob', callOf(name), SOON))),
  )
  assert.deepEqual(replies.map(answeredName), names)
  assert.deepEqual([asked.frames, answered.frames], [1, 1])
})

test('what serving throws is answered as it is, and what is no error of ours as a defect', async () => {
  const { ann, bob, world } = await pair()
  const details = { limit: 'mailbox' }
  bob.serve = () => Promise.reject(new SpawnError('MAILBOX_FULL', 'full', { details }))
  const reply = await world.clock.run(ann.peers.request('bob', callOf('c1'), SOON))
  const error = new SpawnError('MAILBOX_FULL', 'full', { details })
  assert.deepEqual(plain(reply), plain({ kind: 'failed', error }))
  bob.serve = () => {
    throw new TypeError('at once')
  }
  const defect = await world.clock.run(ann.peers.request('bob', callOf('c1'), SOON))
  assert.equal(defect.kind === 'failed' && defect.error.code, 'DEFECT')
})

test('a request that is lost is sent again, one whose answer is lost is answered again: both run once', async () => {
  const { ann, bob, world } = await pair()
  await world.clock.run(ann.peers.request('bob', callOf('first'), SOON))
  for (const [name, loser] of [
    ['asked', ann],
    ['answered', bob],
  ] as const) {
    let lost = 0
    const { faults } = loser.wire
    loser.wire.faults = { ...faults, isCut: () => (lost += 1) === 1 }
    assert.equal(answeredName(await world.clock.run(ann.peers.request('bob', callOf(name), SOON))), name)
    assert.ok(lost > 1)
    assert.equal(world.runs.get(name), 1)
    loser.wire.faults = faults
  }
})

test('a request that takes long is asked after less and less, and sent once', async () => {
  const { ann, bob, world } = await pair()
  bob.serve = async () => {
    await world.clock.sleep(50_000)
    return { kind: 'done' }
  }
  const asked = counted(ann.wire)
  await world.clock.run(ann.peers.request('bob', callOf('slow', { payload: largePayload(5_000) }), SOON))
  assert.ok(asked.frames < 16, `${asked.frames} frames`)
  assert.ok(asked.bytes < 7_000, `${asked.bytes} bytes`)
})

test('large requests and replies go in pieces; what is lost of them is sent again', async () => {
  const { ann, bob, world } = await pair({ maxBytes: 10_000 })
  bob.serve = async (_from, { body }) => answerOf('echo', body.kind === 'call' ? body.call.payload : null)
  for (const bytes of [9_850, 9_900, 9_950, 10_000, 123_456]) {
    const payload = largePayload(bytes)
    for (const loser of [null, ann, bob]) {
      let sent = 0
      if (loser !== null) loser.wire.faults = { ...loser.wire.faults, isCut: () => (sent += 1) === 3 }
      const reply = await world.clock.run(ann.peers.request('bob', callOf(`of ${bytes}`, { payload }), SOON))
      assert.ok(reply.kind === 'answer' && reply.answer.response !== null)
      assert.ok(Buffer.from(reply.answer.response.value).equals(payload.value), `${bytes} bytes came back`)
      if (loser !== null) loser.wire.faults = { ...loser.wire.faults, isCut: () => false }
    }
    assert.equal(world.runs.get(`of ${bytes}`), 3)
  }
})

test('what is larger than members send each other is refused before it is sent, and an answer likewise', async () => {
  const { ann, bob, world } = await pair()
  const payload = new Packed('x', new Uint8Array(40_000_000))
  const error = await errorOf(world.clock.run(ann.peers.request('bob', callOf('c1', { payload }), SOON)))
  assert.equal(error.code, 'INVALID_ARGUMENT')
  assert.match(error.message, /counter\/c1\.add cannot be sent to member bob: it takes 40\d+ bytes/)
  assert.equal(error.details['mayHaveRun'], false)
  bob.serve = async () => answerOf('big', payload)
  const reply = await world.clock.run(ann.peers.request('bob', callOf('c2'), SOON))
  assert.ok(reply.kind === 'failed' && reply.error.code === 'INVALID_ARGUMENT')
  assert.match(reply.error.message, /the reply of member bob cannot be sent/)
  bob.serve = async () => ({ kind: 'done' })
  assert.deepEqual(await world.clock.run(ann.peers.request('bob', callOf('c3'), SOON)), { kind: 'done' })
})

test('a deadline is kept to within milliseconds, says that it may have run, and aborts what runs', async () => {
  const { ann, bob, world } = await pair()
  const aborted = Promise.withResolvers<number>()
  bob.serve = (_from, _request, signal) =>
    new Promise<PeerReply>(() => signal.addEventListener('abort', () => aborted.resolve(world.clock.now())))
  const startMs = world.clock.now()
  const error = await errorOf(world.clock.run(ann.peers.request('bob', callOf('c1'), { timeoutMs: 777 })))
  const tookMs = world.clock.now() - startMs
  assert.equal(error.code, 'DEADLINE_EXCEEDED')
  assert.equal(error.message, 'member bob did not answer counter/c1.add within 777 ms; it may have run')
  assert.equal(error.details['mayHaveRun'], true)
  assert.ok(tookMs >= 777 && tookMs <= 800, `${tookMs} ms`)
  assert.ok((await world.clock.run(aborted.promise)) - startMs <= 800)
})

test('a request to a member that is not there ends at its deadline, and was not sent', async () => {
  const { ann, world } = await pair()
  const error = await errorOf(world.clock.run(ann.peers.request('eve', callOf('c1'), { timeoutMs: 5_000 })))
  assert.equal(error.code, 'DEADLINE_EXCEEDED')
  assert.equal(error.details['mayHaveRun'], false)
})

test('a caller may cancel: before it asks, on the way, and while it runs', async () => {
  const { ann, bob, world } = await pair()
  const aborted = Promise.withResolvers<void>()
  bob.serve = (_from, _request, signal) =>
    new Promise<PeerReply>(() => signal.addEventListener('abort', () => aborted.resolve()))
  const before = await errorOf(
    ann.peers.request('bob', callOf('c0'), { ...SOON, signal: AbortSignal.abort() }),
  )
  assert.deepEqual([before.code, before.details['mayHaveRun']], ['CANCELLED', false])
  const caller = new AbortController()
  const answer = ann.peers.request('bob', callOf('c1'), { ...SOON, signal: caller.signal })
  await world.clock.runUntil(() => world.runs.has('c1'))
  caller.abort()
  const error = await errorOf(world.clock.run(answer))
  assert.deepEqual([error.code, error.details['mayHaveRun']], ['CANCELLED', true])
  await world.clock.run(aborted.promise)
  assert.equal(world.runs.has('c0'), false)
})

test('a request that was cancelled before it has come does not run when it comes', async () => {
  const { ann, world } = await pair()
  await world.clock.run(ann.peers.request('bob', callOf('first'), SOON))
  // The request itself is late, what follows it is not.
  let late = 0
  const { send } = ann.wire
  ann.wire.send = (to, bytes) => {
    late += 1
    if (late === 1) world.clock.after(1_000, () => send.call(ann.wire, to, bytes))
    else send.call(ann.wire, to, bytes)
  }
  const caller = new AbortController()
  const answer = ann.peers.request('bob', callOf('c1'), { ...SOON, signal: caller.signal })
  await world.clock.settle()
  caller.abort()
  await errorOf(world.clock.run(answer))
  await world.clock.advance(5_000)
  assert.equal(world.runs.has('c1'), false)
})

test('forgetting a member fails what waits for it, and aborts what it waits for; both can go on anew', async () => {
  const { ann, bob, world } = await pair()
  let aborts = 0
  bob.serve = (_from, _request, signal) =>
    new Promise<PeerReply>(() => signal.addEventListener('abort', () => (aborts += 1)))
  const lost = ann.peers.request('bob', callOf('c1'), SOON)
  await world.clock.runUntil(() => world.runs.has('c1'))
  ann.peers.forget('bob')
  const error = await errorOf(lost)
  assert.equal(error.code, 'MEMBER_UNAVAILABLE')
  assert.equal(
    error.message,
    'member bob has left the cluster: counter/c1.add was not answered; it may have run',
  )
  bob.peers.forget('ann')
  assert.equal(aborts, 1)
  bob.serve = async () => ({ kind: 'done' })
  assert.deepEqual(await world.clock.run(ann.peers.request('bob', callOf('c2'), SOON)), { kind: 'done' })
  assert.deepEqual(await world.clock.run(bob.peers.request('ann', callOf('c3'), SOON)), answerOf('c3'))
})

test('when only the other one has forgotten, what waits fails as it may have run, and the next request is served', async () => {
  const { ann, bob, world } = await pair()
  bob.serve = () => new Promise(() => undefined)
  const lost = ann.peers.request('bob', callOf('c1'), SOON)
  await world.clock.runUntil(() => world.runs.has('c1'))
  bob.peers.forget('ann')
  const error = await errorOf(world.clock.run(lost))
  assert.deepEqual([error.code, error.details['mayHaveRun']], ['MEMBER_UNAVAILABLE', true])
  assert.match(error.message, /member bob does not know this member any more/)
  bob.serve = async () => ({ kind: 'done' })
  await world.clock.run(ann.peers.request('bob', callOf('c2'), SOON))
  assert.deepEqual(
    [...world.runs],
    [
      ['c1', 1],
      ['c2', 1],
    ],
  )
})

test('a member that has started anew serves nothing of what its earlier process was asked', async () => {
  const { ann, bob, world } = await pair()
  bob.serve = () => new Promise(() => undefined)
  const lost = ann.peers.request('bob', callOf('c1'), SOON)
  await world.clock.runUntil(() => world.runs.has('c1'))
  await bob.peers.stop()
  await world.start('bob')
  const next = errorOf(ann.peers.request('bob', callOf('c2'), SOON))
  const error = await errorOf(world.clock.run(lost))
  assert.deepEqual([error.code, error.details['mayHaveRun']], ['MEMBER_UNAVAILABLE', true])
  // It went to the earlier process's link, too: nobody can say that it has not run there.
  assert.equal((await world.clock.run(next)).code, 'MEMBER_UNAVAILABLE')
  assert.equal(answeredName(await world.clock.run(ann.peers.request('bob', callOf('c3'), SOON))), 'c3')
  assert.deepEqual(
    [...world.runs],
    [
      ['c1', 1],
      ['c3', 1],
    ],
  )
})

/** Keeps what a member sends first, to send it once more: it asks for a link by it. */
function recorded(wire: Wire): { again: () => void } {
  const send = wire.send.bind(wire)
  const first: { again: () => void } = { again: () => assert.fail('nothing was sent') }
  wire.send = (to, bytes) => {
    send(to, bytes)
    const copy = bytes.slice()
    first.again = () => send(to, copy)
    wire.send = send
  }
  return first
}

test('a second link that a late frame has made is not taken: what ran by the first one would run again', async () => {
  const { ann, bob, world } = await pair()
  const hello = recorded(ann.wire)
  bob.serve = () => new Promise(() => undefined)
  const lost = errorOf(ann.peers.request('bob', callOf('c1'), SOON))
  await world.clock.runUntil(() => world.runs.has('c1'))
  bob.peers.forget('ann')
  hello.again()
  const error = await world.clock.run(lost)
  assert.deepEqual([error.code, error.details['mayHaveRun']], ['MEMBER_UNAVAILABLE', true])
  await world.clock.advance(10_000)
  assert.equal(world.runs.get('c1'), 1)
})

test('a late frame that asks for a link which is over ends no later one', async () => {
  const { ann, bob, world } = await pair()
  const hello = recorded(ann.wire)
  await world.clock.run(ann.peers.request('bob', callOf('c1'), SOON))
  bob.peers.forget('ann')
  await errorOf(world.clock.run(ann.peers.request('bob', callOf('c2'), SOON)))
  bob.serve = async () => {
    await world.clock.sleep(1_000)
    return { kind: 'done' }
  }
  const answer = ann.peers.request('bob', callOf('c3'), SOON)
  await world.clock.runUntil(() => world.runs.has('c3'))
  hello.again()
  assert.deepEqual(await world.clock.run(answer), { kind: 'done' })
})

test('more requests than there are slots are refused at once', async () => {
  const { ann, bob, world } = await pair()
  bob.serve = () => new Promise(() => undefined)
  const many = Array.from({ length: PEER_LIMITS.slots }, () =>
    ann.peers.request('bob', { system: 's', epoch: 1, body: { kind: 'poke' } }, SOON).catch(() => null),
  )
  const error = await errorOf(ann.peers.request('bob', callOf('one too many'), SOON))
  assert.equal(error.code, 'MAILBOX_FULL')
  ann.peers.forget('bob')
  await world.clock.run(Promise.all(many))
})

test('frames that make no sense are dropped, and told of once in a while', async () => {
  const { ann, bob, world } = await pair()
  const stray = world.network.wire()
  await stray.start('stray', () => undefined)
  for (let length = 0; length < 200; length += 1) stray.send('bob', new Uint8Array(length).fill(length))
  await world.clock.settle()
  assert.equal(bob.warnings.length, 1)
  assert.match(String(bob.warnings[0]?.['reason']), /too early|version/)
  assert.equal(answeredName(await world.clock.run(ann.peers.request('bob', callOf('c1'), SOON))), 'c1')
})

test('after stop nothing is asked, and what waited has failed', async () => {
  const { ann, bob, world } = await pair()
  bob.serve = () => new Promise(() => undefined)
  const lost = ann.peers.request('bob', callOf('c1'), SOON)
  await world.clock.settle()
  await ann.peers.stop()
  assert.equal((await errorOf(lost)).code, 'MEMBER_UNAVAILABLE')
  const late = await errorOf(ann.peers.request('bob', callOf('c2'), SOON))
  assert.deepEqual([late.code, late.details['mayHaveRun']], ['MEMBER_UNAVAILABLE', false])
})
