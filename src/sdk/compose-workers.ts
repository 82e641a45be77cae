// The composition root of a system that runs in several processes: the parts that the first process has for the others, and
// those that a worker has instead of its own.
//
// The first process keeps what one process must keep alone: a store in a file or in memory, and the register, if no cluster has
// them. Workers ask it over sockets in a folder that only they may look into. The order of its end loses nothing: workers hand
// their actors over, then what served them closes, then it stops as one process does.

import { messageOf, SpawnError } from '../base/index.ts'
import { USUAL_CLUSTER } from '../cluster/cluster-plan.ts'
import { LocalHub, openLocal } from '../cluster/local/index.ts'
import { type ClusterMember, memberOf, type MemberSurroundings, memberOver } from '../proxy/cluster-member.ts'
import { joinedText } from '../proxy/joined-metrics.ts'
import { type SocketFolder, socketFolder } from '../sockets/index.ts'
import { makeStore, sealedStore } from '../stores/open.ts'
import { StoreServer } from '../stores/served/index.ts'
import { Crew, NumberedLogger, Seat } from '../workers/index.ts'
import type { Statestore } from '../ports/index.ts'
import type { Company, Running, Surroundings } from './company.ts'
import type { SystemPlan } from './system-options.ts'
import { version } from './version.ts'

/** @returns null: it is one process. @throws SpawnError INVALID_ARGUMENT, CANCELLED */
export async function companyOf(plan: SystemPlan, surroundings: Surroundings): Promise<Company | null> {
  const seat = Seat.of(plan.name)
  if (seat === null) return plan.workers === 1 ? null : firstCompany(plan, surroundings)
  try {
    return await workerCompany(seat, plan, surroundings)
  } catch (thrown) {
    return seat.fail(thrown)
  }
}

async function firstCompany(plan: SystemPlan, surroundings: Surroundings): Promise<Company> {
  checkShareable(plan)
  const folder = await socketFolder()
  try {
    return await companyIn(folder, plan, surroundings)
  } catch (thrown) {
    await folder.remove()
    throw thrown
  }
}

async function companyIn(
  folder: SocketFolder,
  plan: SystemPlan,
  surroundings: Surroundings,
): Promise<Company> {
  const { clock, logger } = surroundings
  const bare = await bareStore(plan, surroundings)
  const store = await sealedStore(bare, plan.sealing, surroundings)
  const server = isServed(plan) ? new StoreServer({ store: bare, folder: folder.path, clock, logger }) : null
  const hub = plan.cluster === null ? new LocalHub({ folder: folder.path, clock, logger }) : null
  const member = await memberFor(plan, hub?.carriers(), memberSurroundings(plan, surroundings))
  let running: Running | null = null
  let measure = (): string => ''
  const crew = new Crew({
    system: plan.name,
    processes: plan.workers,
    clock,
    logger,
    folder: folder.path,
    hub: hub?.address ?? null,
    store: server?.address ?? null,
    buried: (id) => member.mesh.bury(id),
    measure: () => measure(),
    failed: (error) => void endWith(error, running, surroundings),
  })
  return {
    logger,
    store,
    member,
    sharing: { by: 'offering', offer: (socket) => crew.offer(socket) },
    metrics: (own) => {
      measure = own
      return async () => joinedText(await crew.measures())
    },
    open: async () => {
      await server?.start()
      await hub?.start()
    },
    gather: () => crew.start(),
    serve: async (serving) => {
      running = serving
      if (serving.listener !== null) crew.share(serving.listener)
    },
    disperse: async ({ drainMs }) => {
      await crew.stop({ drainMs })
      await server?.stop()
    },
    drains: plan.cluster !== null,
    stop: async () => {
      await hub?.stop()
      await folder.remove()
    },
    fail: async () => {},
  }
}

async function workerCompany(seat: Seat, plan: SystemPlan, given: Surroundings): Promise<Company> {
  const { hub, store: address, worker } = seat.orders
  const logger = NumberedLogger.of(given.logger, worker)
  const surroundings = { ...given, logger }
  const bare =
    address === null
      ? await bareStore(plan, surroundings)
      : await makeStore({ kind: 'served', address }, null, surroundings)
  const store = await sealedStore(bare, plan.sealing, surroundings)
  const carriers = hub === null ? undefined : openLocal(hub, surroundings)
  const member = await memberFor(plan, carriers, {
    ...memberSurroundings(plan, surroundings),
    worker,
    grounds: seat.isKept,
  })
  void carriers?.closed.then(() => seat.abandon())
  return {
    logger,
    store,
    member,
    sharing: { by: 'taking', onConnection: (take) => seat.onConnection(take) },
    metrics: (own) => {
      seat.onMeasure(own)
      return async () => joinedText(await seat.measures())
    },
    open: async () => seat.joins(member.mesh.id),
    gather: async () => {},
    serve: (running) => {
      seat.serve((drainMs) => running.stop({ drainMs }))
      return new Promise(() => {})
    },
    disperse: async () => {},
    drains: true,
    stop: async () => {},
    fail: (thrown) => seat.fail(thrown),
  }
}

/** @param carriers of a machine alone; undefined: those of the cluster that the plan names. */
async function memberFor(
  plan: SystemPlan,
  carriers: Omit<Parameters<typeof memberOver>[0], 'systems'> | undefined,
  surroundings: MemberSurroundings,
): Promise<ClusterMember> {
  if (plan.cluster !== null) return memberOf(plan.cluster, surroundings)
  if (carriers !== undefined) return memberOver({ ...carriers, systems: null }, USUAL_CLUSTER, surroundings)
  const fault = 'the first process is a member of a cluster of which this worker was told nothing'
  throw new SpawnError('INVALID_ARGUMENT', `system "${plan.name}": ${fault}; give both the same options`)
}

function memberSurroundings({ name }: SystemPlan, surroundings: Surroundings): MemberSurroundings {
  return { ...surroundings, system: name, version: version() }
}

function bareStore({ store }: SystemPlan, surroundings: Surroundings): Promise<Statestore> {
  return store.kind === 'own' ? Promise.resolve(store.store) : makeStore(store, null, surroundings)
}

/** Whether one process must have the store alone. In a cluster, members share theirs as it is. */
function isServed({ cluster, store: { kind } }: SystemPlan): boolean {
  return cluster === null && (kind === 'sqlite' || kind === 'memory' || kind === 'own')
}

/** @throws SpawnError INVALID_ARGUMENT */
function checkShareable({ name, sealing }: SystemPlan): void {
  const fault = (problem: string): SpawnError =>
    new SpawnError('INVALID_ARGUMENT', `system "${name}" cannot have workers: ${problem}`)
  if (process.platform === 'win32') throw fault('they need sockets as Linux and macOS have them')
  const kind = sealing?.actorKeys?.kind
  if (kind !== 'sqlite' && kind !== 'memory') return
  throw fault(
    `the keys of its actors are in ${kind}, which one process has alone; name a database for encryption.actorKeys`,
  )
}

/** All stops in order, and then the program ends as with any error that nobody caught. */
async function endWith(
  error: SpawnError,
  running: Running | null,
  { clock, logger }: Surroundings,
): Promise<void> {
  logger.error('the system stops: its workers do not stay', { error: error.message })
  try {
    await running?.stop({ drainMs: undefined })
  } catch (thrown) {
    logger.error('the system did not stop in order', { error: messageOf(thrown) })
  }
  clock.defer(() => {
    throw error
  })
}
