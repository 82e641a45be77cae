// A system whose store is encrypted, as an application makes it: what is in the file, what the wrong key does, and how keys
// are changed.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { actor, effect, isSpawnError, system, type SystemOptions, Value } from 'spawn-mesh'
import { temporaryFolder } from '../conformance/temporary-store.ts'

const CONFESSION = 'it-was-the-cat'

const diary = actor('diary', {
  kind: 'unnamed',
  state: { pages: [''] },
  history: { revisions: 5 },
  actions: {
    write: (ctx, page: string) => {
      const pages = [...ctx.state.pages, page]
      const later = effect('reader', 'read', page, { delay: 3_600_000, metadata: { page } })
      return Value.of().state({ pages }).response(pages.length).effects([later])
    },
  },
})
const reader = actor('reader', {
  kind: 'named',
  stateful: false,
  actions: { read: (_ctx, _page: string) => {} },
})

let folder: Awaited<ReturnType<typeof temporaryFolder>>
before(async () => {
  folder = await temporaryFolder()
})
after(() => folder.remove())

function diaries(file: string, encryption: SystemOptions['encryption']) {
  const store = `sqlite:${join(folder.path, file)}` as const
  return system('diaries', { actors: [diary, reader], store, encryption })
}

async function holds(file: string, text: string): Promise<boolean> {
  const names = (await readdir(folder.path)).filter((name) => name.startsWith(file))
  const files = await Promise.all(names.map((name) => readFile(join(folder.path, name))))
  return files.some((bytes) => bytes.includes(text))
}

const keyText = (id: string): string => `${id}:${randomBytes(32).toString('base64')}`

async function write(file: string, encryption: SystemOptions['encryption']): Promise<unknown> {
  await using running = await diaries(file, encryption).start()
  return await running.invoke('ada', {
    ref: 'diary',
    action: 'write',
    payload: CONFESSION,
    idempotencyKey: 'w',
  })
}

test('nothing of it stands in the file in the clear', async () => {
  assert.equal(await write('plain.db', false), 2)
  assert.equal(await holds('plain.db', CONFESSION), true)
  assert.equal(await write('sealed.db', { keys: keyText('2026') }), 2)
  assert.equal(await holds('sealed.db', CONFESSION), false)
  assert.equal(await holds('sealed.db', 'ada'), true, 'who there is, is no secret')
})

test('the wrong key stops the actor, and changes nothing', async () => {
  const right = { keys: keyText('2026') }
  await write('wrong.db', right)
  {
    await using running = await diaries('wrong.db', { keys: keyText('2026') }).start()
    const ada = running.ref(diary, 'ada')
    await assert.rejects(ada.write('x'), (error) => {
      assert.ok(isSpawnError(error) && error.code === 'STATE_UNREADABLE' && !error.retryable)
      assert.match(error.message, /"diary\/ada" at revision 1 .* does not open with the key "2026"/)
      return true
    })
    assert.equal(await running.ref(diary, 'eve').write('x'), 2, 'others live on')
    const { actors } = await running.list()
    assert.deepEqual(
      actors.map(({ id }) => id.name),
      ['ada', 'eve'],
    )
  }
  await using running = await diaries('wrong.db', right).start()
  assert.equal(await running.ref(diary, 'ada').write('x'), 3)
})

test('without a key the actor stops and says what is missing, and changes nothing', async () => {
  const right = { keys: keyText('2026') }
  await write('keyless.db', right)
  {
    await using running = await diaries('keyless.db', false).start()
    const calls = [running.ref(diary, 'ada').write('x'), running.inspect('ada', { ref: 'diary' })]
    for (const call of calls)
      await assert.rejects(call, (error) => {
        assert.ok(isSpawnError(error) && error.code === 'STATE_UNREADABLE' && !error.retryable)
        assert.match(
          error.message,
          /"diary\/ada".* it is encrypted, and there is no key: .*SPAWN_STATESTORE_KEY/,
        )
        return true
      })
  }
  await using running = await diaries('keyless.db', right).start()
  assert.equal(await running.ref(diary, 'ada').write('x'), 3)
})

test('a new key takes over while the old one still opens', async () => {
  const [older, newer] = [keyText('2025'), keyText('2026')]
  await write('keys.db', { keys: older })
  {
    await using running = await diaries('keys.db', { keys: `${newer},${older}` }).start()
    assert.equal(await running.ref(diary, 'ada').write('x'), 3)
  }
  await using running = await diaries('keys.db', { keys: newer }).start()
  assert.equal(await running.ref(diary, 'ada').write('x'), 4, 'what was written since')
  await assert.rejects(running.spawn('ada', { ref: 'diary', revision: 1 }), /sealed with the key "2025"/)
})
