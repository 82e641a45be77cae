// What happens to a cluster while callers go on: members die, stand still, are cut off and restarted, and so is the server
// that carries them. It decides what, to whom and how long, by its own random; never to all members at once.

import { setTimeout as sleep } from 'node:timers/promises'
import { below, type Random } from '../../src/base/index.ts'
import type { Member } from './world.ts'

export interface ChaosOptions {
  readonly members: readonly Member[]
  readonly random: Random
  readonly leaseMs: number
  readonly restartNats: () => Promise<void>
  readonly progress: (text: string) => void
}

type Act = (member: Member, options: ChaosOptions) => Promise<void>

const ACTS: Readonly<Record<string, Act>> = {
  'is killed': async (member, { random, leaseMs }) => {
    await member.kill()
    await sleep(upTo(random, 2 * leaseMs))
    await member.start()
  },
  'is restarted in order': async (member) => {
    await member.stop()
    await member.start()
  },
  'stands still for longer than its lease': async (member, { leaseMs, random }) => {
    member.server.freeze()
    await sleep(leaseMs + upTo(random, 2 * leaseMs))
    member.server.thaw()
  },
  'stands still for a moment': async (member, { leaseMs, random }) => {
    member.server.freeze()
    await sleep(upTo(random, leaseMs / 2))
    member.server.thaw()
  },
  'is cut from NATS for longer than its lease': async (member, { leaseMs, random }) => {
    member.toNats.pull()
    await sleep(1.5 * leaseMs + upTo(random, leaseMs))
    member.toNats.plug()
  },
  'is cut from NATS for a moment': async (member, { leaseMs, random }) => {
    member.toNats.pull()
    await sleep(upTo(random, leaseMs / 2))
    member.toNats.plug()
  },
  'is cut from the database': async (member, { leaseMs, random }) => {
    member.toDatabase.pull()
    await sleep(upTo(random, 2 * leaseMs))
    member.toDatabase.plug()
  },
  'does not reach another one': async (member, { leaseMs, members, random }) => {
    const other = otherThan(member, members, random)
    member.deafTo.add(other.node)
    await sleep(upTo(random, 2 * leaseMs))
    member.deafTo.clear()
  },
  'and another one do not reach each other, but all else': async (member, { leaseMs, members, random }) => {
    const other = otherThan(member, members, random)
    member.deafTo.add(other.node)
    other.deafTo.add(member.node)
    await sleep(leaseMs + upTo(random, 2 * leaseMs))
    member.deafTo.clear()
    other.deafTo.clear()
  },
  'sees NATS restart': async (_member, { restartNats }) => restartNats(),
}

/** Goes on until each act has come once and so much time is over, and everything is as it was. */
export async function chaos(forMs: number, options: ChaosOptions): Promise<void> {
  const { leaseMs, members, progress, random } = options
  const endMs = performance.now() + forMs
  const names = Object.keys(ACTS)
  for (let count = 0; count < names.length || performance.now() < endMs; count += 1) {
    // Every act once before any comes again.
    const name = names[count < names.length ? count : below(random, names.length)] as string
    const member = members[below(random, members.length)] as Member
    progress(`${member.node} ${name}`)
    await ACTS[name]?.(member, options)
    // Sometimes the next thing happens before the last is overcome.
    await sleep(upTo(random, 2 * leaseMs))
  }
}

function otherThan(member: Member, members: readonly Member[], random: Random): Member {
  const others = members.filter((one) => one !== member)
  return others[below(random, others.length)] as Member
}

function upTo(random: Random, ms: number): number {
  return below(random, Math.ceil(ms)) + 1
}
