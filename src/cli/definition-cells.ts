// A definition as cells of a table: what it can do, and which of its settings are not the usual ones. Pure.

import { spanText } from '../base/index.ts'
import type { ActionRow, DefinitionRow } from './definition-answer.ts'
import { printable } from './terminal.ts'

/** Stands where nothing is to be said. */
const NOTHING = '-'

export function versionCell({ version }: DefinitionRow): string {
  return version === null || version === undefined ? NOTHING : String(version)
}

/** What the server does not host itself, it knows no actions of. */
export function actionsCell({ actions, initAction }: DefinitionRow): string {
  if (actions === undefined) return '?'
  const texts = actions.filter(({ name }) => name !== initAction).map(actionText)
  return printable(texts.join(', ')) || NOTHING
}

function actionText({ name, query, timeoutMs, timerMs }: ActionRow): string {
  const notes = [
    query ? 'query' : '',
    timerMs === null ? '' : `every ${spanText(timerMs)}`,
    timeoutMs === null ? '' : `within ${spanText(timeoutMs)}`,
  ].filter(Boolean)
  return notes.length === 0 ? name : `${name} (${notes.join(', ')})`
}

export function channelsCell({ channels }: DefinitionRow): string {
  const texts = channels.map(({ action, channel }) => `${channel} → ${action}`)
  return printable(texts.join(', ')) || NOTHING
}

export function settingsCell(row: DefinitionRow): string {
  const { durability, erasable, facts, history, placement, pool, reentrancy, stateful } = row
  const usual = pool ? 'local' : 'hash'
  const texts = [
    stateful === false && !pool ? 'not stored' : '',
    durability === 'snapshot' ? 'snapshot' : '',
    history === undefined ? '' : historyText(history),
    facts ? factsText(facts) : '',
    erasable === true ? 'erasable' : '',
    reentrancy === undefined || reentrancy === 'none' ? '' : `reentrant`,
    pool ? `${pool.min} to ${pool.max} workers` : '',
    placement === undefined || placement.by === usual ? '' : `placed by ${placement.by}`,
  ]
  return printable(texts.filter(Boolean).join(', ')) || NOTHING
}

function factsText({ durationMs }: NonNullable<DefinitionRow['facts']>): string {
  return durationMs === null ? 'facts' : `facts for ${spanText(durationMs)}`
}

function historyText({ durationMs, revisions }: NonNullable<DefinitionRow['history']>): string {
  if (revisions === 0 && durationMs === 0) return ''
  const parts = [revisions > 0 ? String(revisions) : '', durationMs > 0 ? spanText(durationMs) : '']
  return `history ${parts.filter(Boolean).join(' or ')}`
}
