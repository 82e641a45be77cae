// Real members that leave in order, one after the other, right after one of the others has broadcast and has not got through to
// them: whom they had in memory hears it, once, wherever it is then.

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { until } from '../../src/testing/index.ts'
import { ordeal } from '../cluster/ordeal.ts'
import type { CabledMember } from '../cluster/world.ts'
import { SYSTEM } from '../crash/server.ts'
import { endPostgres } from '../servers/postgres.ts'

after(endPostgres)

const ROUNDS = 9
const SINGERS = Array.from({ length: 60 }, (_, at) => `singer-${at}`)

async function post({ server }: CabledMember, path: string, body: object): Promise<string> {
  const response = await fetch(`${server.url}/api/v1/system/${SYSTEM}/${path}`, {
    method: 'POST',
    body: JSON.stringify(body),
    headers: { 'content-type': 'application/json' },
  })
  const text = await response.text()
  assert.ok(response.ok, `${path} was answered with ${response.status}: ${text}`)
  return text
}

const sing = (member: CabledMember, name: string, action: string): Promise<string> =>
  post(member, `actors/${name}/actions/${action}?ref=singer`, {})

test('instances that a leaving member hands over get what it was not told of', async () => {
  const load = { callers: 2, ledgers: 4, everyMs: 200, timeoutMs: 1_000 }
  const { violations } = await ordeal({ seed: 1, members: 3, leaseMs: 6_000, load }, async ({ members }) => {
    const published: string[] = []
    for (let round = 0; round < ROUNDS; round += 1) {
      const leaving = members[round % 3]
      const publisher = members[(round + 1) % 3]
      const door = members[(round + 2) % 3]
      assert.ok(leaving !== undefined && publisher !== undefined && door !== undefined)
      await Promise.all(SINGERS.map((name) => sing(door, name, 'wake')))
      publisher.deafTo.add(leaving.node)
      const id = `song ${round}`
      await post(publisher, 'channels/songs', { id })
      published.push(id)
      assert.equal(await leaving.stop(), 0)
      publisher.deafTo.clear()
      await leaving.start()
    }
    const [door] = members
    assert.ok(door !== undefined)
    for (const name of SINGERS) {
      const heard = async (): Promise<string[]> =>
        // An answer of ledger.ts.
        (JSON.parse(await sing(door, name, 'all')) as { heard: string[] }).heard.toSorted()
      await until(`${name} to hear all`, async () => (await heard()).length >= ROUNDS)
      assert.deepEqual(await heard(), published, name)
    }
  })
  assert.deepEqual(violations, [])
})
