// The pace of callers: it is what was asked for, whatever the answers do, and what is late counts as late.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import { test } from 'node:test'
import { seededRandom } from '../../src/base/index.ts'
import { until } from '../../src/testing/index.ts'
import { ClusterCallers } from './callers.ts'
import { Timetable } from './timetable.ts'

test('what is late puts off nothing that is due later', () => {
  const timetable = new Timetable(1_000, 100)
  assert.deepEqual([timetable.next(990), timetable.next(1_050)], [1_000, 1_100])
  // The second took half a second.
  assert.deepEqual(
    [timetable.next(1_600), timetable.next(1_610), timetable.next(1_620)],
    [1_200, 1_300, 1_400],
  )
  assert.deepEqual(
    [timetable.next(1_630), timetable.next(1_640), timetable.next(1_650)],
    [1_500, 1_600, 1_700],
  )
})

test('without a pace the next call is due when it is asked for', () => {
  const timetable = new Timetable(1_000, 0)
  assert.deepEqual([timetable.next(990), timetable.next(1_600)], [990, 1_600])
})

/** A ledger whose first answer is held back. */
class HoldingDoor implements AsyncDisposable {
  readonly isOpen = true
  port = 0
  answers = 0
  #held: ServerResponse | null = null
  #holds = true
  readonly #server = createServer((_request, response) => {
    if (this.#holds) this.#held = response
    else this.#answer(response)
  })

  async open(): Promise<void> {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
    const address = this.#server.address()
    if (address === null || typeof address === 'string') throw new Error('a TCP listener has a port')
    this.port = address.port
  }

  get isHolding(): boolean {
    return this.#held !== null
  }

  release(): void {
    this.#holds = false
    if (this.#held !== null) this.#answer(this.#held)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    this.#server.close()
    await once(this.#server, 'close')
  }

  #answer(response: ServerResponse): void {
    this.answers += 1
    response.end('{"count":0,"last":""}')
  }
}

test('who was kept waiting catches up, and has waited since each call was due', async () => {
  await using door = new HoldingDoor()
  await door.open()
  const everyMs = 50
  const load = { callers: 1, ledgers: 1, everyMs, timeoutMs: 30_000 }
  const callers = new ClusterCallers({ doors: [door], random: seededRandom(1), ...load })
  const fromMs = performance.now()
  const running = callers.run()
  await until('the first call', () => door.isHolding)
  const beats = 15
  const heldMs = beats * everyMs
  await until('calls to be due', () => performance.now() - fromMs > heldMs)
  door.release()
  const isOnTime = (): boolean => door.answers > beats && callers.lateMs < everyMs
  await until('the caller to catch up', isOnTime, { timeoutMs: 60_000 })
  callers.stop()
  await running
  const { calls, latenciesMs } = callers
  assert.deepEqual(callers.failures, [])
  // Each of those that came due while the first was held waited a beat less than the one before it, at the least.
  for (let at = 0; at < beats; at += 1) {
    const leastMs = heldMs - (at + 1) * everyMs
    assert.ok((latenciesMs[at] ?? 0) > leastMs, `call ${at} waited ${latenciesMs[at]} ms, not ${leastMs}`)
  }
  const [history = []] = calls
  const sentWhileHeld = history.filter(({ sentAt }) => sentAt < fromMs + heldMs)
  assert.equal(sentWhileHeld.length, 1, 'the history has when each was sent')
})
