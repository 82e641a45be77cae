// The wiring of a host process: its listener, its connections to the proxy, its registration. It decides the order in which
// they start and stop, and nothing else.
//
// Invariant: actions are answered before the proxy hears of them, and after it was last told.

import { type Clock, LIMITS, messageOf, type Random, systemRandom } from '../../base/index.ts'
import type { ActorDefinition } from '../../hosts/index.ts'
import type { Host, Logger } from '../../ports/index.ts'
import { registrationBytes } from '../../protocol/protobuf/index.ts'
import { ActionListener } from './action-listener.ts'
import { ActionRunner } from './action-runner.ts'
import { ProxyCalls } from './proxy-calls.ts'
import { ProxyClient } from './proxy-client.ts'
import { Registrar } from './registrar.ts'
import type { ServePlan } from './serve-options.ts'
import { ServedActors } from './served-actors.ts'
import type { Serving } from './served-system.ts'

/** Tells a proxy of ours which port of the sender's address answers actions. Others know it by their settings. */
const PORT_HEADER = 'spawn-host-port'

export interface ServeParts {
  readonly system: string
  readonly actors: readonly ActorDefinition[]
  /** Runs the handlers. */
  readonly handlers: Host
  readonly clock: Clock
  readonly random: Random | undefined
  readonly logger: Logger
  readonly callTimeoutMs: number | undefined
}

/** Resolves when the proxy has taken the registration. @throws SpawnError; then nothing is left open. */
export async function serve(plan: ServePlan, parts: ServeParts): Promise<Serving> {
  const { clock, logger, random = systemRandom, system } = parts
  const limits = { callTimeoutMs: parts.callTimeoutMs ?? LIMITS.callTimeoutMs }
  const actors = new ServedActors(parts.actors, parts.handlers)
  const unsaid = actors.unsaid()
  if (unsaid.length > 0)
    logger.warn('the wire cannot say all of what actors ask for; the proxy decides', { unsaid })
  const proxy = await ProxyClient.open(plan.proxy, clock)
  const calls = new ProxyCalls({ system, proxy, actors, clock, limits, onForgotten: () => registrar.again() })
  const runner = new ActionRunner({ actors, calls, clock, limits })
  const listener = new ActionListener({ runner, host: plan.host, port: plan.port, clock, logger })
  await listener.start()
  const body = registrationBytes(system, actors.registry(system), serviceOf(system))
  const headers = { [PORT_HEADER]: String(listener.port) }
  const registrar = new Registrar({ proxy, body, headers, system, clock, random, logger })
  const stop = async (drainMs: number): Promise<void> => {
    await registrar.stop()
    await listener.stop(drainMs)
    await proxy.close()
  }
  const giveUp = (): void => {
    registrar.stop().catch((thrown: unknown) => {
      logger.error('the registration did not stop', { error: messageOf(thrown) })
    })
  }
  plan.signal?.addEventListener('abort', giveUp)
  try {
    if (plan.signal?.aborted === true) giveUp()
    await registrar.start()
  } catch (error) {
    await stop(0)
    throw error
  } finally {
    plan.signal?.removeEventListener('abort', giveUp)
  }
  return {
    calls,
    url: `http://${plan.host.includes(':') ? `[${plan.host}]` : plan.host}:${listener.port}`,
    get registered() {
      return registrar.registered
    },
    stop,
  }
}

function serviceOf(system: string): Parameters<typeof registrationBytes>[2] {
  return {
    name: system,
    version: '',
    runtime: `node ${process.version}`,
    library: 'spawn-mesh',
    libraryVersion: '',
  }
}
