// Encrypting a store of 100,000 rows anew, by the real command on real databases, killed again and again; and erasing an actor
// by a server that is killed in the middle.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { after, test } from 'node:test'
import type { StateKey, Statestore } from '../../src/ports/index.ts'
import { SealedStore } from '../../src/stores/sealed/index.ts'
import { SqliteStore } from '../../src/stores/sqlite/index.ts'
import { until } from '../../src/testing/index.ts'
import { commitOf } from '../../src/testing/statestore-fixture.ts'
import { cli } from '../cli/cli.ts'
import { cliProcess, startCli } from '../cli/process.ts'
import { createProject } from '../cli/project.ts'
import { serve } from '../cli/server.ts'
import { stateKey } from '../conformance/sealed-subject.ts'
import { temporaryFolder } from '../conformance/temporary-store.ts'
import { mariadbSubject } from '../faults/mariadb-subject.ts'
import { postgresSubject } from '../faults/postgres-subject.ts'
import { urlOf } from '../faults/subject.ts'
import { endMariadb } from '../servers/mariadb.ts'
import { endPostgres } from '../servers/postgres.ts'

const ROWS = 100_000
const GROUP = 1_000
const KILLS = 3

interface Place {
  readonly url: string
  readonly store: Statestore
  readonly remove: () => Promise<void>
}

const PLACES: Readonly<Record<string, () => Promise<Place>>> = {
  async sqlite() {
    const folder = await temporaryFolder()
    const file = join(folder.path, 'shop.db')
    return { url: `sqlite:${file}`, store: new SqliteStore({ file }), remove: folder.remove }
  },
  postgres: () => inDatabase(postgresSubject),
  mariadb: () => inDatabase(mariadbSubject),
}

async function inDatabase(subject: typeof postgresSubject): Promise<Place> {
  const { options, release } = await subject.takeDatabase()
  return { url: urlOf(subject, options), store: subject.open(options), remove: release }
}

after(endPostgres)
after(endMariadb)

const OLD = stateKey('2025')
const NEW = stateKey('2026')
const textOf = ({ id, secret }: StateKey): string => `${id}:${Buffer.from(secret).toString('base64')}`

interface Progress {
  readonly done: boolean
  readonly resumed: boolean
  readonly rows: number
  readonly sealed: number
  readonly unreadable: number
  /** Until it is done. */
  readonly reached?: { readonly at: number; readonly of: number; readonly leftMs: number | null }
}

/** @param isKilled as soon as it has told how far it is. @returns what it told last. */
async function rotate(url: string, isKilled: boolean): Promise<Progress> {
  const env = { SPAWN_STATESTORE_KEY: `${textOf(NEW)},${textOf(OLD)}` }
  const child = startCli(['store', 'rotate-keys', '--store', url, '--json'], { env })
  child.stdin.end()
  let said = ''
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()))
  const closed = once(child, 'close')
  let told: Progress | null = null
  for await (const line of createInterface({ input: child.stdout })) {
    told = JSON.parse(line) as Progress
    if (isKilled) child.kill('SIGKILL')
  }
  const [code] = (await closed) as [number | null]
  assert.equal(code, isKilled ? null : 0, said)
  assert.ok(told !== null)
  return told
}

for (const [name, open] of Object.entries(PLACES)) {
  test(`${ROWS} rows are encrypted anew by a command that is killed and goes on: ${name}`, async (context) => {
    const { remove, store, url } = await open()
    try {
      const sealed = new SealedStore(store, { keys: [OLD] })
      await sealed.start()
      for (let from = 0; from < ROWS; from += GROUP)
        await sealed.commit(Array.from({ length: GROUP }, (_none, at) => commitOf(`actor ${from + at}`, 0)))
      await sealed.stop()
      let sealedBefore = 0
      let reachedBefore = 0
      for (let kills = 0; kills < KILLS; kills += 1) {
        const told = await rotate(url, true)
        assert.equal(told.done, false, 'it was killed in the middle')
        assert.equal(told.resumed, kills > 0, 'it goes on where the one before was killed')
        assert.ok(told.rows > 0 && told.sealed > 0)
        assert.ok(told.reached !== undefined && told.reached.leftMs !== null, 'it says how long it will take')
        assert.ok(told.reached.at > reachedBefore && told.reached.at < told.reached.of, JSON.stringify(told))
        assert.ok(told.reached.of >= ROWS && told.reached.of < ROWS + 10, JSON.stringify(told))
        reachedBefore = told.reached.at
        sealedBefore += told.sealed
      }
      const told = await rotate(url, false)
      context.diagnostic(`${sealedBefore} before the last kill, then ${JSON.stringify(told)}`)
      assert.ok(told.resumed)
      assert.ok(told.done && told.unreadable === 0)
      assert.ok(told.rows < ROWS, 'what was done is not looked at again')
      // With the new key alone.
      const env = { SPAWN_STATESTORE_KEY: textOf(NEW) }
      const checked = await cliProcess(['store', 'rotate-keys', '--store', url, '--check'], { env })
      assert.equal(checked.code, 0, checked.stderr)
      assert.match(checked.stdout, /^KEY +ROWS\n2026 +100,00\d\n$/)
    } finally {
      await remove()
    }
  })
}

const MODULE = `import { actor, effect, Value } from 'spawn-mesh'
const later = Array.from({ length: 1_000 }, () => effect('bob', 'note', {}, { ref: 'user', delay: 86_400_000 }))
export const user = actor('user', {
  kind: 'unnamed',
  erasable: true,
  state: { notes: 0 },
  actions: {
    note: (ctx) => Value.of().state({ notes: ctx.state.notes + 1 }).response(ctx.state.notes + 1),
    send: (ctx) => Value.of().state({ notes: ctx.state.notes + 1 }).effects(later),
  },
})`
const STORE = ['--store', 'sqlite:shop.db'] as const

test('an actor that is being erased by a server that is killed is there whole, or erased by the next start', async (context) => {
  let [erased, whole] = [0, 0]
  // How often the file has changed when it is killed.
  for (const changes of [0, 10, 30, 100, 300, Infinity]) {
    using project = createProject({ 'module.ts': MODULE })
    const options = { cwd: project.path, env: { SPAWN_STATESTORE_KEY: textOf(NEW) } }
    {
      await using server = await serve(['start', 'module.ts', ...STORE], options)
      const sent = await server.cli(['invoke', 'ann', 'send', '--ref', 'user'])
      assert.equal(sent.code, 0, sent.stderr)
      const written = (): number => statSync(join(project.path, 'shop.db-wal')).mtimeMs
      let [last, seen, isOver] = [written(), 0, false]
      const erasing = server.cli(['actors', 'erase', 'ann', '--ref', 'user', '--yes'])
      void erasing.then(() => (isOver = true))
      const isTime = (): boolean => {
        if (written() !== last) seen += 1
        last = written()
        return isOver || seen >= changes
      }
      await until('the moment of the kill', isTime, { timeoutMs: 60_000, pauseMs: 1 })
      await server.end('SIGKILL')
      await erasing
    }
    await using server = await serve(['start', 'module.ts', ...STORE], options)
    const found = await server.cli(['actors', 'get', 'ann', '--ref', 'user', '--json'])
    const { stdout: scheduled } = await server.cli(['schedules', 'list', '--all', '--json'])
    const messages = scheduled.split('\n').filter((line) => line !== '').length
    await server.end('SIGTERM')
    const { stdout } = await cli(['store', 'erasures', ...STORE, '--json'], options)
    const proofs = stdout.split('\n').filter((line) => line !== '')
    assert.equal(proofs.length, found.code === 0 ? 0 : 1, `${found.stderr}${stdout}`)
    assert.equal(messages > 0, found.code === 0, `${messages} messages`)
    if (found.code === 0) whole += 1
    else erased += 1
  }
  context.diagnostic(`${erased} erased, ${whole} whole`)
  assert.ok(erased > 0 && whole > 0)
})
