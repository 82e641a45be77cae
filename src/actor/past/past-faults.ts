// How it reads when a revision of the past cannot be had. Decides the words and the codes; when, past.ts and restore.ts do.

import { messageOf, SpawnError } from '../../base/index.ts'
import type { Definition, HistoryPolicy, RevisionQuery } from '../../ports/index.ts'
import { type ActorId, addressText } from '../../protocol/index.ts'

export function notStored(id: ActorId): SpawnError {
  return new SpawnError(
    'ACTOR_NOT_FOUND',
    `"${addressText(id)}" is not stored, so it has no past: it was never spawned or changed, or it was deleted with its past`,
  )
}

export function keepsNoState({ kind }: Definition, id: ActorId): SpawnError {
  const why =
    kind === 'pooled' ? 'is pooled: its workers keep nothing' : 'is not stateful: nothing of it is stored'
  return new SpawnError('INVALID_ARGUMENT', `"${addressText(id)}" ${why}, so it has no past`)
}

export function notKept(id: ActorId, query: RevisionQuery, policy: HistoryPolicy): SpawnError {
  const asked =
    'revision' in query ? `no revision ${query.revision}` : `nothing that stood at ${isoTime(query.atMs)}`
  const text = `"${addressText(id)}" has ${asked}: it never had, or it is no longer kept; ${policyText(policy)}`
  return new SpawnError('INVALID_ARGUMENT', text, { details: { ...query } })
}

export function nothingBefore(id: ActorId, revision: number, policy: HistoryPolicy): SpawnError {
  const text = `of "${addressText(id)}" nothing before revision ${revision} is kept; ${policyText(policy)}`
  return new SpawnError('INVALID_ARGUMENT', text, { details: { before: revision } })
}

export function unreadableRevision(id: ActorId, revision: number, cause: unknown): SpawnError {
  const text = `revision ${revision} of "${addressText(id)}" cannot be read: ${messageOf(cause)}`
  return new SpawnError('STATE_UNREADABLE', text, { cause, details: { revision } })
}

function policyText({ durationMs, revisions }: HistoryPolicy): string {
  const rules: string[] = []
  if (revisions > 0) rules.push(`the last ${revisions} before the one that stands`)
  if (durationMs > 0) rules.push(`each for ${durationMs} ms after it was replaced`)
  return `its history keeps ${rules.length === 0 ? 'none' : rules.join(' and ')}`
}

function isoTime(epochMs: number): string {
  return new Date(epochMs).toISOString()
}
