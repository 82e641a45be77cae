// Durable calls in a process that does not have the store itself, as in a worker: the SQLite file is of another process, which
// serves it. Else as embedded-calls.ts.

import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

import { systemClock } from '../src/base/index.ts'
import { openServed } from '../src/stores/served/index.ts'
import { countersIn } from './counters.ts'
import { actorNames, drive, Picker, warmUp } from './drive.ts'
import type { Prepare } from './subject.ts'

const OWNER = fileURLToPath(new URL('store-owner.ts', import.meta.url))

export const prepare: Prepare = async ({ actors, callers, directory }) => {
  const owner = fork(OWNER, [directory], { stdio: ['ignore', 2, 2, 'ipc'] })
  const [address] = (await once(owner, 'message')) as [string]
  const store = await openServed(address, { clock: systemClock })
  const counters = await countersIn(directory, { store }).start()
  const names = actorNames(actors)
  const picker = new Picker(actors)
  const next = (): Promise<unknown> =>
    counters.invoke(names[picker.next()]!, { ref: 'durable', action: 'add', payload: { value: 1 } })
  await warmUp(next)
  return {
    round: async (durationMs) => ({
      rate: await drive({ callers, durationMs, lookEvery: callers }, next),
    }),
    stop: async () => {
      await counters.stop()
      await ended(owner)
    },
  }
}

async function ended(owner: ChildProcess): Promise<void> {
  const exited = once(owner, 'exit')
  owner.disconnect()
  await exited
}
