// How members find and reach each other over NATS: a register in a key-value bucket of JetStream, a wire of messages, one
// connection for both.

import type { Clock } from '../../base/index.ts'
import type { Logger, Register, Wire } from '../../ports/index.ts'
import { Connection } from './connection.ts'
import { NatsRegister } from './register.ts'
import type { NatsSettings } from './settings.ts'
import { NatsWire } from './wire.ts'

export type { NatsSettings } from './settings.ts'

export interface NatsOptions {
  /** The name of the cluster: members of one name find each other. */
  readonly cluster: string
  readonly clock: Clock
  readonly logger: Logger
}

/** The connection is made when the first of the two starts, and closed when both have stopped. */
export function openNats(
  settings: NatsSettings,
  { clock, cluster, logger }: NatsOptions,
): { readonly register: Register; readonly wire: Wire } {
  const connection = new Connection(settings, `spawn member of ${cluster}`, logger)
  const register = new NatsRegister({ cluster, connection, clock, logger })
  return { register, wire: new NatsWire(cluster, connection) }
}
