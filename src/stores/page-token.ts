// The `next` of a page of actors, as every store writes and reads it: the (parent, name) of the last row.

import { fieldsOf, tokenOf, unknownToken } from './token.ts'

/** Where a listing goes on: behind this actor of the filter's system. */
export interface PagePosition {
  readonly parent: string
  readonly name: string
}

export function pageToken({ parent, name }: PagePosition): string {
  return tokenOf([parent, name])
}

/** @throws SpawnError INVALID_ARGUMENT for anything that no page ever answered. */
export function pagePosition(token: string): PagePosition {
  const [parent, name, ...more] = fieldsOf(token) ?? []
  if (typeof parent !== 'string' || typeof name !== 'string' || more.length > 0)
    throw unknownToken('actors', 'page')
  return { parent, name }
}
