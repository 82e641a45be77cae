// An archive file: what was exported is imported, whatever happens in between. Files are cut at many places and gone on with;
// a file that is altered anywhere is refused, with the line.
import assert from 'node:assert/strict'
import { readFile, rename, stat, truncate, writeFile } from 'node:fs/promises'
import { test } from 'node:test'
import { isSpawnError } from '../../src/base/index.ts'
import { Chain, headerLine, trailerLine } from '../../src/archive/frame-line.ts'
import { replaced } from '../simulation/planted.ts'
import { plainRows, readAll } from '../../src/testing/statestore-archive-fixture.ts'
import { commitOf, envelopeOf, factOf, NOON_MS, outsideCommit } from '../../src/testing/statestore-fixture.ts'
import { emptyMemory, exportedBytes, exportTo, importBytes, manyRows, withPath } from './fixture.ts'

const linesIn = (bytes: Buffer): string[] => bytes.toString().split('\n').slice(0, -1)

function refusal(code: string, ...words: readonly (RegExp | string)[]) {
  return (thrown: unknown): boolean => {
    assert.ok(isSpawnError(thrown), String(thrown))
    assert.equal(thrown.code, code, thrown.message)
    for (const word of words) {
      if (typeof word === 'string') assert.ok(thrown.message.includes(word), thrown.message)
      else assert.match(thrown.message, word)
    }
    return true
  }
}

test('what was exported and imported is the same store', async () => {
  const store = await manyRows()
  const bytes = await exportedBytes(store)
  const target = await emptyMemory()
  const { leftOut, resumedBehind, rows } = await importBytes(bytes, target)
  assert.deepEqual(plainRows(await readAll(target)), plainRows(await readAll(store)))
  const all = await readAll(store)
  const counted = Object.values(rows).reduce((sum, count) => sum + count, 0)
  assert.deepEqual([leftOut, resumedBehind, counted], [0, 0, all.length])
  assert.deepEqual([rows.envelope, rows.fact], [5, 5], 'facts are no messages')
  assert.ok(linesIn(bytes).filter((line) => line.startsWith('{"kind":"part"')).length > 4, 'of several parts')
})

test('an empty store is exported and imported, too', async () => {
  const bytes = await exportedBytes(await emptyMemory())
  assert.equal(linesIn(bytes).length, 2)
  const target = await emptyMemory()
  const { rows } = await importBytes(bytes, target)
  assert.deepEqual(rows, { actor: 0, past: 0, outcome: 0, envelope: 0, fact: 0 })
  assert.deepEqual(await readAll(target), [])
})

test('an export that was cut anywhere goes on and ends with the same file', async () => {
  const store = await manyRows()
  await withPath(async (path) => {
    await exportTo(path, store)
    const whole = await readFile(path)
    const lines = linesIn(whole)
    const ends = lines.reduce<number[]>((found, line) => {
      found.push((found.at(-1) ?? 0) + Buffer.byteLength(line) + 1)
      return found
    }, [])
    const parts = ends.filter((_end, at) => lines[at]?.startsWith('{"kind":"part"') === true)
    const cuts = [0, 1, 20, ends[0] ?? 0, whole.length - 1, whole.length, Math.floor(whole.length / 2)]
    for (const end of [...parts.slice(0, 2), ...parts.slice(-1)])
      cuts.push(end - 1, end, end + 1, end + 5_000)
    for (const cut of cuts.filter((each) => each <= whole.length)) {
      const part = `${path}.cut.part`
      await writeFile(part, whole.subarray(0, cut))
      const { rows } = await exportTo(`${path}.cut`, store, { resumes: true, overwrites: true })
      assert.deepEqual([rows.envelope, rows.fact], [5, 5])
      assert.ok((await readFile(`${path}.cut`)).equals(whole), `cut at ${cut}`)
    }
  })
})

test('behind a damaged part an export writes anew', async () => {
  const store = await manyRows()
  await withPath(async (path) => {
    await exportTo(path, store)
    const whole = await readFile(path)
    const damaged = Buffer.from(whole)
    damaged[Math.floor(whole.length / 2)] = 0
    await writeFile(`${path}.again.part`, damaged)
    await exportTo(`${path}.again`, store, { resumes: true })
    assert.ok((await readFile(`${path}.again`)).equals(whole))
    const end = whole.lastIndexOf('{"kind":"trailer"')
    await writeFile(`${path}.long.part`, Buffer.concat([whole.subarray(0, end), Buffer.alloc(100_000, 'x')]))
    await exportTo(`${path}.long`, store, { resumes: true })
    assert.ok((await readFile(`${path}.long`)).equals(whole), 'nothing of what was behind it is left')
  })
})

test('files that are there are not written over unless it is said', async () => {
  const store = await manyRows()
  await withPath(async (path) => {
    await writeFile(path, 'mine')
    await assert.rejects(exportTo(path, store), refusal('INVALID_ARGUMENT', path, '--overwrite'))
    await assert.rejects(exportTo(path, store, { resumes: true }), refusal('INVALID_ARGUMENT', '--overwrite'))
    await writeFile(`${path}.part`, '{"kind":"header"')
    await assert.rejects(
      exportTo(path, store, { overwrites: true, resumes: true }).then(() => exportTo(path, store)),
      refusal('INVALID_ARGUMENT', '--overwrite'),
    )
    assert.ok((await readFile(path)).length > 1_000)
    assert.equal((await stat(path)).mode & 0o777, 0o600, 'only its owner may read it')
    await writeFile(`${path}.2.part`, '{"kind":"header"')
    await assert.rejects(exportTo(`${path}.2`, store), refusal('INVALID_ARGUMENT', '--resume'))
    await writeFile(`${path}.3.part`, 'a letter to my mother\nof two lines\n')
    await assert.rejects(
      exportTo(`${path}.3`, store, { resumes: true }),
      refusal('INVALID_ARGUMENT', 'is no archive'),
    )
    assert.equal(await readFile(`${path}.3.part`, 'utf8'), 'a letter to my mother\nof two lines\n')
    await assert.rejects(exportTo('/nowhere/at/all', store), refusal('INVALID_ARGUMENT', 'cannot be written'))
  })
})

test('an export goes on from the store that it was begun with only', async () => {
  await withPath(async (path) => {
    await exportTo(path, await manyRows())
    await rename(path, `${path}.2.part`)
    await truncate(`${path}.2.part`, 200_000)
    await assert.rejects(
      exportTo(`${path}.2`, await manyRows(), { resumes: true, source: 'sqlite:other.db' }),
      refusal('INVALID_ARGUMENT', 'begun from memory', 'sqlite:other.db'),
    )
  })
})

test('a file that is altered anywhere is refused, and says where', async () => {
  const bytes = await exportedBytes(await manyRows())
  const lines = linesIn(bytes)
  const at = lines.findIndex((line) => line.startsWith('{"kind":"past"'))
  const alter = async (change: (lines: string[]) => string[], ...expected: (RegExp | string)[]) => {
    const target = await emptyMemory()
    const text = `${change([...lines]).join('\n')}\n`
    await assert.rejects(importBytes(Buffer.from(text), target), refusal('STATE_UNREADABLE', ...expected))
    const rows = plainRows(await readAll(target))
    const sound = new Set(plainRows(await readAll(await manyRows())))
    assert.deepEqual(
      rows.filter((row) => !sound.has(row) && !row.includes('spawn.archive')),
      [],
      'nothing of a damaged part is in the store',
    )
  }
  const line = lines[at] ?? ''
  await alter((all) => all.toSpliced(at, 1), 'the checksum does not match', /in part \d/)
  await alter((all) => all.toSpliced(at, 1, line.replace('"revision":', '"revision":1')), 'checksum')
  await alter((all) => all.toSpliced(at, 0, line), /checksum does not match|more rows/)
  await alter((all) => all.toSpliced(at, 1, line.slice(0, 50)), `line ${at + 1},`, 'it is no JSON')
  await alter((all) => all.toSpliced(at, 1, '[]'), `line ${at + 1},`, 'no JSON object')
  await alter((all) => all.toSpliced(at, 1, line.replace('"birth":', '"breath":')), 'it has no "birth"')
  await alter((all) => all.toSpliced(at, 1, line.replace('"past"', '"post"')), 'its "kind" is none')
  await alter((all) => all.toSpliced(at, 1, line.replace(/"revision":\d+/, '"revision":1.5')), '"revision"')
  await alter((all) => all.toSpliced(at, 1, line.replace(/"bytes":"../, '"bytes":"!!')), 'no base64')
  await alter((all) => [...all, '{}'], 'behind its trailer')
  const first = lines.findIndex((each) => each.startsWith('{"kind":"part"'))
  await alter((all) => all.toSpliced(1, first), 'in part 1', 'the checksum does not match')
  await alter((all) => all.toSpliced(-1, 1), `ends at line ${lines.length - 1}, without its trailer`)
  await alter((all) => all.toSpliced(-1, 1, all.at(-1)?.replace('"parts":', '"parts":1') ?? ''), 'checksum')
})

test('a file that is cut anywhere is refused', async () => {
  const bytes = await exportedBytes(await manyRows())
  for (let cut = 0; cut < bytes.length; cut += 9_973) {
    await assert.rejects(importBytes(bytes.subarray(0, cut), await emptyMemory()), (thrown) =>
      isSpawnError(thrown),
    )
  }
})

test('what is no archive, or one of a later release, is refused before anything is written', async () => {
  const target = await emptyMemory()
  for (const text of ['', 'no', '{}\n', '[1]\n', '\0\0\n']) {
    await assert.rejects(importBytes(Buffer.from(text), target), refusal('INVALID_ARGUMENT', 'is no archive'))
  }
  const bytes = await exportedBytes(target)
  const later = bytes.toString().replace('"format":1', '"format":2')
  await assert.rejects(importBytes(Buffer.from(later), target), refusal('INVALID_ARGUMENT', 'has format 2'))
  assert.deepEqual(await readAll(target), [])
})

test('a file whose checksums are right and whose counts are not is refused', async () => {
  const rows = { actor: 0, past: 0, outcome: 0, envelope: 0 }
  const wrong = [
    { parts: 1, rows },
    { parts: 0, rows: { ...rows, past: 1 } },
  ]
  for (const { parts, rows: counts } of wrong) {
    const chain = new Chain()
    const header = headerLine(chain, { format: 1, source: 'me', sealed: false, startedAtMs: NOON_MS })
    const trailer = trailerLine(chain, { parts, rows: counts, finishedAtMs: NOON_MS, changes: [] })
    await assert.rejects(
      importBytes(Buffer.from(`${header}\n${trailer}\n`), await emptyMemory()),
      refusal('STATE_UNREADABLE', 'line 2', 'its counts are not those of the file'),
    )
  }
})

test('a store that changed while it was exported is told', async () => {
  const whole = await manyRows()
  const during = async (change: () => Promise<unknown>, isLate = false): Promise<readonly string[]> => {
    const { archive } = whole
    let pages = 0
    const read: typeof archive.read = async (page) => {
      pages += 1
      if (pages === 3 && !isLate) await change()
      const found = await archive.read(page)
      if (found.next === null && isLate) await change()
      return found
    }
    let changes: readonly string[] = []
    await withPath(async (path) => {
      ;({ changes } = await exportTo(path, replaced(whole, { archive: replaced(archive, { read }) })))
    })
    return changes
  }
  assert.deepEqual(await during(async () => {}), [])
  const committedAtMs = NOON_MS - 60_000
  const commit = () => whole.commit([commitOf('many 0', 1, { committedAtMs })])
  assert.match((await during(commit)).join(), /actors were committed/)
  const born = () => whole.commit([commitOf('many 0 born', 0)])
  assert.match((await during(born)).join(), /actors were read/)
  const gone = () => whole.delete(commitOf('many 0', 2).id, 2, commitOf('many 0', 2).birth)
  assert.match((await during(gone)).join(), /actors were read/)
  const sent = () => whole.commit([outsideCommit({ sends: [envelopeOf('new')] })])
  assert.deepEqual(await during(sent), [], 'it was sent before the envelopes were read')
  const later = () => whole.commit([outsideCommit({ sends: [envelopeOf('later still')] })])
  assert.deepEqual(await during(later, true), ['messages were sent or taken while they were read'])
  const left = () => whole.commit([outsideCommit({ sends: [factOf('later still')] })])
  assert.deepEqual(await during(left, true), ['facts came while they were read'])
})

test('whether facts came meanwhile is one look, however many there are', async () => {
  const store = await emptyMemory()
  for (let commit = 0; commit < 6; commit += 1) {
    const sends = Array.from({ length: 500 }, (_none, at) => factOf(`${commit} ${at}`))
    await store.commit([outsideCommit({ sends: [...sends, envelopeOf(`waits ${commit}`)] })])
  }
  let looked = 0
  const counting = replaced(store, {
    async facts(...asked: Parameters<typeof store.facts>) {
      const page = await store.facts(...asked)
      looked += Math.max(1, page.facts.length)
      return page
    },
    async listEnvelopes(...asked: Parameters<typeof store.listEnvelopes>) {
      const page = await store.listEnvelopes(...asked)
      looked += page.envelopes.filter(({ box }) => box === 'fact').length
      return page
    },
  })
  await withPath(async (path) => {
    const { changes, rows } = await exportTo(path, counting)
    assert.deepEqual([changes, rows.fact, looked], [[], 3_000, 1])
  })
})
