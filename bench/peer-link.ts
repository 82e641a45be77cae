// The link between the two processes of peer-calls.ts: who they are, and how they reach each other.

import { LIMITS, systemClock, systemRandom } from '../src/base/index.ts'
import { openNats } from '../src/cluster/nats/index.ts'
import type { ServePeer } from '../src/mesh/peers/peer-request.ts'
import { Peers } from '../src/mesh/peers/peers.ts'
import { silentLogger } from '../src/ports/index.ts'

export const ANSWERING = 'answering'
/** Of the bare subscription. */
export const SUBJECT = 'bench.echo'

/** @param address host and port of a NATS server. */
export async function startPeers(address: string, self: string, serve: ServePeer): Promise<Peers> {
  const rest = { clock: systemClock, logger: silentLogger }
  const { wire } = openNats({ servers: [address], identity: null, tls: null }, { cluster: 'bench', ...rest })
  const peers = new Peers({ wire, serve, random: systemRandom, limits: LIMITS, ...rest })
  await peers.start(self)
  return peers
}
