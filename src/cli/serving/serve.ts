// The work of `spawn start`: import the module, start what it exports, say where it is, and stop when the process is asked
// to. What each step means is in the files beside this one.

import { systemClock } from '../../base/index.ts'
import { type ClusterPlan, nodeOf } from '../../cluster/cluster-plan.ts'
import { clusterText } from '../../cluster/cluster-url.ts'
import type { Logger } from '../../ports/index.ts'
import type { LogLevel } from '../../proxy/config/proxy-config.ts'
import {
  system as buildSystem,
  type System,
  type SystemBuilder,
  type SystemOptions,
} from '../../sdk/index.ts'
import { mayBeWorker } from '../../sdk/config.ts'
import { type OwnStore, planOf } from '../../sdk/system-options.ts'
import type { StorePlan } from '../../stores/store-plan.ts'
import { storeText } from '../../stores/store-url.ts'
import type { ExitCode } from '../exit-codes.ts'
import { usageFailure } from '../failure.ts'
import { asFailure, type LineStore, storeOnLine } from '../store-line.ts'
import { printable, type Terminal } from '../terminal.ts'
import { exportedBy } from './exported.ts'
import { stopInOrder, watchProcess } from './lifecycle.ts'
import { loggerFor } from './log.ts'
import { importModule, moduleFile, shortPath } from './module.ts'
import type { ClusterLine } from './cluster-line.ts'
import { sampleCall } from './sample-call.ts'
import type { Worker } from '../dev/worker.ts'

const DEFAULT_SYSTEM = 'my-system'

/** What the command line says; what is undefined is the module's to say. */
export interface ServeOptions {
  readonly port: number | undefined
  readonly host: string | undefined
  readonly store: string | undefined
  readonly system: string | undefined
  readonly cluster: ClusterLine
  readonly workers: SystemOptions['workers']
  readonly level: LogLevel | undefined
  readonly json: boolean
}

/**
 * Runs until the process is asked to stop.
 *
 * @param worker when this is the process of `spawn dev` that serves; else null.
 */
export async function serve(
  module: string,
  options: ServeOptions,
  terminal: Terminal,
  worker: Worker | null,
): Promise<ExitCode> {
  const clock = systemClock
  const plain = await loggerFor({ json: options.json, least: options.level }, terminal, clock)
  const logger = mayBeWorker ? (await import('../../workers/index.ts')).NumberedLogger.here(plain) : plain
  const lifecycle = watchProcess(logger, worker === null ? [] : ['SIGINT'])
  worker?.onAbandoned(() => lifecycle.end('the watching process is gone'))
  const line = { text: options.store, where: '--store' }
  const chosen = await storeOnLine({ line, env: terminal.env, readsFile: false }, logger)
  worker?.reportReads()
  const builder = await builderFrom(moduleFile(module), options, logger, chosen)
  const running = await started(builder)
  if (worker !== null) worker.serves(running.url ?? '')
  if (worker === null || worker.isFirst) {
    const { store } = planOf(builder.name, builder.options)
    await announce(running, builder, chosen?.plan ?? store, { options, logger, terminal })
  }
  return stopInOrder(() => running.stop(), await lifecycle.ended, logger)
}

async function builderFrom(
  file: string,
  options: ServeOptions,
  logger: Logger,
  chosen: LineStore | null,
): Promise<SystemBuilder> {
  const exported = exportedBy(await importModule(file), shortPath(file))
  try {
    if (exported.kind === 'actors') {
      const { actors } = exported
      return buildSystem(options.system ?? DEFAULT_SYSTEM, {
        actors,
        ...overrides({}, options, logger, chosen),
      })
    }
    const { builder } = exported
    if (options.system !== undefined && options.system !== builder.name) {
      throw usageFailure(
        `--system is for modules that export actors; this one exports the system "${builder.name}"`,
      )
    }
    return builder.with(overrides(builder.options, options, logger, chosen))
  } catch (thrown) {
    throw asFailure(thrown)
  }
}

/** The command line goes before the module, and the module before the defaults. */
function overrides(
  own: Partial<SystemOptions>,
  options: ServeOptions,
  logger: Logger,
  chosen: LineStore | null,
): Partial<SystemOptions> {
  const { http } = own
  const given = typeof http === 'number' ? { port: http } : typeof http === 'object' ? http : {}
  return {
    http: { port: options.port ?? given.port, host: options.host ?? given.host },
    logger: own.logger ?? logger,
    ...(options.workers !== undefined && { workers: options.workers }),
    ...clusterOf(own, options, chosen),
    // What it is encrypted with is the system's to say, and else the environment's.
    ...(chosen !== null && { store: chosen.bare, encryption: own.encryption ?? sealingOf(chosen) }),
  }
}

/** What the line says of the cluster goes before what the module says, setting by setting. */
function clusterOf(
  { cluster: own, store }: Partial<SystemOptions>,
  { cluster: line }: ServeOptions,
  chosen: LineStore | null,
): Partial<SystemOptions> {
  const said = Object.entries(line).filter(([, value]) => value !== undefined)
  const given = typeof own === 'string' ? { url: own } : own
  const cluster = { ...given, ...Object.fromEntries(said) }
  const [first] = said
  if (cluster.url === undefined) {
    if (first === undefined) return {}
    throw usageFailure(`--${first[0] === 'name' ? 'cluster-name' : first[0]} has no effect without --cluster`)
  }
  const kind = chosen?.plan.kind
  const lone = kind === 'memory' || kind === 'sqlite'
  if (lone || (kind === undefined && store === undefined)) {
    const what = lone ? `--store is ${kind}` : 'without --store it is an SQLite file'
    throw usageFailure(`a cluster needs a store that all members share, and ${what}`, SHARED_STORES)
  }
  return { cluster: { ...cluster, url: cluster.url } }
}

const SHARED_STORES = 'name a database with --store postgres://… or mariadb://…'

function sealingOf({ sealing }: LineStore): SystemOptions['encryption'] {
  if (sealing === null) return false
  const { keys, readsPlain } = sealing
  return { keys, readsPlain }
}

async function started(builder: SystemBuilder): Promise<System> {
  try {
    return await builder.start()
  } catch (thrown) {
    throw asFailure(thrown)
  }
}

interface Surroundings {
  readonly options: ServeOptions
  readonly logger: Logger
  readonly terminal: Terminal
}

async function announce(
  running: System,
  builder: SystemBuilder,
  store: StorePlan | OwnStore,
  surroundings: Surroundings,
): Promise<void> {
  const { options, logger, terminal } = surroundings
  const { name, actors, cluster } = planOf(builder.name, builder.options)
  const url = running.url ?? ''
  const where = placeOf(store)
  const sample = sampleCall(url, name, actors)
  if (options.json) {
    logger.info('serving', {
      url,
      system: name,
      state: where,
      ...(cluster !== null && {
        cluster: { nats: clusterText(cluster.nats), name: cluster.name ?? name, node: nodeOf(cluster) },
      }),
      actors: actors.map((each) => each.name),
      try: sample,
    })
    return
  }
  const state =
    store.kind === 'memory' ? 'state in memory, gone when it stops' : `state in ${printable(where)}`
  const member = cluster === null ? '' : `, ${printable(memberText(cluster, name))}`
  await terminal.print(`${terminal.style('bold', printable(name))} serves at ${url}, ${state}${member}`)
  const { definitionLines } = await import('./definition-lines.ts')
  for (const line of definitionLines(actors, terminal.width)) await terminal.print(line)
  if (sample !== null) await terminal.print(`try it:\n  ${printable(sample)}`)
}

function memberText(cluster: ClusterPlan, system: string): string {
  return `node ${nodeOf(cluster)} of the cluster ${cluster.name ?? system} at ${clusterText(cluster.nats)}`
}

/** Without a password. */
function placeOf(store: StorePlan | OwnStore): string {
  if (store.kind === 'own') return store.store.name
  return store.kind === 'sqlite' ? store.file : storeText(store)
}
