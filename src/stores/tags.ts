// Tags of an actor against the tags of a filter, the same for every store that does not leave it to its SQL.

import type { Tags } from '../ports/index.ts'

/** Whether `tags` has every entry of `asked`; nothing asked is always carried. */
export function carriesAll(tags: Tags, asked: Tags | undefined): boolean {
  if (asked === undefined) return true
  return Object.entries(asked).every(([key, value]) => Object.hasOwn(tags, key) && tags[key] === value)
}
