// What a command loads: only what it needs, because most of its time is its start.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'

/** The heavy parts that a command has loaded at its end: those of npm by their names, and Node's own `fetch`. */
function heavyPartsOf(...words: readonly string[]): string[] {
  const program = `
    import { registerHooks } from 'node:module'
    const loaded = new Set()
    registerHooks({
      load(url, context, next) {
        const [, name] = /[/]node_modules[/]((?:@[^/]+[/])?[^/]+)/.exec(url) ?? []
        if (name !== undefined) loaded.add(name)
        return next(url, context)
      },
    })
    process.on('exit', () => {
      if (process.moduleLoadList.includes('NativeModule internal/deps/undici/undici')) loaded.add('fetch')
      console.log(JSON.stringify([...loaded].toSorted()))
    })
    process.argv.push('spawn', ...${JSON.stringify(words)})
    await import('./src/cli/main.ts')`
  const args = ['--input-type=module', '--disable-warning=ExperimentalWarning', '-e', program]
  const cwd = new URL('../..', import.meta.url)
  const { stdout } = spawnSync(process.execPath, args, { cwd, encoding: 'utf8' })
  return JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '') as string[]
}

test('help, and what only asks a server, load nothing heavy', () => {
  assert.deepEqual(heavyPartsOf('--help'), [])
  assert.deepEqual(heavyPartsOf('actors', 'list', '--url', '127.0.0.1:1'), [])
  assert.deepEqual(heavyPartsOf('invoke', 'a', 'b', '--url', '127.0.0.1:1'), [])
  assert.deepEqual(heavyPartsOf('cluster', 'drain', 'a', '--url', '127.0.0.1:1'), [])
})

test('what serves loads Protobuf and the calendar of schedules, and no second HTTP client', () => {
  assert.deepEqual(heavyPartsOf('start', 'no-such.ts'), ['@bufbuild/protobuf', 'croner'])
})
