import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RegisterEntry } from '../ports/index.ts'
import { MemoryRegister, SharedEntries } from './shared-register.ts'

async function two(): Promise<{ one: MemoryRegister; other: MemoryRegister; seen: RegisterEntry[] }> {
  const shared = new SharedEntries()
  const [one, other] = [new MemoryRegister(shared), new MemoryRegister(shared)]
  const seen: RegisterEntry[] = []
  other.watch((entry) => void seen.push(entry))
  await one.start()
  return { one, other, seen }
}

test('an entry is changed only by who names the revision that stands', async () => {
  const { one } = await two()
  assert.equal(await one.get('a'), null)
  assert.equal(await one.put('a', 'x', 5), null)
  const first = await one.put('a', 'x', 0)
  assert.ok(first !== null)
  assert.equal(await one.put('a', 'y', 0), null)
  const second = await one.put('a', 'y', first)
  assert.ok(second !== null && second > first)
  assert.equal(await one.put('a', 'z', first), null)
  assert.deepEqual(await one.get('a'), { key: 'a', value: 'y', revision: second })
})

test('what is removed is gone, and its revisions are not used again', async () => {
  const { one } = await two()
  const first = await one.put('a', 'x', 0)
  assert.equal(await one.remove('a', 99), false)
  assert.equal(await one.remove('a', first as number), true)
  assert.equal(await one.get('a'), null)
  assert.equal(await one.remove('a', first as number), false)
  assert.equal(await one.remove('a', 0), false, 'what is not there is not removed')
  assert.equal(await one.put('a', 'y', first as number), null)
  const again = await one.put('a', 'y', 0)
  assert.ok((again as number) > (first as number) + 1)
})

test('who watches is told what stands, then every change in order, once', async () => {
  const { one, other, seen } = await two()
  await one.put('gone', 'x', 0)
  await one.remove('gone', 1)
  await one.put('a', 'x', 0)
  await other.start()
  await other.start()
  const third = await one.put('a', 'y', 3)
  await one.put('b', 'z', 0)
  await one.remove('a', third as number)
  await one.put('a', 'refused', 1)
  await other.stop()
  assert.deepEqual(
    seen.map(({ key, revision, value }) => `${revision} ${key}=${value}`),
    ['3 a=x', '4 a=y', '5 b=z', '6 a=null'],
  )
})

test('who is not running asks nothing', async () => {
  const { one, other } = await two()
  await one.stop()
  await assert.rejects(one.get('a'), { code: 'MEMBER_UNAVAILABLE' })
  await assert.rejects(other.put('a', 'x', 0), { code: 'MEMBER_UNAVAILABLE' })
})
