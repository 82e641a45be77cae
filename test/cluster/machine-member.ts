// A member on a machine of its own, and what happens to it there and nowhere else: its network goes, one way or both, loses a
// part of what it carries, is slow, or forgets connections of which neither side is told anything.

import { setTimeout as sleep } from 'node:timers/promises'
import { type Acts, upTo } from './chaos.ts'
import type { Machine, Machines } from './machines.ts'
import { Member, type MemberOptions, memberServer, type Way } from './world.ts'

export class MachineMember extends Member {
  readonly machine: Machine

  private constructor(
    node: string,
    machine: Machine,
    server: Member['server'],
    ways: Pick<Member, 'toNats' | 'toDatabase'>,
  ) {
    super(node, machine.host, server, ways)
    this.machine = machine
  }

  static async of(machines: Machines, node: string, options: MemberOptions): Promise<MachineMember> {
    const machine = machines.add(node)
    const { database, nats } = options
    const host = machines.gateway
    const reached = {
      database: { host, port: database.options.port },
      nats: { host, port: nats.port },
    }
    const ways = {
      toNats: wayTo(machine, reached.nats.port),
      toDatabase: wayTo(machine, reached.database.port),
    }
    const server = await memberServer(node, options, reached, machine)
    return new MachineMember(node, machine, server, ways)
  }
}

function wayTo(machine: Machine, port: number): Way {
  const what = `port ${port}`
  return { pull: () => machine.lose(what, { port }), plug: () => machine.keep(what) }
}

/** How long a network that has forgotten connections goes on to drop what is left of them, in leases. */
const FORGOTTEN_LEASES = 3

export const MACHINE_ACTS: Acts<MachineMember> = {
  'has no network': async ({ machine }, { leaseMs, random }) => {
    machine.pull()
    await sleep(upTo(random, 3 * leaseMs))
    machine.plug()
  },
  'is not heard': async ({ machine }, { leaseMs, random }) => {
    machine.lose('one way', { only: 'out' })
    await sleep(leaseMs / 2 + upTo(random, 1.5 * leaseMs))
    machine.keep('one way')
  },
  'hears nothing': async ({ machine }, { leaseMs, random }) => {
    machine.lose('one way', { only: 'in' })
    await sleep(leaseMs / 2 + upTo(random, 1.5 * leaseMs))
    machine.keep('one way')
  },
  'loses a part of its packets': async ({ machine }, { leaseMs, random }) => {
    machine.lose('a part', { percent: 10 + upTo(random, 30) })
    await sleep(upTo(random, 2 * leaseMs))
    machine.keep('a part')
  },
  'has a slow network': async ({ machine }, { leaseMs, random }) => {
    machine.slow(200 + upTo(random, 800))
    await sleep(upTo(random, 2 * leaseMs))
    machine.fast()
  },
  'loses its connections without a word': async ({ machine }, { leaseMs }) => {
    machine.forget('connections')
    await sleep(FORGOTTEN_LEASES * leaseMs)
    machine.keep('connections')
  },
  'dies without a network': async (member, { leaseMs, random }) => {
    const { machine } = member
    machine.pull()
    // Nobody tells the servers that these are over.
    machine.forget('connections')
    await member.kill()
    await sleep(upTo(random, leaseMs))
    machine.plug()
    await member.start()
    machine.keep('connections')
  },
  'has no network while NATS restarts': async ({ machine }, { restartNats }) => {
    machine.pull()
    await restartNats()
    machine.plug()
  },
}
