// What the driver is told of TLS. Decides whose certificate is expected: the server's that the store was told of, or the one
// under the name that was said, and no other.
//
// Invariant: it does not depend on what the driver makes of the host. Before 8.23.1 `pg` hands an IP address on to nobody, and
// Node then looks whether the certificate is localhost's.

import { checkServerIdentity, type PeerCertificate } from 'node:tls'
import type { SettledDatabaseOptions } from '../sql/options.ts'

/** As `pg` takes it; false: no TLS. */
export function tlsOf({ host, tls }: Pick<SettledDatabaseOptions, 'host' | 'tls'>): object | false {
  if (tls === null) return false
  const { ca, serverName = host, verify } = tls
  return {
    rejectUnauthorized: verify,
    ...(ca !== undefined && { ca }),
    checkServerIdentity: (_host: string, certificate: PeerCertificate) =>
      checkServerIdentity(serverName, certificate),
  }
}
