// What a register must do, case by case.

import assert from 'node:assert/strict'
import { isSpawnError } from '../base/index.ts'
import type { Register, RegisterEntry } from '../ports/index.ts'
import { until } from './until.ts'

/** Entries under test. */
export interface RegisterSubject {
  /** A member's way to them, not started. */
  readonly register: () => Register
  /** Stops what runs and removes the data. */
  readonly dispose: () => Promise<void>
}

type RegisterCase = (subject: RegisterSubject) => Promise<void>

async function started(subject: RegisterSubject, entries: RegisterEntry[] = []): Promise<Register> {
  const register = subject.register()
  register.watch((entry) => entries.push(entry))
  await register.start()
  return register
}

/** What was done must be: null is a conflict. */
async function put(register: Register, key: string, value: string, follows: number): Promise<number> {
  const revision = await register.put(key, value, follows)
  assert.ok(revision !== null, `"${key}" follows ${follows}`)
  return revision
}

const entryCases: Readonly<Record<string, RegisterCase>> = {
  'what never stood is not there': async (subject) => {
    const register = await started(subject)
    assert.equal(await register.get('a'), null)
    assert.equal(await register.put('a', 'x', 7), null)
    assert.equal(await register.remove('a', 0), false)
    assert.equal(await register.remove('a', 7), false)
    assert.equal(await register.get('a'), null)
    await register.stop()
  },

  'an entry is made once, and changed by who names the revision that stands': async (subject) => {
    const register = await started(subject)
    const first = await put(register, 'a', 'x', 0)
    assert.deepEqual(await register.get('a'), { key: 'a', value: 'x', revision: first })
    assert.equal(await register.put('a', 'y', 0), null)
    assert.equal(await register.put('a', 'y', first + 1), null)
    const second = await put(register, 'a', 'y', first)
    assert.ok(second > first)
    assert.equal(await register.put('a', 'z', first), null)
    assert.deepEqual(await register.get('a'), { key: 'a', value: 'y', revision: second })
    await register.stop()
  },

  'an entry is removed by who names its revision, once, and can be made again': async (subject) => {
    const register = await started(subject)
    const first = await put(register, 'a', 'x', 0)
    assert.equal(await register.remove('a', first + 1), false)
    assert.equal(await register.remove('a', 0), false)
    assert.equal(await register.remove('a', first), true)
    assert.equal(await register.get('a'), null)
    assert.equal(await register.remove('a', first), false)
    assert.equal(await register.put('a', 'y', first), null)
    const again = await put(register, 'a', 'y', 0)
    assert.ok(again > first + 1, 'the removal has a revision, too')
    await register.stop()
  },

  'what follows a removal may name its revision': async (subject) => {
    const entries: RegisterEntry[] = []
    const register = await started(subject, entries)
    const first = await put(register, 'a', 'x', 0)
    assert.equal(await register.remove('a', first), true)
    const removal = await until('the removal to be told', () => entries.find(({ value }) => value === null))
    assert.equal(await register.remove('a', removal.revision), false)
    const next = await put(register, 'a', 'y', removal.revision)
    assert.ok(next > removal.revision && removal.revision > first)
    await register.stop()
  },

  'revisions grow from key to key, and are never used again': async (subject) => {
    const register = await started(subject)
    let last = 0
    for (let round = 0; round < 3; round += 1) {
      for (const key of ['a', 'b', 'c']) {
        const standing = await register.get(key)
        const revision = await put(register, key, `${round}`, standing?.revision ?? 0)
        assert.ok(revision > last)
        last = revision
        if (key !== 'b') continue
        assert.equal(await register.remove(key, revision), true)
      }
    }
    await register.stop()
  },

  'keys and values are any text': async (subject) => {
    const register = await started(subject)
    const keys = [
      '',
      '.',
      'a.b',
      'a..b',
      'A',
      'a',
      'a b',
      '*',
      '>',
      'member.höhle 🐻/1',
      '=',
      '=61',
      '_',
      '$KV',
      '\u0000',
    ]
    const values = ['', ' ', '{"a":1}', 'höhle 🐻\r\n\u0000', 'x'.repeat(100_000)]
    for (const [index, key] of keys.entries()) await put(register, key, `${values[index % values.length]}`, 0)
    for (const [index, key] of keys.entries())
      assert.equal((await register.get(key))?.value, values[index % values.length], JSON.stringify(key))
    await register.stop()
  },
}

const sharedCases: Readonly<Record<string, RegisterCase>> = {
  'of many that name the same revision, one is done': async (subject) => {
    const registers = await Promise.all([started(subject), started(subject), started(subject)])
    const first = await put(registers[0], 'a', 'x', 0)
    const values = Array.from({ length: 30 }, (_, index) => `${index}`)
    const asked = values.map((value, index) => (registers[index % 3] ?? registers[0]).put('a', value, first))
    const done = (await Promise.all(asked)).flatMap((revision, index) =>
      revision === null ? [] : [{ revision, index }],
    )
    assert.equal(done.length, 1)
    const [only] = done
    assert.deepEqual(await registers[1].get('a'), {
      key: 'a',
      value: `${only?.index}`,
      revision: only?.revision,
    })
    await Promise.all(registers.map((register) => register.stop()))
  },

  'what several members count is counted once each': async (subject) => {
    const registers = await Promise.all([started(subject), started(subject)])
    const count = async (register: Register): Promise<void> => {
      for (let left = 20; left > 0;) {
        const standing = await register.get('count')
        const next = String(Number(standing?.value ?? 0) + 1)
        if ((await register.put('count', next, standing?.revision ?? 0)) !== null) left -= 1
      }
    }
    await Promise.all([...registers, ...registers].map(count))
    assert.equal((await registers[0].get('count'))?.value, '80')
    await Promise.all(registers.map((register) => register.stop()))
  },

  'what was answered to one member is seen by the others': async (subject) => {
    const [writer, reader] = await Promise.all([started(subject), started(subject)])
    let revision = 0
    for (let value = 0; value < 50; value += 1) {
      revision = await put(writer, 'a', `${value}`, revision)
      assert.deepEqual(await reader.get('a'), { key: 'a', value: `${value}`, revision })
    }
    await Promise.all([writer.stop(), reader.stop()])
  },
}

const watchCases: Readonly<Record<string, RegisterCase>> = {
  'a watch tells what stands, then what changes, in order and once': async (subject) => {
    const writer = await started(subject)
    const standing = await put(writer, 'old', 'x', 0)
    const gone = await put(writer, 'gone', 'x', 0)
    assert.equal(await writer.remove('gone', gone), true)
    const entries: RegisterEntry[] = []
    const watcher = await started(subject, entries)
    await until('what stands', () => entries.length > 0)
    let revision = 0
    for (let value = 0; value < 20; value += 1) revision = await put(writer, 'new', `${value}`, revision)
    assert.equal(await writer.remove('new', revision), true)
    await until('the removal', () => entries.some(({ key, value }) => key === 'new' && value === null))
    assert.deepEqual(entries[0], { key: 'old', value: 'x', revision: standing })
    assert.deepEqual(
      entries.filter(({ key }) => key === 'gone'),
      [],
    )
    const told = entries.filter(({ key }) => key === 'new')
    for (const [index, entry] of told.entries())
      assert.ok(index === 0 || entry.revision > (told[index - 1]?.revision ?? 0), 'in order')
    // Some may be left out, but not the last.
    const values = told.map(({ value }) => (value === null ? 20 : Number(value)))
    assert.deepEqual(
      values,
      [...new Set(values)].sort((left, right) => left - right),
    )
    assert.equal(values.at(-1), 20)
    await Promise.all([writer.stop(), watcher.stop()])
  },

  'a watch tells that an entry was removed, also one that was there so briefly that it was not told': async (
    subject,
  ) => {
    const entries: RegisterEntry[] = []
    const register = await started(subject, entries)
    const keys = Array.from({ length: 200 }, (_none, number) => `brief-${number}`)
    await Promise.all(
      keys.map(async (key) => {
        assert.equal(await register.remove(key, await put(register, key, 'x', 0)), true)
      }),
    )
    const removed = (): string[] => entries.flatMap(({ key, value }) => (value === null ? [key] : []))
    await until('the removals', () => removed().length >= keys.length)
    assert.deepEqual(removed().sort(), keys.sort(), 'each once')
    await register.stop()
  },

  'a watch that is started again tells what stands then': async (subject) => {
    const writer = await started(subject)
    const entries: RegisterEntry[] = []
    const watcher = await started(subject, entries)
    await put(writer, 'a', 'x', 0)
    await until('the first', () => entries.length === 1)
    await watcher.stop()
    await put(writer, 'b', 'y', 0)
    assert.equal(entries.length, 1)
    await watcher.start()
    await until('both', () => entries.length >= 3)
    assert.deepEqual(
      entries.slice(1).map(({ key, value }) => [key, value]),
      [
        ['a', 'x'],
        ['b', 'y'],
      ],
    )
    await Promise.all([writer.stop(), watcher.stop()])
  },

  'before start and after stop every request fails as it should': async (subject) => {
    const register = subject.register()
    const refused = async (): Promise<void> => {
      for (const asked of [register.get('a'), register.put('a', 'x', 0), register.remove('a', 1)])
        await assert.rejects(asked, (thrown) => isSpawnError(thrown) && thrown.code === 'MEMBER_UNAVAILABLE')
    }
    await refused()
    await register.start()
    await register.put('a', 'x', 0)
    await register.stop()
    await refused()
    await register.stop()
  },
}

export const REGISTER_CASES: Readonly<Record<string, RegisterCase>> = {
  ...entryCases,
  ...sharedCases,
  ...watchCases,
}
