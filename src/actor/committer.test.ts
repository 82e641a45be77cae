import assert from 'node:assert/strict'
import { test } from 'node:test'

import { LIMITS, seededRandom } from '../base/index.ts'
import { MemoryStore } from '../stores/memory/index.ts'
import { VirtualClock } from '../testing/index.ts'
import { RecordingLogger } from '../../test/actor/fixture.ts'
import { Committer, type GroupedCommit } from './committer.ts'

test('what is done while a group is on its way fails no group, and is not forgotten', async () => {
  const clock = new VirtualClock()
  const logger = new RecordingLogger()
  const departed: GroupedCommit[] = []
  const lost: GroupedCommit[] = []
  let left = 2
  const meanwhile = {
    get waits() {
      return left > 0
    },
    run() {
      if (left === 0) return
      left -= 1
      throw new Error(`it fails, and ${left} are left`)
    },
  }
  const store = new MemoryStore()
  await store.start()
  const committer = new Committer({
    system: 's',
    store,
    clock,
    random: seededRandom(1),
    logger,
    limits: LIMITS,
    member: { epoch: 1 },
    membership: null,
    drop: () => assert.fail('nothing is lost'),
    carrier: () => ({
      meanwhile,
      departed: (commit) => departed.push(commit),
      uncertain: (group) => lost.push(...group),
    }),
  })
  const verdict = committer.outside({ sends: [], takes: [] })
  assert.equal(await clock.run(verdict), true)
  await clock.advance(1)
  assert.deepEqual([departed.length, lost, left], [1, [], 0])
  const text = 'what waited for a group to leave could not be handed over'
  assert.deepEqual(
    logger.lines.map(({ fields, message }) => [message, fields['error']]),
    [
      [text, 'it fails, and 1 are left'],
      [text, 'it fails, and 0 are left'],
    ],
  )
})
