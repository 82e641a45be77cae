// A trial by chaos, as tests hold it: three real members to which all happens that may, callers at their doors, and what must be
// true of it in the end. Its seed is told; SEED=… has one again, as far as real time lets it.

import assert from 'node:assert/strict'
import { randomInt } from 'node:crypto'
import type { TestContext } from 'node:test'
import { seededRandom } from '../../src/base/index.ts'
import { type Acts, chaos } from './chaos.ts'
import { ordealOf } from './ordeal.ts'
import type { Member, MemberOptions } from './world.ts'

export interface ChaosTrial<M extends Member> {
  readonly make: (node: string, options: MemberOptions) => Promise<M>
  /** What happens to members of this kind beside all that happens to any. */
  readonly acts: Acts<M>
  /** 0: each act once. */
  readonly forMs: number
  readonly leaseMs: number
  readonly ledgers: number
  /** How often each caller calls, in milliseconds; absent: it never rests. */
  readonly everyMs?: number
}

export async function chaosTrial<M extends Member>(
  context: TestContext,
  { acts, everyMs, forMs, leaseMs, ledgers, make }: ChaosTrial<M>,
): Promise<void> {
  const seed = Number(process.env['SEED'] ?? randomInt(1_000_000))
  // Who waits at a member that is cut off soon tries again: what such a member still answers is what counts.
  const load = { callers: 48, ledgers, everyMs, timeoutMs: 1_000 }
  const { callers, violations } = await ordealOf(
    { seed, members: 3, leaseMs, load },
    make,
    ({ members, nats }) =>
      chaos(forMs, acts, {
        members,
        random: seededRandom(seed + 1),
        leaseMs,
        restartNats: async () => {
          await nats.halt()
          await nats.start()
        },
        progress: (text) => context.diagnostic(text),
      }),
  )
  const { failures, latenciesMs } = callers
  context.diagnostic(`seed ${seed}: ${latenciesMs.length} answers, ${failures.length} failures`)
  assert.deepEqual(violations, [], `seed ${seed}`)
  assert.ok(latenciesMs.length > failures.length, 'most calls are answered')
}
