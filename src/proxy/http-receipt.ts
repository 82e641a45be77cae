// What a call rests on, as response headers, and the reply to a call that is for later. Receipts are for those that ask:
// three more headers on every reply took three percent of the listener's throughput.

import type { Receipt } from '../ports/index.ts'
import { type ActorId, schedulePath } from '../protocol/index.ts'
import { jsonReply, type Reply } from './http-reply.ts'

/** `Spawn-Actor`, `Spawn-Revision` and `Spawn-Durability`: names and values in turn. */
export function receiptHeaders({ actor, revision, durability }: Receipt): string[] {
  return [
    'Spawn-Actor',
    addressHeader(actor),
    'Spawn-Revision',
    String(revision),
    'Spawn-Durability',
    durability,
  ]
}

/** The reply to a call that was put off. */
export function scheduledReply(system: string, schedule: string): Reply {
  return jsonReply({ schedule }, 202, ['Location', schedulePath(system, schedule)])
}

/** `name` or `parent/name`, each percent-encoded: the only bare slash is the one between them. */
function addressHeader({ parent, name }: ActorId): string {
  const own = encodeURIComponent(name)
  return parent === '' ? own : `${encodeURIComponent(parent)}/${own}`
}
