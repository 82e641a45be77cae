// The suite that every register passes, the one in memory included; what it checks is ports/register.ts in code. Registers
// node:test tests; decides none of them.

import { describe, test } from 'node:test'
import { REGISTER_CASES, type RegisterSubject } from './register-cases.ts'

/**
 * Registers the tests for one register.
 *
 * @param name what the tests are headed with.
 * @param open makes entries that are empty, and shared with nobody else; called once for each test.
 */
export function registerConformance(name: string, open: () => Promise<RegisterSubject>): void {
  void describe(`register in ${name}`, () => {
    for (const [title, check] of Object.entries(REGISTER_CASES)) {
      void test(title, async () => {
        const subject = await open()
        try {
          await check(subject)
        } finally {
          await subject.dispose()
        }
      })
    }
  })
}
