// The processor time of a process that is measured and of those that it has begun, in all their threads. Linux says it in
// ticks of a hundredth of a second; other systems are not asked.

import { readFile } from 'node:fs/promises'

const TICK_US = 10_000

/** In microseconds; not a number where the system does not say. */
export async function cpuUsOf(pid: number): Promise<number> {
  if (process.platform !== 'linux') return Number.NaN
  const [stat, children] = await Promise.all([
    readFile(`/proc/${pid}/stat`, 'latin1'),
    readFile(`/proc/${pid}/task/${pid}/children`, 'latin1'),
  ])
  // Behind the name, which may have anything in it: the times are the 12th and the 13th there.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const ticks = Number(fields[11]) + Number(fields[12])
  const others = children.split(' ').filter((text) => text !== '')
  const usOfOthers = await Promise.all(others.map((child) => cpuUsOf(Number(child))))
  return usOfOthers.reduce((sum, us) => sum + us, ticks * TICK_US)
}
