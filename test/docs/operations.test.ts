// What docs/operations.md and docs/workflows.md say of the log and the limits is what the source says.

import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'

import { LIMITS } from '../../src/base/index.ts'
import { ROOT } from './programs.ts'

const page = (name: string): string => readFileSync(join(ROOT, 'docs', name), 'utf8')
const sources = globSync('src/**/*.ts', { cwd: ROOT }).map((file) => readFileSync(join(ROOT, file), 'utf8'))

test('every line of the log that docs/operations.md names is written, at that level', () => {
  const rows = [...page('operations.md').matchAll(/^\| (`an? .+`|`the .+`) \| (error|warn) \|/gm)]
  assert.ok(rows.length >= 6, `${rows.length} rows`)
  for (const [, lines = '', level = ''] of rows) {
    for (const [, line = ''] of lines.matchAll(/`([^`]+)`/g)) {
      const call = new RegExp(String.raw`\.${level}\(\s*'${line}'`)
      assert.ok(
        sources.some((source) => call.test(source)),
        `${level} '${line}'`,
      )
    }
  }
})

/** As the pages write them. */
function written(name: keyof typeof LIMITS): string {
  const value = LIMITS[name]
  if (name.endsWith('Bytes')) return value >= 2 ** 30 ? `${value / 2 ** 30} GiB` : `${value / 2 ** 20} MiB`
  if (!name.endsWith('Ms')) return value.toLocaleString('en')
  if (value === 86_400_000) return 'one day'
  return value < 1_000 ? `${value} ms` : `${value / 1_000} s`
}

for (const name of ['operations.md', 'workflows.md']) {
  test(`the limits of docs/${name} have the defaults that it says`, () => {
    const rows = [...page(name).matchAll(/^\| (`[a-z][a-zA-Z]+`[^|]*) \| ([^|]+) \| [^|]*\|$/gm)]
    const named = rows.flatMap(([, first = '', defaults = '']) =>
      [...first.matchAll(/`(\w+)`/g)].map(([, limit = '']) => ({ limit, defaults })),
    )
    const limits = named.filter(({ limit }) => Object.hasOwn(LIMITS, limit))
    assert.ok(limits.length >= 7, `${limits.length} limits`)
    for (const { limit, defaults } of limits) {
      assert.ok(
        // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- it was just looked for
        defaults.includes(written(limit as keyof typeof LIMITS)),
        `${limit} is ${written(limit as keyof typeof LIMITS)}, not ${defaults}`,
      )
    }
  })
}
