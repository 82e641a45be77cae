// A process does not end while it waits for the last actor of a pipe, also when nothing else keeps it alive.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

test('a program that only waits for the end of a pipe gets it', () => {
  const program = fileURLToPath(new URL('pending-hop.ts', import.meta.url))
  const words = ['--disable-warning=ExperimentalWarning', program]
  const { status, stderr, stdout } = spawnSync(process.execPath, words, { encoding: 'utf8' })
  assert.equal(stderr, '')
  assert.equal(stdout, 'all were answered\n')
  assert.equal(status, 0)
})
