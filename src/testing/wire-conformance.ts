// The suite that every wire passes; what it checks is ports/wire.ts in code. A wire may lose what it is given, so each case
// sends again until it has arrived. Registers node:test tests; decides none of them.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Wire } from '../ports/index.ts'
import { until } from './until.ts'

/** Wires under test: all reach each other, and nobody else. */
export interface WireSubject {
  /** A member's wire, not started. */
  readonly wire: () => Wire
  readonly dispose: () => Promise<void>
}

interface Member {
  readonly wire: Wire
  readonly received: Uint8Array[]
}

async function member(subject: WireSubject, id: string): Promise<Member> {
  const wire = subject.wire()
  const received: Uint8Array[] = []
  await wire.start(id, (bytes) => received.push(bytes))
  return { wire, received }
}

/** Sends until it is there, as those who need it do. */
async function arrive(from: Member, to: string, at: Member, bytes: Uint8Array): Promise<Uint8Array> {
  const isIt = (received: Uint8Array): boolean => Buffer.from(received).equals(bytes)
  return until(`${bytes.length} bytes at ${to}`, () => {
    if (!at.received.some(isIt)) from.wire.send(to, bytes)
    return at.received.find(isIt)
  })
}

const bytesOf = (length: number): Uint8Array =>
  Uint8Array.from({ length }, (_, at) => (at * 31 + length) & 0xff)

const CASES: Readonly<Record<string, (subject: WireSubject) => Promise<void>>> = {
  'bytes arrive as they were sent, up to the largest': async (subject) => {
    const [ann, bob] = await Promise.all([member(subject, 'ann'), member(subject, 'bob')])
    assert.ok(ann.wire.maxBytes >= 4_096)
    for (const length of [1, 2, 1_000, 65_536, ann.wire.maxBytes])
      await arrive(ann, 'bob', bob, bytesOf(length))
    assert.deepEqual(ann.received, [])
    await Promise.all([ann.wire.stop(), bob.wire.stop()])
  },

  'what arrives is never told within the call that sends': async (subject) => {
    const [ann, bob] = await Promise.all([member(subject, 'ann'), member(subject, 'bob')])
    const before = bob.received.length
    ann.wire.send('bob', bytesOf(10))
    assert.equal(bob.received.length, before)
    await arrive(ann, 'bob', bob, bytesOf(11))
    await Promise.all([ann.wire.stop(), bob.wire.stop()])
  },

  'what arrives belongs to who gets it': async (subject) => {
    const [ann, bob, twin] = await Promise.all([
      member(subject, 'ann'),
      member(subject, 'bob'),
      member(subject, 'bob'),
    ])
    const sent = bytesOf(100)
    const [one, other] = [await arrive(ann, 'bob', bob, sent), await arrive(ann, 'bob', twin, sent)]
    one.fill(0)
    assert.ok(Buffer.from(other).equals(bytesOf(100)) && Buffer.from(sent).equals(bytesOf(100)))
    await Promise.all([ann.wire.stop(), bob.wire.stop(), twin.wire.stop()])
  },

  "members have any text as their id, and nobody gets what is another one's": async (subject) => {
    const ids = [
      'a',
      'A',
      'a.b',
      'a.*',
      '>',
      '*',
      'a b',
      '_61',
      'höhle 🐻',
      'x'.repeat(512),
      `${'x'.repeat(511)}y`,
    ]
    const members = await Promise.all(ids.map((id) => member(subject, id)))
    const sender = await member(subject, 'sender')
    for (const [index, at] of members.entries())
      await arrive(sender, ids[index] ?? '', at, bytesOf(index + 1))
    for (const [index, { received }] of members.entries())
      for (const bytes of received) assert.equal(bytes.length, index + 1, `for ${ids[index]?.slice(0, 20)}`)
    await Promise.all([...members, sender].map(({ wire }) => wire.stop()))
  },

  'sending to nobody, or when stopped, harms nobody; nothing comes after a stop': async (subject) => {
    const [ann, bob] = await Promise.all([member(subject, 'ann'), member(subject, 'bob')])
    ann.wire.send('nobody', bytesOf(1))
    await arrive(ann, 'bob', bob, bytesOf(2))
    await bob.wire.stop()
    const { length } = bob.received
    ann.wire.send('bob', bytesOf(3))
    bob.wire.send('ann', bytesOf(4))
    const next = await member(subject, 'bob')
    await arrive(ann, 'bob', next, bytesOf(5))
    assert.equal(bob.received.length, length)
    assert.deepEqual(ann.received, [])
    await Promise.all([ann.wire.stop(), next.wire.stop()])
    ann.wire.send('bob', bytesOf(6))
    await ann.wire.stop()
  },
}

/**
 * Registers the tests for one wire.
 *
 * @param name what the tests are headed with.
 * @param open makes wires of a network of their own; called once for each test.
 */
export function wireConformance(name: string, open: () => Promise<WireSubject>): void {
  void describe(`wire ${name}`, () => {
    for (const [title, check] of Object.entries(CASES)) {
      void test(title, async () => {
        const subject = await open()
        try {
          await check(subject)
        } finally {
          await subject.dispose()
        }
      })
    }
  })
}
