// A member's own entry in the register: its lease. Decides how it is written, and what it says to those who watch: that its
// member was there when it was renewed, and which view it has settled. One that is sealed is nobody's any more: whoever
// renews it finds that something else stands.

import { SpawnError } from '../base/index.ts'
import { EntryFields } from './entry-fields.ts'

const PREFIX = 'member.'
const FORMAT = 1

/** What a register takes as a part of a key, whichever it is. */
const ID = /^[A-Za-z0-9_-]{1,64}$/

export interface MemberEntry {
  readonly id: string
  readonly session: string
  /** Grows by every renewal. */
  readonly beat: number
  /** The epoch up to which it has let go of what is not its own. */
  readonly acked: number
  /** Its lease has been ended by another member. */
  readonly sealed: boolean
}

/** @throws SpawnError INVALID_ARGUMENT */
export function checkMemberId(text: string): void {
  if (ID.test(text)) return
  throw new SpawnError(
    'INVALID_ARGUMENT',
    `a member's id must be 1 to 64 letters, digits, "-" or "_"; "${text}" is not`,
  )
}

export function memberKey(id: string): string {
  return `${PREFIX}${id}`
}

/** The member whose entry has this key; null: it is another kind of entry. */
export function memberIdOf(key: string): string | null {
  return key.startsWith(PREFIX) ? key.slice(PREFIX.length) : null
}

export function writeMember(entry: MemberEntry): string {
  return JSON.stringify({ format: FORMAT, ...entry })
}

/** @throws SpawnError MEMBER_UNAVAILABLE that says what cannot be read. */
export function readMember(key: string, text: string): MemberEntry {
  const fields = EntryFields.of(key, text)
  if (fields.whole('format', 1) !== FORMAT) throw fields.fault('format', `is not ${FORMAT}`)
  return {
    id: fields.text('id'),
    session: fields.text('session'),
    beat: fields.whole('beat', 0),
    acked: fields.whole('acked', 0),
    sealed: fields.flag('sealed'),
  }
}
