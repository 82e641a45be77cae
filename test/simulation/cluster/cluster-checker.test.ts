// The simulated cluster, seen failing: each bug is planted in an engine, a clock or a register, and must be found within a few
// seeds, by the rule that says so. A world that finds nothing here would find nothing in the mesh either.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Clock } from '../../../src/base/index.ts'
import type { Register } from '../../../src/ports/index.ts'
import type { Machine } from './machine.ts'
import type { Fitted } from './member.ts'
import type { Weather } from './weather.ts'
import { runCluster, type WorldOptions } from './world.ts'

const SEEDS = 60

async function finds(rules: RegExp, options: WorldOptions): Promise<void> {
  const seen = new Set<string>()
  for (let seed = 1; seed <= SEEDS; seed += 1) {
    const { violations } = await runCluster(seed, options)
    if (violations.some((violation) => rules.test(violation))) return
    for (const violation of violations) seen.add(violation.slice(0, 80))
  }
  assert.fail(
    `no seed up to ${SEEDS} broke ${String(rules)}; broken were: ${[...seen].slice(0, 5).join('; ')}`,
  )
}

function withClock(changed: (machine: Machine) => Clock): Fitted {
  return (machine) => ({ clock: changed(machine), register: machine.register, wire: machine.wire })
}

function withRegister(changed: (register: Register) => Register): Fitted {
  return ({ clock, register, wire }) => ({ clock, register: changed(register), wire })
}

const cuts: Partial<Weather> = {
  members: 3,
  actors: 4,
  callers: 5,
  events: [0, 1, 2, 0].map((member, at) => ({
    atMs: 1_500 + at * 2_500,
    event: { kind: 'cut from the register', member, forMs: 2_200 },
  })),
}

test('an engine that does not look at its lease', () =>
  finds(/^(two holders|stale)/, { bugs: { ignoresLease: true }, weather: cuts }))

test('an engine that says it has let go of what it still has', () =>
  finds(/^(two holders|stale)/, { bugs: { keepsReleased: true } }))

test('an engine that acknowledges a view before it has let go of what is not its own', () =>
  finds(/^(two holders|stale)/, { bugs: { releasesLater: true } }))

test('an engine that does not look into the store when it is told to', () =>
  finds(/^(order|found)/, { bugs: { looksAtNothing: true } }))

test('a clock that stands while its machine is cut off, so that its lease does not end', () =>
  finds(/^(two holders|stale)/, {
    weather: cuts,
    fitted: withClock((machine) => ({
      ...machine.clock,
      elapsedMs: () => (machine.isMute ? 0 : machine.clock.elapsedMs()),
      now: () => (machine.isMute ? 0 : machine.clock.now()),
    })),
  }))

test('a clock that is far too fast, so that others are taken for lost while they serve', () => {
  let machines = 0
  return finds(/^(two holders|stale)/, {
    weather: cuts,
    fitted: withClock(({ clock }) => {
      machines += 1
      return machines % 3 === 1 ? { ...clock, elapsedMs: () => clock.elapsedMs() * 4 } : clock
    }),
  })
})

test('a register that lets every change through', () =>
  finds(/^(two holders|stale|settled|course)/, {
    fitted: withRegister((register) => {
      const force = async (key: string, value: string): Promise<number | null> => {
        for (;;) {
          const standing = await register.get(key)
          const revision = await register.put(key, value, standing?.revision ?? 0)
          if (revision !== null) return revision
        }
      }
      return { ...register, put: (key, value) => force(key, value) }
    }),
  }))
