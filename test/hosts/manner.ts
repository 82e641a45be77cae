// The manners of SDKs: how their hosts send replies, how they say that an action failed, and what they leave out of an
// answer. All of it is seen in SDKs that are in use.

import type { Framing } from './host-server.ts'

export interface Manner {
  readonly framing: Framing
  /** What a failed action looks like from outside. */
  readonly failure: 'empty 400' | 'HTML 500' | 'reset'
  /** Whether tags that were not changed stand in the answer. */
  readonly echoesTags: boolean
  /** Whether a state that was not changed stands in the answer. */
  readonly echoesState: boolean
  /** The type URL of its JSON. */
  readonly jsonUrl: string
}

const JSON_URL = 'type.googleapis.com/spawn.JSONType'
const OLD_JSON_URL = 'type.googleapis.com/eigr.functions.protocol.JSONType'

export const MANNERS = {
  node: {
    framing: 'length',
    failure: 'empty 400',
    echoesTags: true,
    echoesState: true,
    jsonUrl: OLD_JSON_URL,
  },
  python: { framing: 'close', failure: 'HTML 500', echoesTags: false, echoesState: true, jsonUrl: JSON_URL },
  java: { framing: 'chunked', failure: 'reset', echoesTags: false, echoesState: false, jsonUrl: JSON_URL },
} as const satisfies Readonly<Record<string, Manner>>

export type MannerName = keyof typeof MANNERS

export function isMannerName(name: unknown): name is MannerName {
  return typeof name === 'string' && Object.hasOwn(MANNERS, name)
}
