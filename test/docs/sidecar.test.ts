// The first program of docs/sidecar.md is served by a proxy. Its host without a library runs
// in test/e2e/sidecar.test.ts.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'

import { createProject } from '../cli/project.ts'
import { serve } from '../cli/server.ts'
import { programsOf } from './programs.ts'

const programs = programsOf('sidecar.md')

test('the first is served: its call goes through the proxy and back, and is counted when it runs again', async () => {
  using project = createProject()
  await using proxy = await serve(['proxy', '--store', 'memory'], { cwd: project.path })
  const [program = ''] = programs
  const there = program.replace("'http://127.0.0.1:9001'", `'${proxy.url}', port: 0`)
  assert.notEqual(there, program)
  project.write('host.ts', `${there}\nawait shop.stop()\n`)
  for (const visits of [1, 2]) {
    const run = spawnSync(process.execPath, ['host.ts'], { cwd: project.path, encoding: 'utf8' })
    assert.equal(run.stderr, '')
    assert.equal(run.stdout, `{ visitor: 'ada', visits: ${visits} }\n`)
  }
})
