import assert from 'node:assert/strict'
import { mkdtempSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { systemClock } from '../../base/index.ts'
import { until } from '../../testing/until.ts'
import { FileWatch } from './file-watch.ts'
import { stampOf } from './stamp.ts'

interface Scene {
  readonly file: (name: string) => string
  readonly watch: FileWatch
  /** The names of what was told, one text per time. */
  readonly told: string[]
  readonly blind: string[]
}

function scene(t: TestContext): Scene {
  const folder = mkdtempSync(join(tmpdir(), 'file-watch-'))
  const told: string[] = []
  const blind: string[] = []
  const watch = new FileWatch({
    clock: systemClock,
    onChange: (files) =>
      told.push(
        files
          .map((file) => basename(file))
          .toSorted()
          .join(' '),
      ),
    onBlind: (path) => blind.push(path),
  })
  t.after(() => {
    watch.close()
    rmSync(folder, { recursive: true, force: true })
  })
  return { file: (name) => join(folder, name), watch, told, blind }
}

test('a write, a replacement, a removal and a return are each told once', async (t) => {
  const { file, watch, told } = scene(t)
  writeFileSync(file('a.ts'), '1')
  watch.add(file('a.ts'))
  const steps: (() => void)[] = [
    () => writeFileSync(file('a.ts'), '22'),
    () => {
      writeFileSync(file('a.ts~'), '333')
      renameSync(file('a.ts~'), file('a.ts'))
    },
    () => rmSync(file('a.ts')),
    () => writeFileSync(file('a.ts'), '4444'),
  ]
  for (const [at, step] of steps.entries()) {
    step()
    await until(`change ${at + 1} to be told`, () => told.length > at)
  }
  assert.deepEqual(told, ['a.ts', 'a.ts', 'a.ts', 'a.ts'])
})

test('what is saved together is told together, and nothing else is told', async (t) => {
  const { file, watch, told } = scene(t)
  for (const name of ['a.ts', 'b.ts', 'other.ts']) writeFileSync(file(name), '1')
  watch.add(file('a.ts'))
  watch.add(file('b.ts'))
  writeFileSync(file('other.ts'), '2')
  writeFileSync(file('a.ts'), '2')
  writeFileSync(file('b.ts'), '2')
  await until('the change to be told', () => told.length > 0)
  assert.deepEqual(told, ['a.ts b.ts'])
})

test('a file that changed between being read and being watched has changed', async (t) => {
  const { file, watch, told } = scene(t)
  writeFileSync(file('a.ts'), '1')
  const stamp = stampOf(file('a.ts'))
  utimesSync(file('a.ts'), 1, 1)
  watch.add(file('a.ts'), stamp)
  await until('the change to be told', () => told.length > 0)
})

test('a file that is missing is told when it comes', async (t) => {
  const { file, watch, told } = scene(t)
  watch.add(file('later.ts'), 'absent')
  writeFileSync(file('later.ts'), '1')
  await until('the file to be told', () => told.includes('later.ts'))
})

test('a folder that cannot be watched is said once', (t) => {
  const { file, watch, blind } = scene(t)
  watch.add(file('no-such-folder/a.ts'))
  watch.add(file('no-such-folder/b.ts'))
  assert.deepEqual(blind, [file('no-such-folder')])
})
