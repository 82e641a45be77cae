// What happens to a cluster while callers go on: members die, stand still, are cut off and restarted, and so is the server
// that carries them. It decides what, to whom and how long, by its own random; never to all members at once.

import { setTimeout as sleep } from 'node:timers/promises'
import { below, type Random } from '../../src/base/index.ts'
import type { CabledMember, Member } from './world.ts'

export interface ChaosOptions<M extends Member> {
  readonly members: readonly M[]
  readonly random: Random
  readonly leaseMs: number
  readonly restartNats: () => Promise<void>
  readonly progress: (text: string) => void
}

/** What may happen to a member, by what it reads as behind its name. */
export type Acts<M extends Member> = Readonly<
  Record<string, (member: M, options: ChaosOptions<M>) => Promise<void>>
>

/** To members of any kind. */
const ACTS: Acts<Member> = {
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
  'sees NATS restart': async (_member, { restartNats }) => restartNats(),
}

/** To one behind cables. */
export const CABLE_ACTS: Acts<CabledMember> = {
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
}

/** Goes on until each act has come once and so much time is over, and everything is as it was. */
export async function chaos<M extends Member>(
  forMs: number,
  more: Acts<M>,
  options: ChaosOptions<M>,
): Promise<void> {
  const { leaseMs, members, progress, random } = options
  const endMs = performance.now() + forMs
  const acts: Acts<M> = { ...ACTS, ...more }
  const names = Object.keys(acts)
  for (let count = 0; count < names.length || performance.now() < endMs; count += 1) {
    // Every act once before any comes again.
    const name = names[count < names.length ? count : below(random, names.length)] as string
    const member = members[below(random, members.length)] as M
    progress(`${member.node} ${name}`)
    await acts[name]?.(member, options)
    // Sometimes the next thing happens before the last is overcome.
    await sleep(upTo(random, 2 * leaseMs))
  }
}

function otherThan<M extends Member>(member: M, members: readonly M[], random: Random): M {
  const others = members.filter((one) => one !== member)
  return others[below(random, others.length)] as M
}

export function upTo(random: Random, ms: number): number {
  return below(random, Math.ceil(ms)) + 1
}
