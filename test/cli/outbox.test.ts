// `spawn schedules`, `spawn dead-letters` and `spawn publish` as a person at a terminal meets them, before a gateway that
// keeps what it is given: tables, questions, counts, what goes wrong on the way.

import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, test } from 'node:test'
import { SpawnError } from '../../src/base/index.ts'
import type { DeadLetter } from '../../src/ports/index.ts'
import { Json } from '../../src/protocol/index.ts'
import { type Fixture, listening } from '../http/fixture.ts'
import { sit, type Sitting, type SittingOptions } from './fake-terminal.ts'

let http: Fixture
before(async () => {
  http = await listening()
})
after(() => http[Symbol.asyncDispose]())
beforeEach(() => {
  const { gateway } = http
  for (const list of [gateway.calls, gateway.published, gateway.retried]) list.length = 0
  gateway.standingSchedules.clear()
  gateway.standingLetters.clear()
  gateway.unreadable.length = 0
})

const run = (words: readonly string[], options: Partial<SittingOptions> = {}): Promise<Sitting> =>
  sit(words, { url: http.url, ...options })
const lastCall = () => http.gateway.calls.at(-1)?.call ?? assert.fail('no call came in')

const letter = (id: string, over: Partial<DeadLetter> = {}): DeadLetter => ({
  id,
  from: null,
  to: { system: 'my-system', parent: 'user', name: 'user-1' },
  action: 'pay',
  metadata: {},
  payloadJson: { sum: 5 },
  attempts: 10,
  error: { code: 'ACTION_FAILED', message: 'the till is closed' },
  createdAtMs: 1_700_000_000_000,
  diedAtMs: 1_700_000_060_000,
  ...over,
})
const keep = (...ids: string[]): void => {
  for (const id of ids) http.gateway.standingLetters.set(id, letter(id))
}
const many = (count: number): string[] =>
  Array.from({ length: count }, (_, at) => `letter-${String(at).padStart(5, '0')}`)

describe('invoke, for later', () => {
  test('prints the id of the schedule, and how to take it back', async () => {
    const { code, printed, noted } = await run(['invoke', 'joe', 'add', '{}', '--delay', '2h'])
    assert.equal(code, 0)
    assert.deepEqual(printed, [...http.gateway.standingSchedules.keys()])
    assert.deepEqual(noted, ['scheduled; `spawn schedules cancel` with this id takes it back'])
    assert.equal(lastCall().delayMs, 7_200_000)
    const document = await run(['invoke', 'joe', 'add', '--delay', '0', '--json'])
    assert.deepEqual(JSON.parse(document.printed[0] ?? ''), {
      schedule: [...http.gateway.standingSchedules.keys()][1],
    })
  })

  test('takes a time, or an expression and its time zone', async () => {
    await run(['invoke', 'joe', 'add', '--at', '2026-12-01T10:00:00+01:00'])
    assert.equal(lastCall().scheduledToMs, Date.UTC(2026, 11, 1, 9))
    await run(['invoke', 'joe', 'add', '--cron', '*/5 9-17 * * 1-5', '--timezone', 'America/Port-au-Prince'])
    assert.deepEqual([lastCall().cron, lastCall().timeZone], ['*/5 9-17 * * 1-5', 'America/Port-au-Prince'])
  })
})

describe('invoke, with a receipt', () => {
  test('tells it beside the response', async () => {
    const person = await run(['invoke', 'a/1 ü', 'add', '--ref', 'user', '--receipt'])
    assert.deepEqual(person.printed, ['{"total":1}'])
    assert.deepEqual(person.noted, ['by user/a/1 ü at revision 1, durability turn'])
    const program = await run(['invoke', 'a/1 ü', 'add', '--ref', 'user', '--receipt', '--json'])
    assert.deepEqual(JSON.parse(program.printed[0] ?? ''), {
      response: { total: 2 },
      actor: { parent: 'user', name: 'a/1 ü' },
      revision: 2,
      durability: 'turn',
    })
    const nothing = await run(['invoke', 'a/1 ü', 'nothing', '--receipt', '--json'])
    assert.deepEqual(JSON.parse(nothing.printed[0] ?? ''), {
      actor: { parent: '', name: 'a/1 ü' },
      revision: 2,
      durability: 'turn',
    })
  })

  test('keeps the digits of the response', async () => {
    const { printed } = await run(['invoke', 'joe', 'echo', '12345678901', '--receipt', '--json'])
    assert.match(printed[0] ?? '', /^\{"response":12345678901,"actor":/)
  })
})

describe('schedules', () => {
  test('are a table in which nothing steers the terminal', async () => {
    await run(['invoke', 'joe', 'add', '--at', '2026-12-01T09:00:00Z'])
    await run(['invoke', 'u\u001b[2J', 'add', '--ref', 'user', '--cron', '0 9 * * *'])
    const { printed, code } = await run(['schedules', 'list'], { width: 100 })
    const [heading, first, second] = printed
    assert.equal(code, 0)
    assert.match(heading ?? '', /^ID +DUE +ACTOR +ACTION +FROM +REPEATS$/)
    assert.match(first ?? '', /^joe\/add\/\d+ +2026-12-01T09:00:00Z +joe +add +- +-$/)
    assert.match(second ?? '', /user\/u\\u001b\[2J +add +- +0 9 \* \* \* UTC$/)
  })

  test('are one document per line for a program', async () => {
    await run(['invoke', 'joe', 'add', '--at', '2026-12-01T09:00:00Z', '--metadata', 'trace=t'])
    const { printed } = await run(['schedules', 'list', '--json'])
    assert.equal(printed.length, 1)
    assert.partialDeepStrictEqual(JSON.parse(printed[0] ?? ''), { action: 'add', metadata: { trace: 't' } })
  })

  test('say when there are none', async () => {
    const { code, printed, noted } = await run(['schedules', 'list'])
    assert.deepEqual(
      { code, printed, noted },
      { code: 0, printed: [], noted: ['nothing is scheduled in my-system'] },
    )
  })

  test('are cancelled, once', async () => {
    await run(['invoke', 'a b?', 'add', '--delay', '1d'])
    const [id = ''] = http.gateway.standingSchedules.keys()
    assert.deepEqual((await run(['schedules', 'cancel', id])).noted, [`cancelled ${id}`])
    const again = await run(['schedules', 'cancel', id])
    assert.equal(again.code, 1)
    assert.deepEqual(again.noted, [
      `error: there is no schedule ${JSON.stringify(id)}: it ran, was cancelled, or never was`,
      '       see what stands with `spawn schedules list`',
    ])
    const program = await run(['schedules', 'cancel', id, '--json'])
    assert.partialDeepStrictEqual(JSON.parse(program.noted[0] ?? ''), { error: { code: 'NOT_FOUND' } })
  })
})

describe('dead letters', () => {
  test('are a table that fits the screen, with why they died', async () => {
    keep('a-1')
    const long = { code: 'ACTION_FAILED', message: 'x'.repeat(200) }
    http.gateway.standingLetters.set('a-2', letter('a-2', { error: long }))
    const { printed } = await run(['dead-letters', 'list'], { width: 100 })
    assert.match(printed[0] ?? '', /^ID +DIED +ACTOR +ACTION +TRIES +ERROR$/)
    const row = /^a-1 +2023-11-14T22:14:20Z +user\/user-1 +pay +10 +ACTION_FAILED: the till is closed$/
    assert.match(printed[1] ?? '', row)
    assert.deepEqual([printed[2]?.length, printed[2]?.at(-1)], [100, '…'])
  })

  describe('that cannot be read', () => {
    const error = { code: 'STATE_UNREADABLE', message: 'the envelope "u" cannot be opened' }
    const unreadable = (id: string, box: 'dead' | 'schedule', atMs: number): void =>
      void http.gateway.unreadable.push({ id, box, atMs, error })

    test('stand in the list where they died, with why', async () => {
      keep('a')
      unreadable('u', 'dead', 1_700_000_000_000)
      unreadable('v', 'dead', 1_700_000_090_000)
      const { printed } = await run(['dead-letters', 'list'], { width: 120 })
      const why = String.raw`unreadable: STATE_UNREADABLE: the envelope "u" cannot be opened`
      assert.match(printed[1] ?? '', new RegExp(`^u +2023-11-14T22:13:20Z +\\? +\\? +\\? +${why}$`))
      assert.deepEqual(
        printed.slice(1).map(([first]) => first),
        ['u', 'a', 'v'],
      )
      const lines = await run(['dead-letters', 'list', '--json'])
      assert.deepEqual(JSON.parse(lines.printed[0] ?? ''), {
        id: 'u',
        box: 'dead',
        diedAt: '2023-11-14T22:13:20.000Z',
        unreadable: error,
      })
      unreadable('w', 'schedule', 1_700_000_000_000)
      const [, row] = (await run(['schedules', 'list'], { width: 120 })).printed
      assert.match(row ?? '', /^w +2023-11-14T22:13:20Z +\? +\? +\? +unreadable: STATE_UNREADABLE/)
    })

    test('are left alone when all are retried or discarded', async () => {
      keep('a')
      unreadable('u', 'dead', 1_700_000_000_000)
      const { code, noted } = await run(['dead-letters', 'retry', '--all'])
      assert.equal(code, 0)
      assert.match(noted[0] ?? '', /^1 dead letter cannot be read and stays: .*dead-letters discard <id>/)
      assert.equal(noted[1], 'retried 1 dead letter')
      assert.deepEqual(http.gateway.retried, ['a'])
      const all = await run(['dead-letters', 'discard', '--all', '--yes', '--json'])
      assert.deepEqual(all.printed, ['{"discarded":0,"gone":0,"unreadable":1}'])
    })
  })

  test('are shown with their payload', async () => {
    keep('a/1')
    const { code, printed } = await run(['dead-letters', 'show', 'a/1', '--json'])
    assert.equal(code, 0)
    assert.partialDeepStrictEqual(JSON.parse(printed[0] ?? ''), { id: 'a/1', payload: { sum: 5 } })
    assert.equal((await run(['dead-letters', 'show', 'a'])).code, 1)
  })

  test('are retried one by one', async () => {
    keep('a', 'b')
    assert.deepEqual((await run(['dead-letters', 'retry', 'a'])).noted, ['retried a'])
    assert.deepEqual(http.gateway.retried, ['a'])
    assert.deepEqual((await run(['dead-letters', 'retry', 'b', '--json'])).printed, ['{"retried":1}'])
    assert.equal((await run(['dead-letters', 'retry', 'b'])).code, 1)
  })

  test('are retried all at once, over pages, with progress and a count', async () => {
    keep(...many(2_500))
    const { code, noted, progress } = await run(['dead-letters', 'retry', '--all'])
    assert.equal(code, 0)
    assert.deepEqual(noted, ['retried 2500 dead letters'])
    assert.equal(http.gateway.standingLetters.size, 0)
    assert.deepEqual(http.gateway.retried.toSorted(), many(2_500))
    assert.equal(progress[1], 'retried 16 of 2500')
    assert.equal(progress.at(-1), '', 'the line is cleared')
    const none = await run(['dead-letters', 'retry', '--all', '--json'])
    assert.deepEqual(none.printed, ['{"retried":0,"gone":0}'])
  })

  test('that die again at once are not retried again', async () => {
    keep('a', 'b')
    const { standingLetters, deadLetters } = http.gateway
    const { retry } = deadLetters
    let deaths = 0
    http.gateway.deadLetters = {
      ...deadLetters,
      retry: async (id) => {
        deaths += 1
        keep(`z-${deaths}`)
        return retry(id)
      },
    }
    try {
      assert.deepEqual((await run(['dead-letters', 'retry', '--all'])).noted, ['retried 2 dead letters'])
      assert.deepEqual([...standingLetters.keys()], ['z-1', 'z-2'])
    } finally {
      http.gateway.deadLetters = deadLetters
    }
  })

  test('count what was done before something went wrong', async () => {
    keep(...many(40))
    const { deadLetters } = http.gateway
    http.gateway.deadLetters = {
      ...deadLetters,
      retry: async (id) => {
        if (id === 'letter-00020') throw new SpawnError('STORE_UNAVAILABLE', 'the disk is full')
        return id !== 'letter-00001' && deadLetters.retry(id)
      },
    }
    try {
      const { code, noted } = await run(['dead-letters', 'retry', '--all', '--json'])
      assert.equal(code, 5)
      const { error } = JSON.parse(noted[0] ?? '')
      assert.equal(error.code, 'STORE_UNAVAILABLE')
      assert.match(error.message, /the disk is full \(30 dead letters were retried before\)$/)
      assert.equal(error.details.retried, 30)
    } finally {
      http.gateway.deadLetters = deadLetters
    }
  })

  test('are discarded after a yes', async () => {
    keep('a', 'b', 'c')
    for (const types of ['n', '', 'yess']) {
      const { code, noted } = await run(['dead-letters', 'discard', 'a'], { types })
      assert.deepEqual([code, noted], [1, ['error: nothing was discarded']])
    }
    const nobody = await run(['dead-letters', 'discard', '--all'])
    assert.equal(nobody.code, 2)
    assert.match(
      nobody.noted.join('\n'),
      /nobody can be asked here\n +to discard without a question, add --yes/,
    )
    assert.equal(http.gateway.standingLetters.size, 3)
    const yes = await run(['dead-letters', 'discard', 'a'], { types: 'y' })
    assert.deepEqual(yes.asked, ['Discard the dead letter a of my-system? [y/N] '])
    assert.deepEqual(yes.noted, ['discarded a'])
    const all = await run(['dead-letters', 'discard', '--all'], { types: 'no' })
    assert.deepEqual(all.asked, ['Discard all 2 dead letters of my-system? [y/N] '])
    assert.deepEqual((await run(['dead-letters', 'discard', '--all', '--yes'])).noted, [
      'discarded 2 dead letters',
    ])
    assert.equal(http.gateway.standingLetters.size, 0)
    // Nothing to lose, nothing to ask.
    assert.deepEqual((await run(['dead-letters', 'discard', '--all'])).noted, ['no dead letters stand'])
  })

  test('need an id or --all, not both', async () => {
    for (const words of [
      ['retry'],
      ['retry', 'a', '--all'],
      ['discard'],
      ['discard', 'a', '--all', '--yes'],
    ]) {
      assert.equal((await run(['dead-letters', ...words])).code, 2, words.join(' '))
    }
  })
})

describe('publish', () => {
  test('sends a payload with its metadata, or none', async () => {
    const { code, noted } = await run(['publish', 'news/all', '{"a":"é"}', '--metadata', 'town=Łódź'])
    assert.deepEqual([code, noted], [0, ['published on news/all']])
    assert.deepEqual((await run(['publish', 'news', '--json'])).printed, ['{"published":true}'])
    assert.deepEqual(http.gateway.published, [
      { channel: 'news/all', payload: new Json({ a: 'é' }), options: { metadata: { town: 'Łódź' } } },
      { channel: 'news', payload: undefined, options: { metadata: undefined } },
    ])
  })

  test('says what went wrong', async () => {
    assert.equal((await run(['publish', 'closed', '1'])).code, 5)
    assert.equal((await run(['publish', 'news', '{'])).code, 2)
    assert.equal((await run(['publish', 'news', '1', '--metadata', 'Big=1'])).code, 2)
    assert.equal((await run(['publish'])).code, 2)
  })
})
