// The code of docs/testing.md runs as it stands, in an application's project.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { createProject } from '../cli/project.ts'
import { blocksOf } from './blocks.ts'

const page = readFileSync(new URL('../../docs/testing.md', import.meta.url), 'utf8')

test('every block of docs/testing.md passes', () => {
  const blocks = blocksOf(page).filter(({ language }) => language === 'ts')
  assert.ok(blocks.length >= 5, `${blocks.length} blocks`)
  const names = blocks.map((_, index) => `block-${index + 1}.test.ts`)
  using project = createProject(Object.fromEntries(names.map((name, at) => [name, blocks[at]?.text ?? ''])))
  const args = ['--test', '--test-isolation=none', '--test-reporter=tap', ...names]
  // The runner tells a test that it is a child by a variable, and a child reports in another form.
  const env = { ...process.env, NODE_TEST_CONTEXT: undefined }
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: project.path,
    encoding: 'utf8',
    env,
  })
  assert.equal(status, 0, `${stdout}\n${stderr}`)
  const passed = Number(/^# pass (\d+)$/m.exec(stdout)?.[1])
  assert.ok(passed >= (page.match(/^test\(/gm)?.length ?? 0), stdout)
})
