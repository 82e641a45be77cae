// What is served, for who has just started it: a line for each definition, with what it can do. Pure.

import type { ActorDefinition } from '../../sdk/index.ts'
import { tableLines } from '../table.ts'
import { printable } from '../terminal.ts'

/** More lines would push what comes after them off the screen. */
const MOST_LINES = 20

/** @param width columns there are; null: no limit. */
export function definitionLines(definitions: readonly ActorDefinition[], width: number | null): string[] {
  const rows = definitions.slice(0, MOST_LINES).map(({ actions, initAction, kind, name }) => {
    const names = [...actions.values()].filter((action) => action !== initAction).map((action) => action.name)
    return [`  ${printable(name)}`, kind, printable(names.join(', '))]
  })
  const more = definitions.length - rows.length
  return [...tableLines(rows, width), ...(more > 0 ? [`  … and ${more} more`] : [])]
}
