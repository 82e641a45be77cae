// `spawn store rehearse`: what the next release would make of the states of the last one, by the real command on real files.
// It tells which actors would not start and why, and changes nothing.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'

import { jsonCodec, Packed } from '../../src/protocol/index.ts'
import { SqliteStore } from '../../src/stores/sqlite/index.ts'
import { commitOf } from '../../src/testing/statestore-fixture.ts'
import { cli } from './cli.ts'
import { createProject, type Project } from './project.ts'

const NEXT = `import { actor, Value } from 'spawn-mesh'
export const user = actor('user', {
  kind: 'unnamed',
  version: 2,
  state: { names: [] as string[] },
  upgrade: {
    2: (old: { name: string }) => {
      if (old.name === '') throw new Error('there is no name')
      return { names: [old.name] }
    },
  },
  actions: { rename: (_ctx, name: string) => Value.of({ names: [name] }) },
})
export const till = actor('till', { state: { sum: 0 }, actions: {} })
export const gone = actor('gone', { stateful: false, state: { sum: 0 }, actions: {} })
export const pool = actor('pool', { kind: 'pooled', actions: {} })`

const SYSTEM = (name: string) =>
  `${NEXT}\nimport { system } from 'spawn-mesh'\nexport default system('${name}', { actors: [user], store: 'memory' })`

function stored(value: unknown, version: number): Packed {
  const { typeUrl, value: bytes } = jsonCodec.pack(value)
  return new Packed(version === 0 ? typeUrl : `spawn.v${version}/${typeUrl}`, bytes)
}

const user = (name: string) => ({ system: 'shop', parent: 'user', name })

describe('spawn store rehearse', () => {
  let project: Project

  before(async () => {
    project = createProject({
      'next.ts': NEXT,
      'shop.ts': SYSTEM('shop'),
      'other.ts': SYSTEM('other'),
      'fine.ts': NEXT.replace("if (old.name === '') throw new Error('there is no name')", ''),
    })
    const store = new SqliteStore({ file: join(project.path, 'shop.db') })
    await store.start()
    const named = Array.from({ length: 300 }, (_, at) => ({
      ...commitOf(user(`u-${at}`), 0),
      state: stored({ name: at % 100 === 7 ? '' : `name ${at}` }, 1),
    }))
    await store.commit([
      ...named,
      commitOf(user('ahead'), 0, { state: stored({ names: [] }, 3) }),
      commitOf(user('behind'), 0, { state: stored({ n: 'x' }, 0) }),
      commitOf(user('no-json'), 0, { state: new Packed(stored({}, 2).typeUrl, Buffer.from('hunter2')) }),
      commitOf(user('now'), 0, { state: stored({ names: ['x'] }, 2) }),
      commitOf(user('nothing'), 0, { state: null }),
      commitOf({ system: 'shop', parent: '', name: 'till' }, 0, { state: stored({ sum: 1 }, 0) }),
      commitOf({ system: 'shop', parent: '', name: 'unknown' }, 0),
    ])
    await store.stop()
  })
  after(() => project[Symbol.dispose]())

  const rehearsal = (module: string, ...more: string[]) =>
    cli(['store', 'rehearse', module, '--store', 'sqlite:shop.db', ...more], { cwd: project.path })

  const content = () => readFileSync(join(project.path, 'shop.db'))

  test('tells what would fail, by definition, version and reason', async () => {
    const before = content()
    const { code, stderr, stdout } = await rehearsal('next.ts')
    assert.equal(code, 1, stderr)
    const [head = '', till = '', users = '', blank, ...lines] = stdout.split('\n')
    assert.match(head, /^DEFINITION +STORED +LOOKED AT +FINE +UPGRADED +FAILING +BY VERSION$/)
    assert.match(users, /^user +305 +305 +2 +297 +6 +0: 1, 1: 300, 2: 2, 3: 1$/)
    assert.match(till, /^till +1 +1 +1 +0 +0 +0: 1$/)
    assert.equal(blank, '')
    const told = lines.join('\n')
    assert.match(
      told,
      /^user, stored with version 1: it has version 1 and cannot .* step to version 2 failed: there is no name\n {2}user\/u-107 \(revision 1\), user\/u-207 \(revision 1\), user\/u-7 \(revision 1\)\n/,
    )
    assert.match(
      told,
      /user, stored with version 3: it has version 3, and the definition here knows up to 2.*\n {2}user\/ahead/,
    )
    assert.match(told, /user, stored with version 0: .* no step leads from there.*\n {2}user\/behind/)
    assert.match(
      told,
      /user, stored with version 2: the bytes of a .*JSONType cannot be decoded\n {2}user\/no-json/,
    )
    assert.doesNotMatch(stdout + stderr, /hunter2/)
    assert.match(
      stderr,
      /^1 stored actors of shop belong to no definition of the module\n6 of 306 would not start\n$/,
    )
    assert.deepEqual(content(), before)
  })

  test('says so when all would start', async () => {
    const { stdout } = await rehearsal('fine.ts', '--json')
    const failing = stdout
      .trim()
      .split('\n')
      .slice(0, -1)
      .map((line) => (JSON.parse(line) as { actor: { name: string } }).actor.name)
    assert.deepEqual(failing, ['ahead', 'behind', 'no-json'])
    const own = NEXT.replace("'user'", "'staff'")
    project.write('staff.ts', own)
    const { code, stderr } = await rehearsal('staff.ts')
    assert.equal(code, 0, stderr)
    assert.match(stderr, /306 stored actors of shop belong to no definition.*\nall of them would start\n$/)
  })

  test('--json has a line for each actor that fails, and one for the whole', async () => {
    const { code, stderr, stdout } = await rehearsal('next.ts', '--json')
    assert.deepEqual([code, stderr], [1, ''])
    const lines = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>)
    assert.deepEqual(lines[1], {
      actor: { parent: 'user', name: 'behind' },
      definition: 'user',
      revision: 1,
      version: 0,
      problems: [
        {
          path: '',
          problem:
            'it has version 0 and cannot be brought to 2: no step leads from there: the upgrade begins at version 2; ' +
            'add a step to version 1',
        },
      ],
    })
    assert.deepEqual(lines.at(-1), {
      system: 'shop',
      definitions: [
        { definition: 'till', stored: 1, looked: 1, fine: 1, upgraded: 0, failing: 0, versions: { 0: 1 } },
        {
          definition: 'user',
          stored: 305,
          looked: 305,
          fine: 2,
          upgraded: 297,
          failing: 6,
          versions: { 0: 1, 1: 300, 2: 2, 3: 1 },
        },
      ],
      others: 1,
      failing: 6,
    })
  })

  test('--sample looks at some of each definition, from all over', async () => {
    const { stdout } = await rehearsal('next.ts', '--sample', '40', '--json')
    const { definitions } = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as {
      definitions: { looked: number }[]
    }
    assert.deepEqual(
      definitions.map(({ looked }) => looked),
      [1, 40],
    )
  })

  test('the system is the module’s, the only one, or the one that is said', async () => {
    assert.equal((await rehearsal('shop.ts', '--json')).code, 1)
    const other = await rehearsal('other.ts')
    assert.equal(other.code, 0)
    assert.match(other.stdout, /^user +0 +0 +0 +0 +0$/m)
    const said = await rehearsal('next.ts', '--system', 'other', '--json')
    assert.equal(JSON.parse(said.stdout).system, 'other')
  })

  test('where there is nothing, nothing is made', async () => {
    const { code, stderr } = await rehearsal('next.ts', '--store=sqlite:none.db').catch(() => assert.fail())
    assert.equal(code, 2, stderr)
    const none = await cli(['store', 'rehearse', 'next.ts', '--store', 'sqlite:none.db'], {
      cwd: project.path,
    })
    assert.equal(none.code, 1)
    assert.match(none.stderr, /there is nothing at sqlite:none\.db.*\n\s+is it the right one\?/)
    const module = await rehearsal('no-such.ts')
    assert.equal(module.code, 2)
    assert.match(module.stderr, /there is no file no-such\.ts/)
  })

  test('a state that is sealed with another key is one that fails', async () => {
    const env = {
      PROXY_STORE: 'sqlite:shop.db',
      SPAWN_STATESTORE_KEY: Buffer.from(Array.from({ length: 32 }, (_, at) => at)).toString('base64'),
    }
    const { code, stderr, stdout } = await cli(['store', 'rehearse', 'next.ts'], { cwd: project.path, env })
    assert.equal(code, 1, stderr)
    assert.match(stdout, /^user +305 +305 +\d+ +0 +\d+/m)
    assert.match(stderr, /would not start\n$/)
  })
})
