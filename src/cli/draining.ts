// The wait for a member that drains: until it holds nothing, has left, or the time is up. The member's own acknowledgement of
// the view says that it is empty; who else hosts what it hosts is read from the status.

import { spanText, systemClock } from '../base/index.ts'
import { type ClusterAnswer, definitionsOf, isSettled, type MemberRow } from './cluster-answer.ts'
import type { Client } from './client.ts'
import { EXIT } from './exit-codes.ts'
import { Failure } from './failure.ts'
import { printable, type Terminal } from './terminal.ts'

/** How often the status is asked for, in milliseconds. */
const LOOK_EVERY_MS = 250

/** The definitions that no other member hosts that is up. */
export function onlyOn({ members }: ClusterAnswer, member: MemberRow): string[] {
  const others = members.filter(({ id, phase }) => id !== member.id && phase === 'up')
  const elsewhere = new Set(others.flatMap(definitionsOf))
  return definitionsOf(member).filter((definition) => !elsewhere.has(definition))
}

/**
 * @param epoch that of the view in which it drains.
 * @returns how it became so.
 * @throws Failure DEADLINE_EXCEEDED when it takes longer; CANCELLED when somebody took it back in; what the server says. It
 *   drains on.
 */
export async function untilEmpty(
  client: Client,
  member: string,
  epoch: number,
  limitMs: number,
  terminal: Terminal,
): Promise<'empty' | 'left'> {
  const begunMs = systemClock.elapsedMs()
  for (;;) {
    const { members } = await client.cluster().catch((thrown: unknown) => {
      throw drainsOn(thrown, member)
    })
    const row = members.find(({ id }) => id === member)
    if (row === undefined || (row.phase === 'draining' && isSettled(row, epoch))) {
      terminal.progress('')
      return row === undefined ? 'left' : 'empty'
    }
    if (row.phase === 'up') {
      throw new Failure(`${member} was taken back into service meanwhile`, {
        exit: EXIT.failed,
        code: 'CANCELLED',
      })
    }
    const tookMs = systemClock.elapsedMs() - begunMs
    if (tookMs >= limitMs) throw late(member, limitMs)
    terminal.progress(`${printable(member)} lets go of its actors, ${Math.floor(tookMs / 1_000)} s`)
    await new Promise<void>((resolve) =>
      systemClock.after(Math.min(LOOK_EVERY_MS, limitMs - tookMs), resolve),
    )
  }
}

function late(member: string, limitMs: number): Failure {
  return new Failure(`${member} is not empty after ${spanText(limitMs)}; it drains on`, {
    exit: EXIT.unknownOutcome,
    code: 'DEADLINE_EXCEEDED',
    hint: 'a turn that runs for long keeps its actor there; wait again with the same command, and a longer --timeout',
  })
}

/** What was agreed stands, whatever becomes of who asked. */
function drainsOn(thrown: unknown, member: string): unknown {
  if (!(thrown instanceof Failure)) return thrown
  return thrown.with({ message: `${thrown.message} (${member} drains on)`, cause: thrown })
}
