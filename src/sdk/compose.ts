// The composition root of the embedded case: the one file of the SDK that names concrete adapters. It makes the parts of a
// system, starts them in order and stops them in reverse.
//
// Invariant: when a part does not start, those before it are stopped, and its error is the one that is told.

import { type Clock, messageOf, systemClock, systemRandom } from '../base/index.ts'
import { Runtime } from '../actor/index.ts'
import { EmbeddedHost } from '../hosts/embedded/index.ts'
import type { Definition, Gateway, Host, Logger } from '../ports/index.ts'
import { makeStore, sealedStore } from '../stores/open.ts'
import { freezesStates } from './config.ts'
import { stderrLogger } from './stderr-logger.ts'
import type { SystemPlan } from './system-options.ts'

/** A system that runs. */
export interface Composition {
  readonly gateway: Gateway
  /** Null when it has no port. */
  readonly url: string | null
  stop(options: StopOptions): Promise<void>
}

export interface StopOptions {
  readonly drainMs: number | undefined
}

/** Anything that was started. */
interface Part {
  stop(options: StopOptions): Promise<void>
}

/** @throws SpawnError what the part that failed says: STORE_UNAVAILABLE, INVALID_ARGUMENT for a port that is taken. */
export async function compose(plan: SystemPlan): Promise<Composition> {
  const { clock = systemClock, limits, name: system, random = systemRandom } = plan
  const logger = plan.logger ?? stderrLogger(clock)
  const host = handlersHost(clock, logger)
  const definitions = plan.actors.map((definition): Definition => ({ ...definition, host }))
  const store =
    plan.store.kind === 'own'
      ? await sealedStore(plan.store.store, plan.sealing, { clock, logger, random })
      : await makeStore(plan.store, plan.sealing, { clock, logger, random })
  const runtime = new Runtime({ system, definitions, store, clock, random, logger, limits })
  const parts: Part[] = [runtime]
  try {
    await runtime.start()
    if (plan.http === null) return { gateway: runtime, url: null, stop: (options) => stopAll(parts, options) }
    const { HttpListener, oneSystem } = await import('../proxy/index.ts')
    const listener = new HttpListener({ systems: oneSystem(runtime), logger, clock, ...plan.http })
    parts.push(listener)
    await listener.start()
    return { gateway: runtime, url: listener.url, stop: (options) => stopAll(parts, options) }
  } catch (error) {
    await stopAll(parts, { drainMs: undefined }).catch((thrown: unknown) => {
      logger.error('a system that did not start could not be stopped either', {
        system,
        error: messageOf(thrown),
      })
    })
    throw error
  }
}

/** Runs the handlers of definitions in this process. */
export function handlersHost(clock: Clock, logger: Logger): Host {
  return new EmbeddedHost({ clock, logger, freezes: freezesStates })
}

/** In reverse order of start; one that fails does not keep the others running. */
async function stopAll(parts: readonly Part[], options: StopOptions): Promise<void> {
  const failures: unknown[] = []
  for (const part of parts.toReversed()) {
    try {
      await part.stop(options)
    } catch (error) {
      failures.push(error)
    }
  }
  if (failures.length > 0) throw failures[0]
}
