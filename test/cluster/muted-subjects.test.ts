import assert from 'node:assert/strict'
import { test } from 'node:test'
import { below, seededRandom } from '../../src/base/index.ts'
import { MutedSubjects } from './muted-subjects.ts'

const SENT = [
  'CONNECT {"verbose":false}\r\n',
  'PUB muted.a 5\r\nPUB x\r\n',
  'SUB muted.b 1\r\n',
  'PUB open.a reply.to 2\r\n\r\n\r\n',
  'HPUB muted.c reply.to 12 14\r\nNATS/1.0\r\n\r\nhi\r\n',
  'PING\r\n',
  'HPUB open.b 12 12\r\nNATS/1.0\r\n\r\n\r\n',
]
const PASSED = [SENT[0], SENT[2], SENT[3], SENT[5], SENT[6]].join('')

test('what is published on a muted subject is left out, wherever chunks end', () => {
  const random = seededRandom(7)
  for (let round = 0; round < 200; round += 1) {
    const subjects = new MutedSubjects((subject) => subject.startsWith('muted.'))
    const bytes = Buffer.from(SENT.join(''))
    let passed = ''
    for (let at = 0; at < bytes.length;) {
      const to = at + 1 + below(random, 20)
      passed += subjects.sift(bytes.subarray(at, to)).toString()
      at = to
    }
    assert.equal(passed, PASSED)
  }
})
