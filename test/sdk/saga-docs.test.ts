// docs/sagas.md: its first program is the example of the repository, and its second one runs with it, in an application's
// project.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { test } from 'node:test'

import { createProject } from '../cli/project.ts'
import { blocksOf } from '../docs/blocks.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const page = readFileSync(join(ROOT, 'docs/sagas.md'), 'utf8')
const example = readFileSync(join(ROOT, 'examples/bank-transfer/main.ts'), 'utf8')

test('the programs of docs/sagas.md are the example, and one that runs with it', () => {
  const [main, use, ...others] = blocksOf(page).filter(({ language }) => language === 'ts')
  assert.equal(main?.text, example.slice(example.indexOf('import')))
  assert.deepEqual(others, [])
  using project = createProject({ 'main.ts': example, 'use.ts': use?.text ?? '' })
  const { status, stdout, stderr } = spawnSync(process.execPath, ['use.ts'], {
    cwd: project.path,
    encoding: 'utf8',
  })
  assert.deepEqual([status, stdout, stderr], [0, '', ''])
})
