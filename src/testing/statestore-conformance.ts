// The suite that every statestore passes, the memory store included; what it checks is ports/statestore.ts in code. It
// ships with the package, for those who write a store of their own. Registers node:test tests; decides none of them.

import { describe, test } from 'node:test'
import { archiveCases, archiveReplaceCases } from './statestore-archive-cases.ts'
import { commitCases } from './statestore-commit-cases.ts'
import { deleteCases } from './statestore-delete-cases.ts'
import { dueCases } from './statestore-due-cases.ts'
import { durableCases, lifeCases } from './statestore-durable-cases.ts'
import { expiredFactCases, factCases } from './statestore-fact-cases.ts'
import type { StatestoreCases, StatestoreSubject } from './statestore-fixture.ts'
import { listCases } from './statestore-list-cases.ts'
import { outboxCases } from './statestore-outbox-cases.ts'
import { historyCases, outcomeCases } from './statestore-past-cases.ts'
import { schemaCases } from './statestore-schema-cases.ts'

const SECTIONS = {
  commits: commitCases,
  deletes: deleteCases,
  history: historyCases,
  outcomes: outcomeCases,
  listings: listCases,
  outbox: outboxCases,
  readings: dueCases,
  facts: factCases,
  'dropping of facts': expiredFactCases,
  archive: archiveCases,
  'replacing in the archive': archiveReplaceCases,
  schema: schemaCases,
  life: lifeCases,
  durability: durableCases,
} as const satisfies Readonly<Record<string, StatestoreCases>>

export type StatestoreSection = keyof typeof SECTIONS

/**
 * Registers the tests for one statestore. Those on durability run when the store `supports` it, those on the
 * archive when it has one.
 *
 * @param name what the tests are headed with.
 * @param open makes a store that is started, empty, and shared with nobody; called once for each test.
 * @param sections what is asked of it. Default: everything.
 */
export function statestoreConformance(
  name: string,
  open: () => Promise<StatestoreSubject>,
  sections: readonly StatestoreSection[] = Object.keys(SECTIONS).filter(isSection),
): void {
  for (const section of sections) {
    const cases: StatestoreCases = SECTIONS[section]
    void describe(`${name}: ${section}`, () => {
      for (const [title, check] of Object.entries(cases)) {
        void test(title, async (context) => {
          const subject = await open()
          try {
            if (section === 'durability' && !subject.store.supports.durable) {
              context.diagnostic('the store does not claim to be durable')
              return
            }
            if (section.includes('archive') && subject.store.archive === undefined) {
              context.diagnostic('the store has no archive')
              return
            }
            await check(subject.store, subject)
          } finally {
            await subject.dispose()
          }
        })
      }
    })
  }
}

function isSection(name: string): name is StatestoreSection {
  return Object.hasOwn(SECTIONS, name)
}
