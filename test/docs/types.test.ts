// The programs of all pages type-check as they stand, in an application's project. What they do is the pages' own tests' to say.

import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'

import { programsOf, ROOT, typeCheck } from './programs.ts'

test('every program of every page type-checks', () => {
  const pages = readdirSync(join(ROOT, 'docs')).filter((name) => name.endsWith('.md'))
  const programs = pages.flatMap((page) => programsOf(page))
  assert.ok(programs.length >= 40, `${programs.length} programs`)
  assert.equal(typeCheck(pages), '')
})
