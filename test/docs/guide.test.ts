// The code of docs/guide.md runs as it stands, and answers what its comments claim.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'

import { blocksOfPage, programsOf, ROOT, runPrograms } from './programs.ts'

const programs = programsOf('guide.md')

test('every program of docs/guide.md runs, and answers what it says', () => {
  assert.ok(programs.length >= 8, `${programs.length} programs`)
  const { claims, status, stderr, stdout } = runPrograms(programs)
  assert.ok(claims >= 20, `${claims} claims`)
  assert.equal(stderr, '')
  assert.equal(status, 0)
  assert.match(stdout, /^INVALID_ARGUMENT \[\s+\{\s+path: 'sku',\s+problem: '.+'\s+\}\s+\]\n$/)
})

test('the example of docs/guide.md is the one in the repository', () => {
  const example = blocksOfPage('guide.md').find(({ text }) => text.includes("from './incrementor_pb.ts'"))
  const file = readFileSync(join(ROOT, 'examples/incrementor-protobuf/main.ts'), 'utf8')
  assert.equal(file.slice(file.indexOf('import')), example?.text)
})
