// The newcomer's promise, with real processes: what was acknowledged is there after `kill -9`, without any setting.

import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { test } from 'node:test'
import { createProject } from '../cli/project.ts'
import { serve, type Serving } from '../cli/server.ts'

const INCREMENTOR = fileURLToPath(new URL('../../examples/incrementor/main.ts', import.meta.url))

async function add({ url }: Serving): Promise<string> {
  const response = await fetch(`${url}/api/v1/system/my-system/actors/incrementor/actions/add`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"value":1}',
  })
  return response.text()
}

test('the count goes on where it stood after kill -9, again and again', async () => {
  using project = createProject()
  let expected = 0
  for (let life = 0; life < 3; life += 1) {
    await using server = await serve(['start', INCREMENTOR], { cwd: project.path })
    for (let call = 0; call < 3; call += 1) assert.equal(await add(server), `{"total":${(expected += 1)}}`)
    assert.deepEqual(await server.end('SIGKILL'), { code: null, signal: 'SIGKILL' })
  }
  assert.ok(existsSync(join(project.path, 'my-system.db')), 'the state is in the working directory')
})

test('and after a stop in order, which says what it does and ends with 0', async () => {
  using project = createProject()
  await using first = await serve(['start', INCREMENTOR], { cwd: project.path })
  assert.equal(await add(first), '{"total":1}')
  assert.deepEqual(await first.end('SIGTERM'), { code: 0, signal: null })
  assert.match(first.output().stdout, /stopping.*reason=SIGTERM\n.*stopped\n$/)
  await using second = await serve(['start', INCREMENTOR], { cwd: project.path })
  assert.equal(await add(second), '{"total":2}')
})
