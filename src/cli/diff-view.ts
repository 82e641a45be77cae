// What changed between two revisions, as lines for people: what was added, removed and changed, by path. Decides how a
// change reads; on a terminal a line is cut to what fits. Texts from outside are made printable.

import { pathText } from '../protocol/value-path.ts'
import type { ChangeRow, DiffAnswer } from './answer.ts'
import { timeCell } from './listing.ts'
import { cut } from './table.ts'
import { printable, type Terminal } from './terminal.ts'

const LOOKS = {
  added: { sign: '+', format: 'green' },
  removed: { sign: '-', format: 'red' },
  changed: { sign: '~', format: 'yellow' },
} as const

export function diffTitle({ from, to }: DiffAnswer): string {
  const times = `${timeCell(from.committedAt)} → ${timeCell(to.committedAt)}`
  return `revision ${from.revision} → ${to.revision}, ${times}`
}

/** Empty: nothing changed. */
export function diffLines(
  { state, tags }: DiffAnswer,
  { style, width }: Pick<Terminal, 'style' | 'width'>,
): string[] {
  const line = (root: string) => (change: ChangeRow) => {
    const { format, sign } = LOOKS[change.kind]
    return style(format, cut(printable(`${sign} ${placeText(root, change)}: ${valuesText(change)}`), width))
  }
  return [...state.map(line('state')), ...tags.map(line('tags'))]
}

function placeText(root: string, { path }: ChangeRow): string {
  return pathText([root, ...path])
}

function valuesText({ after, before, kind }: ChangeRow): string {
  if (kind === 'added') return JSON.stringify(after)
  if (kind === 'removed') return JSON.stringify(before)
  return `${JSON.stringify(before)} → ${JSON.stringify(after)}`
}
