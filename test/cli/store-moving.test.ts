// `spawn store export`, `import` and `restore`, by the real command: killed at any moment it goes on, and what it is not
// told to do it does not.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { SqliteStore } from '../../src/stores/sqlite/index.ts'
import type { Statestore } from '../../src/ports/index.ts'
import { plainRows, readAll } from '../../src/testing/statestore-archive-fixture.ts'
import { commitOf, NOON_MS } from '../../src/testing/statestore-fixture.ts'
import { until } from '../../src/testing/index.ts'
import { manyRows } from '../archive/fixture.ts'
import { cli } from './cli.ts'
import { cliProcess, startCli } from './process.ts'
import { sit } from './fake-terminal.ts'
import { createProject } from './project.ts'
import { PATIENCE } from './server.ts'

async function withFile<T>(file: string, work: (store: Statestore) => Promise<T>): Promise<T> {
  const store = new SqliteStore({ file })
  await store.start()
  try {
    return await work(store)
  } finally {
    await store.stop()
  }
}

/** A project with a store file that has rows of every kind, in several parts. */
async function moved(file = 'from.db', copies = 1) {
  const project = createProject()
  const rows = await readAll(await manyRows())
  await withFile(join(project.path, file), async (store) => {
    for (let at = 0; at < rows.length; at += 1_000) await store.archive?.write(rows.slice(at, at + 1_000))
    for (let copy = 1; copy < copies; copy += 1) {
      const names = Array.from({ length: 500 }, (_none, at) => `copy ${copy} ${at}`)
      await store.commit(names.map((name) => commitOf(name, 0)))
    }
  })
  return project
}

const rowsIn = (file: string): Promise<string[]> =>
  withFile(file, async (store) => plainRows(await readAll(store)))

/** Runs `spawn store …` in this process, with the names of files and stores in a folder. */
function within(path: string) {
  const placed = (word: string): string => {
    if (word.startsWith('sqlite:')) return `sqlite:${join(path, word.slice('sqlite:'.length))}`
    return word.endsWith('json') && !word.startsWith('--') ? join(path, word) : word
  }
  return async (...words: string[]) => {
    const { code, noted, printed, progress } = await sit(['store', ...words.map(placed)], { url: '' })
    return { code, stderr: noted.join('\n'), stdout: printed.join('\n'), progress }
  }
}

describe('spawn store, moving', { concurrency: 2 }, () => {
  test('a store is exported and imported, told for people and for programs', async () => {
    using project = await moved()
    const run = within(project.path)
    const exported = await run('export', 'backup.ndjson', '--store', 'sqlite:from.db')
    assert.equal(exported.code, 0, exported.stderr)
    assert.match(
      exported.stderr,
      /^exported 1,5\d\d actors, 1,2\d\d past revisions, 154 outcomes, 5 messages, 5 facts into .*backup\.ndjson$/,
    )
    assert.equal(exported.stdout, '')
    assert.match(
      exported.progress.join(),
      /^exporting [\d,]+ of 2,\d{3} \(\d+ %, about \d+ s left\): [\d,]+ actors, .*/,
    )
    const checked = await run('import', 'backup.ndjson', '--store', 'sqlite:to.db', '--dry-run')
    assert.equal(checked.code, 0, checked.stderr)
    assert.match(checked.stderr, /backup\.ndjson is whole: .* nothing was written$/)
    assert.equal(existsSync(join(project.path, 'to.db')), false)
    const imported = await run('import', 'backup.ndjson', '--store', 'sqlite:to.db', '--json')
    assert.equal(imported.code, 0, imported.stderr)
    const { rows, ...told } = JSON.parse(imported.stdout)
    assert.deepEqual(told, {
      file: join(project.path, 'backup.ndjson'),
      written: true,
      leftOut: 0,
      resumedBehind: 0,
      changes: [],
    })
    assert.deepEqual(await rowsIn(join(project.path, 'to.db')), await rowsIn(join(project.path, 'from.db')))
    const again = await run('import', 'backup.ndjson', '--store', 'sqlite:to.db')
    assert.equal(again.code, 1)
    assert.match(again.stderr, /^error: sqlite:.*to\.db holds something already: .*--merge/)
    const merged = await run('import', 'backup.ndjson', '--store', 'sqlite:to.db', '--merge')
    assert.equal(merged.code, 0, merged.stderr)
    assert.deepEqual(await rowsIn(join(project.path, 'to.db')), await rowsIn(join(project.path, 'from.db')))
    assert.deepEqual([rows.outcome, rows.envelope, rows.fact], [154, 5, 5])
  })

  test('a pipe carries it from one store to another', async () => {
    using project = await moved()
    const options = { cwd: project.path }
    const { stderr, stdout } = await cliProcess(
      ['store', 'export', '-', '--store', 'sqlite:from.db'],
      options,
    )
    assert.match(stderr, /^exported 1,5\d\d actors/)
    const imported = await cliProcess(['store', 'import', '-', '--store', 'sqlite:to.db'], {
      ...options,
      input: stdout,
    })
    assert.equal(imported.code, 0, imported.stderr)
    assert.deepEqual(await rowsIn(join(project.path, 'to.db')), await rowsIn(join(project.path, 'from.db')))
  })

  test('killed at any moment, an export and an import go on and lose nothing', async () => {
    using project = await moved('from.db', 12)
    const { path } = project
    const part = join(path, 'backup.ndjson.part')
    const size = (): number => (existsSync(part) ? statSync(part).size : 0)
    let kills = 0
    const runKilled = async (words: string[], isAt: () => boolean): Promise<number | null> => {
      const child = startCli(['store', ...words], { cwd: path })
      child.stdin.end()
      child.stdout.resume()
      let stderr = ''
      child.stderr.on('data', (chunk) => (stderr += String(chunk)))
      const exit = once(child, 'exit')
      const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
      let isOver = false
      void ended.then(() => (isOver = true))
      await until('the moment of the kill', () => isOver || isAt(), PATIENCE)
      if (!isOver) kills += 1
      child.kill('SIGKILL')
      await exit
      const code = child.exitCode
      // It may have been killed when all was done, and before it could say so.
      const wasDone = /holds something already|is there already/.test(stderr)
      assert.ok(code === null || code === 0 || wasDone, stderr)
      return wasDone ? 0 : code
    }
    const store = ['--store', 'sqlite:from.db', '--resume']
    for (let reached = 0; ; reached = size()) {
      const code = await runKilled(['export', 'backup.ndjson', ...store], () => size() > reached + 900_000)
      if (code === 0) break
    }
    const wal = join(path, 'to.db-wal')
    const written = (): number => (existsSync(wal) ? statSync(wal).size : 0)
    for (let times = 0; ; times += 1) {
      const from = written()
      const isAt = times < 3 ? () => written() !== from : () => false
      const code = await runKilled(['import', 'backup.ndjson', '--store', 'sqlite:to.db'], isAt)
      if (code === 0) break
    }
    assert.ok(kills >= 3, `${kills} kills`)
    assert.deepEqual(await rowsIn(join(path, 'to.db')), await rowsIn(join(path, 'from.db')))
  })

  test('what is wrong is said with where, and a code', async () => {
    using project = await moved()
    const run = within(project.path)
    await run('export', 'backup.ndjson', '--store', 'sqlite:from.db')
    const text = readFileSync(join(project.path, 'backup.ndjson'), 'utf8')
    writeFileSync(join(project.path, 'damaged.ndjson'), text.replace('"revision":1,', '"revision":2,'))
    writeFileSync(join(project.path, 'cut.ndjson'), text.slice(0, 400_000))
    const cases: readonly [words: string[], code: number, stderr: RegExp][] = [
      [
        ['export', 'backup.ndjson', '--store', 'sqlite:from.db'],
        1,
        /backup\.ndjson is there already: .*--overwrite/,
      ],
      [['export', 'x.ndjson', '--store', 'sqlite:none.db'], 1, /there is nothing at sqlite:.*none\.db/],
      [['export', '-', '--resume', '--store', 'sqlite:from.db'], 2, /go with a file/],
      [['export', 'no/x.ndjson', '--store', 'sqlite:from.db'], 1, /no\/x\.ndjson\.part cannot be written/],
      [
        ['import', 'damaged.ndjson', '--store', 'sqlite:a.db'],
        1,
        /damaged\.ndjson, line \d+, in part 1: the checksum/,
      ],
      [
        ['import', 'cut.ndjson', '--store', 'sqlite:b.db'],
        1,
        /cut\.ndjson ends at line \d+, without its trailer/,
      ],
      [['import', 'package.json', '--store', 'sqlite:c.db'], 1, /package\.json is no archive/],
      [['import', 'none.ndjson', '--store', 'sqlite:c.db'], 1, /none\.ndjson cannot be read/],
      [['import', 'backup.ndjson', '--store', 'memory'], 2, /memory is gone with its process/],
      [['import', 'backup.ndjson'], 2, /no store is named/],
      [['restore', '--from', 'sqlite:from.db', '--to', 'sqlite:d.db'], 2, /--at is missing/],
      [['restore', '--at', '1h', '--from', 'sqlite:from.db'], 2, /--to is missing/],
      [
        ['restore', '--at', '9000-01-01T00:00:00Z', '--from', 'sqlite:from.db', '--to', 'sqlite:d.db'],
        2,
        /in the future/,
      ],
      [['restore', '--at', '1h', '--from', 'sqlite:from.db', '--to', 'sqlite:from.db'], 2, /the same store/],
    ]
    for (const [words, code, expected] of cases) {
      const { code: given, stderr } = await run(...words)
      assert.match(stderr, expected)
      assert.equal(given, code, stderr)
    }
    assert.equal(existsSync(join(project.path, 'x.ndjson.part')), false)
    assert.deepEqual(await rowsIn(join(project.path, 'a.db')), [], 'nothing of a damaged part')
  })

  test('a store is restored as it stood, and what is not reached is listed', async () => {
    using project = await moved()
    const at = new Date(NOON_MS + 3).toISOString()
    const restore = ['store', 'restore', '--at', at, '--from', 'sqlite:from.db', '--to', 'sqlite:then.db']
    const { code, stderr, stdout } = await cli(restore, { cwd: project.path })
    assert.equal(code, 0, stderr)
    assert.match(stdout, /^conformance keys: its history begins with revision 151, of 20\d\d-.*Z$/m)
    assert.match(stderr, /^restored 1,5\d\d actors as of .*, 4 of them at an earlier revision$/m)
    assert.match(stderr, /^warning: \d actors? could not be restored/m)
    await withFile(join(project.path, 'then.db'), async (store) => {
      const [long] = await store.load([commitOf('long', 0).id])
      assert.equal(long?.revision, 3)
    })
    const json = await cli([...restore.slice(0, -1), 'sqlite:then2.db', '--json'], { cwd: project.path })
    const lines = json.stdout.trimEnd().split('\n')
    const told = JSON.parse(lines.at(-1) ?? '')
    assert.equal(told.at, at)
    assert.equal(lines.length - 1, told.counts.unreached)
    const again = await cli(restore, { cwd: project.path })
    assert.match(again.stderr, /sqlite:then\.db holds something already/)
  })
})
