// The programs of the pages on what a turn can cause: each runs as it stands, and answers what it claims.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import { programsOf, runPrograms } from './programs.ts'

interface Page {
  readonly page: string
  /** At least. */
  readonly programs: number
  readonly claims: number
  /** What they print, and what they make the runtime log. */
  readonly prints: RegExp
  readonly logs: RegExp
}

const PAGES: readonly Page[] = [
  { page: 'encryption.md', programs: 3, claims: 0, prints: /^ann 1\n$/, logs: /^$/ },
  {
    page: 'workflows.md',
    programs: 6,
    claims: 12,
    prints:
      /^till → bank book 120 "bank" action "book" failed: the bank is closed\nhop 2 of cart\/c-1\.total → tax\.add: "tax" action "add" failed: no negative amounts\n$/,
    logs: /^\S+ error an envelope became a dead letter .*\n$/,
  },
  {
    page: 'schedules.md',
    programs: 4,
    claims: 6,
    prints: /^report send 0 18 \* \* 1-5 Europe\/Berlin\n$/,
    logs: /^$/,
  },
  {
    page: 'exactly-once.md',
    programs: 3,
    claims: 7,
    prints: /^thanks ada 2 turn\n$/,
    logs: /^$/,
  },
  {
    page: 'time-travel.md',
    programs: 3,
    claims: 8,
    prints: /^restored, as revision 4\n$/,
    logs: /^$/,
  },
  {
    page: 'facts.md',
    programs: 2,
    claims: 6,
    prints: /^$/,
    logs: /^$/,
  },
  {
    page: 'concurrency.md',
    programs: 3,
    claims: 4,
    prints:
      /^"stock" action "lend" is a query and changes nothing, but it set a state: .* no query\n8 images, 4 at a time\n$/,
    logs: /^$/,
  },
  {
    page: 'upgrades.md',
    programs: 2,
    claims: 3,
    prints: /^$/,
    logs: /^$/,
  },
]

for (const { claims, logs, page, prints, programs: atLeast } of PAGES) {
  describe(`docs/${page}`, () => {
    const programs = programsOf(page)

    test('every program runs, and answers what it says', () => {
      assert.ok(programs.length >= atLeast, `${programs.length} programs`)
      const outcome = runPrograms(programs)
      assert.ok(outcome.claims >= claims, `${outcome.claims} claims`)
      assert.match(outcome.stderr, logs)
      assert.equal(outcome.status, 0)
      assert.match(outcome.stdout, prints)
    })
  })
}
