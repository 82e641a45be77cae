// A store file that stops taking writes while it is open, as on a disk that turns read-only under a running system. The
// immutable flag of the file system does that to an open file, and takes it back; a permission would only stop an opening.

import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { actor, isSpawnError, system } from 'spawn-mesh'

/** The temporary folder of a run may be in memory. */
const DISK = process.env['SPAWN_TEST_KEPT'] ?? tmpdir()

let folder = ''
before(() => {
  folder = mkdtempSync(join(DISK, 'spawn-read-only-'))
})
after(() => rmSync(folder, { recursive: true, force: true }))

const counter = actor('counter', {
  kind: 'unnamed',
  state: { total: 0 },
  actions: {
    add: (ctx) => {
      ctx.state = { total: ctx.state.total + 1 }
      return ctx.state.total
    },
  },
})

/** Whether this user may set the flag here: root, on a file system that has it. */
function canFreeze(): boolean {
  const probe = join(DISK, `spawn-freeze-${process.pid}`)
  writeFileSync(probe, '')
  const frozen = spawnSync('chattr', ['+i', probe]).status === 0
  if (frozen) execFileSync('chattr', ['-i', probe])
  rmSync(probe)
  return frozen
}

function freeze(flag: '+i' | '-i'): void {
  execFileSync('chattr', [flag, ...readdirSync(folder).map((file) => join(folder, file))])
}

const noFlag = !canFreeze() && 'the immutable flag needs root and a file system that has it'

test(
  'a disk that turns read-only fails writes, loses nothing, and is forgotten when it is back',
  { skip: noFlag },
  async () => {
    const options = { actors: [counter], store: `sqlite:${join(folder, 'state.db')}` } as const
    const names = ['a', 'b', 'c']
    {
      await using running = await system('read-only', options).start()
      const add = (name: string): Promise<number> => running.ref(counter, name).add()
      assert.deepEqual(await Promise.all(names.map(add)), [1, 1, 1])
      freeze('+i')
      try {
        for (const outcome of await Promise.allSettled([...names, 'd'].map(add))) {
          assert.ok(outcome.status === 'rejected' && isSpawnError(outcome.reason))
          assert.equal(outcome.reason.code, 'STORE_UNAVAILABLE', outcome.reason.message)
        }
        const states = await Promise.all(names.map((name) => running.ref(counter, name).get()))
        assert.deepEqual(
          states,
          names.map(() => ({ total: 1 })),
          'what was acknowledged can be read meanwhile',
        )
      } finally {
        freeze('-i')
      }
      assert.deepEqual(await Promise.all([...names, 'd'].map(add)), [2, 2, 2, 1])
    }
    await using again = await system('read-only', options).start()
    assert.deepEqual(await Promise.all(names.map((name) => again.ref(counter, name).add())), [3, 3, 3])
  },
)
