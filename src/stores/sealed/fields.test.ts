// That the lists of fields are what is handed to the store behind, and that no field can be left out of them.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import type { ArchiveRow, Commit, Envelope, StandingEnvelope, StoredActor } from '../../ports/index.ts'
import { commitOf, envelopeOf, json, NOON_MS, SYSTEM } from '../../testing/statestore-fixture.ts'
import { Associated } from './associated.ts'
import {
  ACTOR_FIELDS,
  COMMIT_FIELDS,
  ENVELOPE_FIELDS,
  type Fields,
  OUTCOME_FIELDS,
  ROW_FIELDS,
  type SealedCommit,
  STANDING_FIELDS,
  type Treatment,
} from './fields.ts'
import { type Seal, Sealer } from './sealer.ts'

const SECRET = 'secret'

/** Says nothing of what it seals. */
const seal: Seal = (_associated, plain) => new Uint8Array(plain.length)

const ENVELOPE: Required<Envelope> = {
  ...envelopeOf('e', { dueAtMs: 7, header: SECRET, payload: json(SECRET), isNew: true }),
  headerParts: { words: [], texts: [SECRET] },
  isNew: true,
}
const STANDING: Required<StandingEnvelope> = { ...ENVELOPE, place: 3 }
const OUTCOME = { key: 'k', reply: json(SECRET), expiresAtMs: NOON_MS }
const COMMIT: Required<Commit> = {
  ...commitOf('a', 4, { state: json(SECRET), outcomes: [OUTCOME], sends: [ENVELOPE], takes: ['t'] }),
  tags: { of: 'it' },
  occasions: new Map([['t', 9]]),
  hasOwnKey: true,
}
const { birth, committedAtMs, epoch, id, revision, state, tags } = COMMIT
const ACTOR: Required<StoredActor> = { id, revision, birth, epoch, tags, state, committedAtMs }

/** That each field is as its list says, and that there is no other. */
function holds(whole: object, treated: object, fields: Readonly<Record<string, Treatment>>): void {
  const before = new Map(Object.entries(whole))
  const after = new Map(Object.entries(treated))
  const handed = Object.keys(fields).filter((name) => fields[name] !== 'withheld')
  assert.deepEqual([...after.keys()].toSorted(), handed.toSorted())
  for (const name of handed) {
    const treatment = fields[name] ?? ''
    if (treatment.startsWith('open to ')) assert.equal(after.get(name), before.get(name), name)
    if (treatment !== 'sealed') continue
    assert.notDeepEqual(after.get(name), before.get(name), name)
    const value: unknown = after.get(name)
    const bytes = typeof value === 'string' ? value : Buffer.from((value as { value: Uint8Array }).value)
    assert.ok(!bytes.includes(SECRET), name)
  }
}

test('what is handed to the store behind is what the lists say, field by field', () => {
  const sealer = new Sealer(new Associated())
  const commit = sealer.commit(seal, COMMIT)
  holds(COMMIT, commit, COMMIT_FIELDS)
  holds(OUTCOME, commit.outcomes[0] ?? {}, OUTCOME_FIELDS)
  holds(ENVELOPE, commit.sends[0] ?? {}, ENVELOPE_FIELDS)

  const rows: readonly ArchiveRow[] = [
    { kind: 'actor', actor: ACTOR },
    { kind: 'past', actor: ACTOR, replacedAtMs: 1, expiresAtMs: 2, counted: true },
    { kind: 'outcome', id, outcome: OUTCOME },
    { kind: 'envelope', system: SYSTEM, envelope: STANDING },
  ]
  for (const row of rows) {
    const sealed = sealer.row(seal, row)
    holds(row, sealed, ROW_FIELDS[row.kind])
    if ('actor' in sealed) holds(ACTOR, sealed.actor, ACTOR_FIELDS)
    if ('outcome' in sealed) holds(OUTCOME, sealed.outcome, OUTCOME_FIELDS)
    if ('envelope' in sealed) holds(STANDING, sealed.envelope, STANDING_FIELDS)
  }
})

test('a field that a caller adds is not handed on', () => {
  const sealer = new Sealer(new Associated())
  const more = { ...COMMIT, facts: [SECRET], sends: [{ ...ENVELOPE, facts: [SECRET] }] }
  const sealed = sealer.commit(seal, more)
  assert.ok(!('facts' in sealed) && !('facts' in (sealed.sends[0] ?? {})))
})

test('a new field does not compile before it is named, and one that is sealed takes nothing that is not', () => {
  interface Wider extends Commit {
    readonly facts?: readonly string[] | undefined
  }
  // @ts-expect-error nobody has said whether facts are sealed
  const unnamed: Fields<Wider> = COMMIT_FIELDS
  const named: Fields<Wider> = { ...COMMIT_FIELDS, facts: 'sealed' }
  assert.notEqual(unnamed, named)
  // @ts-expect-error not sealed
  const state: SealedCommit['state'] = json(SECRET)
  // @ts-expect-error not sealed
  const commit: SealedCommit = COMMIT
  assert.ok(state !== null && commit.state !== null)
})
