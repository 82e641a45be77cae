// How the members on one machine find and reach each other without any other program: a hub in the first process, and sockets
// in a folder that only they may look into.

import type { Clock } from '../../base/index.ts'
import type { Logger, Register, Wire } from '../../ports/index.ts'
import { HubLink } from './hub-link.ts'
import { LocalRegister } from './register.ts'
import { LocalWire } from './wire.ts'
import { dirname } from 'node:path'

export { LocalHub } from './hub.ts'

export interface LocalCarriers {
  readonly register: Register
  readonly wire: Wire
  /** Resolves when the hub is gone; never because these were stopped. It does not come back: end the process. */
  readonly closed: Promise<void>
}

/**
 * What a member in another process than the hub's hangs on. The connection is made when the first of these starts, and closed
 * when both have stopped.
 *
 * @param address the hub's.
 */
export function openLocal(
  address: string,
  surroundings: { readonly clock: Clock; readonly logger: Logger },
): LocalCarriers {
  const link = new HubLink(address, surroundings.clock)
  const addresses = new LocalRegister(link, 'addresses')
  return {
    register: new LocalRegister(link, 'register'),
    wire: new LocalWire({ addresses, folder: dirname(address), ...surroundings }),
    closed: link.closed,
  }
}
