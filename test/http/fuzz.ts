// Wrong requests over real sockets, by the thousands: each is answered with a 4xx in its place, or, when it is no HTTP at all,
// ends in a clean close; never a 5xx, never a word of a payload, and the server serves on as if nothing had been. Used by
// the test and by its longer form.

import assert from 'node:assert/strict'
import { connect } from 'node:net'
import * as fc from 'fast-check'

import { type Fixture, listening } from './fixture.ts'
import { type Conversation, conversation, SECRET } from './malformed.ts'
import { readReplies } from './raw-client.ts'

const AT_ONCE = 20

/** Sends the bytes, and reads until the server has closed. The client ends its side when it has an answer. */
function exchange(port: number, parts: Conversation): Promise<string> {
  return new Promise((resolve, reject) => {
    let received = ''
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true }, () => {
      socket.write(parts.map(({ bytes }) => bytes).join(''), 'latin1')
      if (!parts.every(({ complete }) => complete)) socket.end()
    })
    socket.setTimeout(10_000, () => reject(new Error(`no end after ${JSON.stringify(received)}`)))
    socket.on('data', (chunk: Buffer) => {
      received += chunk.toString('latin1')
      socket.end()
    })
    socket.on('end', () => socket.end())
    socket.on('error', reject)
    socket.on('close', () => resolve(received))
  })
}

/** Checks what came back, and counts the refusals. */
function judge(parts: Conversation, received: string): number {
  const { replies, rest } = readReplies(received)
  assert.equal(rest, '', 'something came that is no whole reply')
  assert.ok(!received.includes(SECRET), 'a payload came back')
  let refusals = 0
  for (const [index, { status, body, headers }] of replies.entries()) {
    // Changed bytes may make two requests of one: what comes after the last part is judged as that.
    const kind = (parts[index] ?? parts.at(-1))?.kind
    if (status === 200 && kind !== 'wrong') continue
    assert.notEqual(kind, 'good', `a good request got ${status}: ${body}`)
    assert.ok(status >= 400 && status < 500, `got ${status}: ${body}`)
    assert.equal(headers.get('content-type'), 'application/problem+json')
    assert.equal(JSON.parse(body).status, status)
    refusals += 1
  }
  const isClosed = replies.at(-1)?.headers.get('connection') === 'close'
  const due = parts.filter(({ kind }) => kind !== 'alien').length
  assert.ok(isClosed || replies.length >= due, `${replies.length} replies to ${due} requests`)
  return refusals
}

async function stillServes({ actors, gateway }: Fixture): Promise<void> {
  const response = await fetch(`${actors}/alive/actions/echo`, {
    method: 'POST',
    body: '{"a":1}',
    headers: { 'content-type': 'application/json' },
  })
  assert.deepEqual(await response.json(), { a: 1 })
  // Wrong requests have polluted nothing.
  assert.equal(Reflect.get({}, 'admin'), undefined)
  gateway.calls.length = 0
}

/** @param count of conversations. @returns how many requests were refused: two or more in each of them, on the whole. */
export async function wrongRequests(count: number): Promise<number> {
  await using http = await listening()
  const port = Number(new URL(http.url).port)
  let refusals = 0
  const batch = fc.array(conversation, { minLength: AT_ONCE, maxLength: AT_ONCE, size: 'max' })
  await fc.assert(
    fc.asyncProperty(batch, async (conversations) => {
      await Promise.all(
        conversations.map(async (parts) => {
          const received = await exchange(port, parts)
          try {
            refusals += judge(parts, received)
          } catch (error) {
            throw new Error(`${JSON.stringify(parts).slice(0, 2_000)}\n${received}`, { cause: error })
          }
        }),
      )
      await stillServes(http)
    }),
    { numRuns: Math.ceil(count / AT_ONCE) },
  )
  assert.deepEqual(http.log.lines, [])
  return refusals
}
