// ARCHITECTURE.md names every file of src/actor, and no other.

import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'

import { ROOT } from './programs.ts'

test('the table of src/actor in ARCHITECTURE.md has every file, and no other', () => {
  const text = readFileSync(join(ROOT, 'ARCHITECTURE.md'), 'utf8')
  const section = text.slice(text.indexOf('## Inside `actor/`'), text.indexOf('## Tests'))
  const named = [...section.matchAll(/`([a-z-]+\.ts)`/g)].map(([, file]) => file)
  const files = readdirSync(join(ROOT, 'src/actor')).filter(
    (file) => file !== 'index.ts' && !file.endsWith('.test.ts'),
  )
  assert.equal(named.length, files.length, 'each once')
  assert.deepEqual(new Set(named), new Set(files))
})
