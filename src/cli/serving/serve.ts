// The work of `spawn start`: import the module, start what it exports, say where it is, and stop when the process is asked
// to. What each step means is in the files beside this one.

import { type Clock, isSpawnError, systemClock } from '../../base/index.ts'
import type { Logger } from '../../ports/index.ts'
import type { LogLevel } from '../../proxy/config/proxy-config.ts'
import {
  system as buildSystem,
  type System,
  type SystemBuilder,
  type SystemOptions,
} from '../../sdk/index.ts'
import { planOf } from '../../sdk/system-options.ts'
import { EXIT, type ExitCode } from '../exit-codes.ts'
import { Failure, usageFailure } from '../failure.ts'
import { printable, type Terminal } from '../terminal.ts'
import { exportedBy } from './exported.ts'
import { stopInOrder, watchProcess } from './lifecycle.ts'
import { loggerFor } from './log.ts'
import { importModule, moduleFile, shortPath } from './module.ts'
import { sampleCall } from './sample-call.ts'
import type { Worker } from '../dev/worker.ts'

const DEFAULT_SYSTEM = 'my-system'

/** What the command line says; what is undefined is the module's to say. */
export interface ServeOptions {
  readonly port: number | undefined
  readonly host: string | undefined
  readonly store: string | undefined
  readonly system: string | undefined
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
  const logger = await loggerFor({ json: options.json, least: options.level }, terminal, clock)
  const lifecycle = watchProcess(logger, worker === null ? [] : ['SIGINT'])
  worker?.onAbandoned(() => lifecycle.end('the watching process is gone'))
  const builder = await builderFrom(moduleFile(module), options, logger)
  const running = await started(builder)
  if (worker !== null) worker.serves(running.url ?? '')
  if (worker === null || worker.isFirst)
    await announce(running, builder, { options, logger, terminal, clock })
  return stopInOrder(() => running.stop(), await lifecycle.ended, logger)
}

async function builderFrom(file: string, options: ServeOptions, logger: Logger): Promise<SystemBuilder> {
  const exported = exportedBy(await importModule(file), shortPath(file))
  try {
    if (exported.kind === 'actors') {
      const { actors } = exported
      return buildSystem(options.system ?? DEFAULT_SYSTEM, { actors, ...overrides({}, options, logger) })
    }
    const { builder } = exported
    if (options.system !== undefined && options.system !== builder.name) {
      throw usageFailure(
        `--system is for modules that export actors; this one exports the system "${builder.name}"`,
      )
    }
    return builder.with(overrides(builder.options, options, logger))
  } catch (thrown) {
    throw asFailure(thrown)
  }
}

/** The command line goes before the module, and the module before the defaults. */
function overrides(
  own: Partial<SystemOptions>,
  options: ServeOptions,
  logger: Logger,
): Partial<SystemOptions> {
  const { http } = own
  const given = typeof http === 'number' ? { port: http } : typeof http === 'object' ? http : {}
  const store = storeOf(options.store)
  return {
    http: { port: options.port ?? given.port, host: options.host ?? given.host },
    logger: own.logger ?? logger,
    ...(store !== undefined && { store }),
  }
}

function storeOf(given: string | undefined): 'memory' | `sqlite:${string}` | undefined {
  if (given === undefined || given === 'memory') return given
  return `sqlite:${given.slice('sqlite:'.length)}`
}

async function started(builder: SystemBuilder): Promise<System> {
  try {
    return await builder.start()
  } catch (thrown) {
    throw asFailure(thrown)
  }
}

/** What the runtime refuses has a message that says what to do. */
function asFailure(thrown: unknown): unknown {
  if (!isSpawnError(thrown) || thrown.code === 'DEFECT') return thrown
  return new Failure(thrown.message, { exit: EXIT.failed, code: thrown.code, cause: thrown })
}

interface Surroundings {
  readonly options: ServeOptions
  readonly logger: Logger
  readonly terminal: Terminal
  readonly clock: Clock
}

async function announce(running: System, builder: SystemBuilder, surroundings: Surroundings): Promise<void> {
  const { options, logger, terminal } = surroundings
  const { name, actors, store } = planOf(builder.name, builder.options)
  const url = running.url ?? ''
  const where = store.kind === 'sqlite' ? store.file : store.kind === 'own' ? store.store.name : 'memory'
  const sample = sampleCall(url, name, actors)
  if (options.json) {
    logger.info('serving', {
      url,
      system: name,
      state: where,
      actors: actors.map((each) => each.name),
      try: sample,
    })
    return
  }
  const state =
    store.kind === 'memory' ? 'state in memory, gone when it stops' : `state in ${printable(where)}`
  await terminal.print(`${terminal.style('bold', printable(name))} serves at ${url}, ${state}`)
  if (sample !== null) await terminal.print(`try it:\n  ${printable(sample)}`)
}
