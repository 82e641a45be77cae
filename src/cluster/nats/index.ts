// How members find and reach each other over NATS: a register in a key-value bucket of JetStream, a wire of messages; how
// systems call each other's actors; one connection for all.

import type { Clock } from '../../base/index.ts'
import type { Logger, Register, SystemExchange, Wire } from '../../ports/index.ts'
import { Connection } from './connection.ts'
import { NatsRegister } from './register.ts'
import type { NatsSettings } from './settings.ts'
import { NatsSystems } from './systems.ts'
import { NatsWire } from './wire.ts'

export type { NatsSettings } from './settings.ts'

export interface NatsOptions {
  /** The name of the cluster: members of one name find each other. */
  readonly cluster: string
  readonly clock: Clock
  readonly logger: Logger
}

/** The connection is made when the first of these starts, and closed when all of them have stopped. */
export function openNats(
  settings: NatsSettings,
  { clock, cluster, logger }: NatsOptions,
): { readonly register: Register; readonly wire: Wire; readonly systems: SystemExchange } {
  const connection = new Connection(settings, `spawn member of ${cluster}`, logger)
  const register = new NatsRegister({ cluster, connection, clock, logger })
  const systems = new NatsSystems({ connection, clock, logger })
  return { register, wire: new NatsWire(cluster, connection), systems }
}
