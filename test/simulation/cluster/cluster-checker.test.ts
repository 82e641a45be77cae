// The simulated cluster, seen failing: each bug is planted in an engine, a clock or a register, and must be found within a few
// seeds, by the rule that says so. A world that finds nothing here would find nothing in the mesh either.

import assert from 'node:assert/strict'
import { aside } from '../../aside.ts'
import type { Clock } from '../../../src/base/index.ts'
import { Membership } from '../../../src/mesh/membership.ts'
import { Peers } from '../../../src/mesh/peers/peers.ts'
import { readView, VIEW_KEY, writeView } from '../../../src/mesh/view-entry.ts'
import type { Register } from '../../../src/ports/index.ts'
import type { Machine } from './machine.ts'
import type { Fitted } from './member.ts'
import type { Weather } from './weather.ts'
import { runCluster, type WorldOptions } from './world.ts'

const test = aside(import.meta.url)

const SEEDS = 60

/** @param first what is found in few seeds is looked for from there. */
async function finds(rules: RegExp, options: WorldOptions, first = 1): Promise<void> {
  const seen = new Set<string>()
  for (let seed = first; seed <= SEEDS; seed += 1) {
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

/** Views follow each other before what the last one took is let go of. */
const churn: Partial<Weather> = {
  members: 3,
  actors: 8,
  callers: 20,
  callsEach: 50,
  storeMs: 400,
  events: [0, 1, 2, 3].flatMap((round) => [
    { atMs: 1_500 + round * 2_500, event: { kind: 'start' } },
    { atMs: 1_600 + round * 2_500, event: { kind: 'start' } },
    { atMs: 1_700 + round * 2_500, event: { kind: 'drain', member: round } },
  ]),
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

test('a member that acknowledges its view when what an earlier one took is let go of', (context) => {
  const { settled } = Membership.prototype
  context.mock.method(Membership.prototype, 'settled', function (this: Membership) {
    settled.call(this, this.view.epoch)
  })
  return finds(/^(two holders|stale)/, { weather: churn }, 20)
})

test('a member that does not say, after envelopes that may not have come, that the store is to be looked into', (context) => {
  const { request } = Peers.prototype
  /** By member: the view under which something for it failed. */
  const failed = new WeakMap<Peers, Map<string, number>>()
  type Asked = Parameters<Peers['request']>
  context.mock.method(Peers.prototype, 'request', function (this: Peers, ...[to, asked, more]: Asked) {
    const { body, epoch } = asked
    if (body.kind !== 'hand') return request.call(this, to, asked, more)
    const epochs = failed.get(this) ?? new Map<string, number>()
    failed.set(this, epochs)
    const afresh = body.afresh && epochs.get(to) !== epoch
    const reply = request.call(this, to, { ...asked, body: { ...body, afresh } }, more)
    reply.catch(() => epochs.set(to, epoch))
    return reply
  })
  return finds(/^(order|found)/, {})
})

test('a lease that goes by wall time, which may be put back', () =>
  finds(/^(two holders|stale)/, {
    fitted: withClock(({ clock }) => ({ ...clock, elapsedMs: () => clock.now() })),
  }))

test('a view that leaves out what is not settled', () => {
  const cut = (text: string): string => {
    const record = readView(text)
    return writeView({ ...record, unsettled: record.unsettled.slice(-1) })
  }
  return finds(/^(two holders|stale)/, {
    fitted: withRegister((register) => ({
      ...register,
      put: async (key, value, follows) => {
        if (key !== VIEW_KEY) return register.put(key, value, follows)
        await register.put(key, cut(value), follows)
        // As if the answer was lost: who proposed it reads it, too.
        return null
      },
    })),
  })
})
