// Two runtimes on one database fight for the same actors: what was acknowledged is there once, the fence is seen, and what
// was set in motion happens once.

import assert from 'node:assert/strict'
import { randomInt } from 'node:crypto'
import { test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { below, seededRandom } from '../../src/base/index.ts'
import { until } from '../../src/testing/index.ts'
import { placeText } from './book.ts'
import { Load } from './load.ts'
import { Rivals } from './rivals.ts'
import type { FaultSubject } from './subject.ts'

/** Failed deliveries are tried again after ever longer pauses. */
const SETTLE_MS = 60_000

export interface RivalsOptions {
  readonly kills: number
  /** The longest time between two kills, in milliseconds. */
  readonly lifeMs: number
}

export function rivalsSuite(subject: FaultSubject, { kills, lifeMs }: RivalsOptions): void {
  test('two runtimes on one database, killed again and again, lose nothing and do nothing twice', async (context) => {
    const seed = randomInt(1_000_000)
    const random = seededRandom(seed)
    const database = await subject.takeDatabase()
    const rivals = await Rivals.start(subject, database, random)
    const { book } = rivals
    try {
      const load = new Load({ callee: rivals, book, random, name: 'r' })
      for (let kill = 0; kill < kills; kill += 1) {
        await pause(below(random, lifeMs))
        await rivals.kill()
        await load.more(20)
      }
      await load.stop()
      let wrong: readonly string[] = []
      const isRight = async (): Promise<boolean> => {
        const standing = await rivals.standing()
        const faults = await rivals.factFaults(standing)
        wrong = [...book.reckon((place) => standing.get(placeText(place)) ?? null), ...faults]
        return wrong.length === 0
      }
      await until('the books to be right', isRight, { timeoutMs: SETTLE_MS, pauseMs: 50 }).catch(() => {})
      context.diagnostic(
        `seed ${seed}: ${load.acknowledged} acknowledged, ${JSON.stringify([...book.errors])}`,
      )
      assert.deepEqual(wrong, [], `seed ${seed}`)
      assert.ok((book.errors.get('STATE_CONFLICT') ?? 0) > 0, 'nobody has met the fence')
    } finally {
      await rivals.end()
    }
    await database.release()
  })
}
