// Two or three engines over one memory store and one virtual clock, in a scripted cluster.

import { seededRandom } from '../../../src/base/index.ts'
import type { Limits } from '../../../src/base/index.ts'
import { Runtime } from '../../../src/actor/index.ts'
import type { Call, Definition, OtherSystems } from '../../../src/ports/index.ts'
import { VirtualClock } from '../../../src/testing/index.ts'
import { counter, GatedStore, RecordingLogger } from '../fixture.ts'
import { Script, ScriptedCluster } from './scripted-cluster.ts'

export interface Member {
  readonly runtime: Runtime
  readonly cluster: ScriptedCluster
  readonly logger: RecordingLogger
  /** Calls an instance from this member and lets virtual time pass until it is answered. */
  readonly call: (name: string, ref: string, action: string, more?: Partial<Call>) => Promise<unknown>
}

export interface Town {
  readonly clock: VirtualClock
  readonly store: GatedStore
  readonly script: Script
  readonly members: readonly Member[]
  readonly first: Member
  readonly second: Member
}

export interface TownOptions {
  /** Of each member; for all: the same. Default: the `counter` definition on two members. */
  readonly definitions?: readonly (readonly Definition[])[]
  readonly limits?: Partial<Limits>
  readonly systems?: OtherSystems
  /** Says where actors live before any of them begins. */
  readonly placed?: (script: Script, members: readonly ScriptedCluster[]) => void
}

export async function town(options: TownOptions = {}): Promise<Town> {
  const { definitions = [[counter('counter')], [counter('counter')]], limits, placed } = options
  const clock = new VirtualClock()
  const store = new GatedStore()
  const script = new Script(clock)
  const clusters = definitions.map((_, at) => new ScriptedCluster(script, `member-${at + 1}`))
  placed?.(script, clusters)
  const members = clusters.map((cluster, at): Member => {
    const logger = new RecordingLogger()
    const runtime = new Runtime({
      system: 'test',
      definitions: definitions[at] ?? [],
      store,
      clock,
      random: seededRandom(at + 1),
      logger,
      limits,
      cluster,
      sharesStore: true,
      systems: options.systems,
    })
    if (runtime.tenant !== null) cluster.attach(runtime.tenant)
    const call: Member['call'] = (name, ref, action, more = {}) =>
      clock.run(runtime.invoke(name, { ref, action, ...more }))
    return { runtime, cluster, logger, call }
  })
  await clock.run(store.start())
  for (const { runtime } of members) await clock.run(runtime.start())
  const [first, second] = members
  if (first === undefined || second === undefined) throw new Error('a town has two members or more')
  return { clock, store, script, members, first, second }
}
