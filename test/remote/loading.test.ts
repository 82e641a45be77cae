// Who pays for the HTTP client of remote hosts: those who have some.

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { test } from 'node:test'

/** Whether a program that runs this has loaded undici at its end. */
function loadsUndici(program: string): boolean {
  const ask = `
    const { createRequire } = await import('node:module')
    const loaded = Object.keys(createRequire(import.meta.url).cache)
    console.log(loaded.some((path) => /[/\\\\]undici[/\\\\]/.test(path)))`
  const output = execFileSync(process.execPath, ['--input-type=module', '-e', program + ask], {
    cwd: new URL('../..', import.meta.url),
    encoding: 'utf8',
  })
  return output.trim() === 'true'
}

test('a program that embeds its actors does not load it', () => {
  const program = `
    const { actor, system } = await import('./src/sdk/index.ts')
    const hello = actor('hello', { actions: { hi: () => 'hi' } })
    const running = await system('s', { actors: [hello], store: 'memory', http: { port: 0 } }).start()
    await running.ref(hello).hi()
    await running.stop()`
  assert.equal(loadsUndici(program), false)
})

test('a program with remote hosts does', () => {
  assert.equal(loadsUndici(`await import('./src/hosts/remote/index.ts')`), true)
})
