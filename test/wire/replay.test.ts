// What the Elixir proxy did, our proxy does, apart from the differences that are known and wanted; and docs/protocol.md
// tells the same of them as the table does.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'

import { ROOT } from '../docs/programs.ts'
import { startProxy } from '../proxy/start-proxy.ts'
import { KNOWN_DIFFERENCES } from './differences.ts'
import { RECORDINGS } from './recording.ts'
import { type Difference, replay } from './replay.ts'

const found: Difference[] = []

describe('the recorded exchanges', () => {
  for (const recording of RECORDINGS) {
    test(`${recording.scenario}: ${recording.description}`, async () => {
      const differences = await replay(recording, ({ clock, hostPort }) => startProxy({ clock, hostPort }))
      found.push(...differences)
      assert.deepEqual(
        differences.filter((difference) => coveredBy(difference).length === 0),
        [],
        'differences that nobody knows of',
      )
    })
  }

  test('every difference that is known of is there', () => {
    for (const known of KNOWN_DIFFERENCES) {
      const covered = found.filter((difference) => coveredBy(difference).includes(known))
      assert.deepEqual(
        new Set(covered.map(({ scenario }) => scenario)),
        new Set(known.scenarios),
        `${known.theirs}; here: ${known.ours}`,
      )
    }
  })
})

function coveredBy(difference: Difference) {
  return KNOWN_DIFFERENCES.filter(
    ({ covers, scenarios }) => scenarios.includes(difference.scenario) && covers(difference),
  )
}

test('docs/protocol.md has the table of the differences', () => {
  const page = readFileSync(join(ROOT, 'docs/protocol.md'), 'utf8')
  const [, section = ''] = page.split('## Known differences')
  const rows = [...section.matchAll(/^\| ([^|]+) \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$/gm)]
    .slice(1)
    .map(([, ...cells]) => cells)
  assert.deepEqual(
    rows,
    KNOWN_DIFFERENCES.map(({ ours, scenarios, theirs, why }) => [scenarios.join(', '), theirs, ours, why]),
  )
})
