// `spawn actors history | get | diff | restore` as a person at a terminal and a program meet them, against a real system.

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { actor, system, type System, Value } from '../../src/sdk/index.ts'
import { sit, type Sitting, type SittingOptions } from './fake-terminal.ts'

interface Profile {
  readonly name: string
  readonly address?: { readonly city: string }
  readonly notes: readonly string[]
}

const user = actor('user', {
  kind: 'unnamed',
  state: (): Profile => ({ name: '', notes: [] }),
  history: { revisions: 10, duration: 7 * 86_400_000 },
  actions: {
    become: (_ctx, { profile, tags }: { profile: Profile; tags: Record<string, string> }) =>
      Value.of().state(profile).tags(tags),
  },
})
const plain = actor('plain', { state: { n: 0 }, actions: { add: (ctx) => Value.of({ n: ctx.state.n + 1 }) } })

const PROFILES: readonly (readonly [Profile, Record<string, string>])[] = [
  [{ name: 'Ada', notes: ['a', 'b'] }, {}],
  [{ name: 'Ada', address: { city: 'Oslo' }, notes: ['a', 'b'] }, { tier: 'gold' }],
  [{ name: 'Eve\u001b[2J', notes: ['b'] }, { tier: 'gold' }],
]

let running: System
before(async () => {
  running = await system('shop', { actors: [user, plain], store: 'memory', http: 0 }).start()
  await running.ref(plain).add()
})
after(() => running.stop())

let names = 0
/** An instance with three revisions. */
async function aUser(): Promise<string> {
  const name = `u${(names += 1)}`
  for (const [profile, tags] of PROFILES) await running.ref(user, name).become({ profile, tags })
  return name
}

const run = (words: readonly string[], options: Partial<SittingOptions> = {}): Promise<Sitting> =>
  sit(words, { url: running.url ?? '', ...options })
const actors = (verb: string, name: string, ...words: string[]): string[] => [
  'actors',
  verb,
  name,
  '--ref',
  'user',
  ...words,
]
const parsed = (line: string | undefined): unknown => JSON.parse(line ?? '')

describe('history', () => {
  test('is a table, newest first, and says what is kept', async () => {
    const { code, noted, printed } = await run(actors('history', await aUser()))
    assert.equal(code, 0)
    assert.match(printed[0] ?? '', /^REVISION {2}COMMITTED {13}TAGS$/)
    assert.match(printed[1] ?? '', /^3 {9}\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ {2}tier=gold$/)
    assert.match(printed[3] ?? '', /^1 {9}\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
    assert.deepEqual(noted, ['kept: 10 before the latest, and each for 7d after it was replaced'])
    assert.deepEqual((await run(['actors', 'history', 'plain'])).noted, ['kept: the latest revision only'])
  })

  test('comes page by page, and as documents', async () => {
    const name = await aUser()
    const first = await run(actors('history', name, '--limit', '2', '--json'))
    assert.deepEqual(
      first.printed.map((line) => (parsed(line) as { revision: number }).revision),
      [3, 2],
    )
    const { next } = parsed(first.noted[0]) as { next: string }
    const rest = await run(actors('history', name, '--after', next, '--json'))
    assert.deepEqual(Object.keys(parsed(rest.printed[0]) as object), ['revision', 'committedAt', 'tags'])
    assert.deepEqual([rest.printed.length, rest.noted], [1, []])
  })

  test('of an actor that is not there', async () => {
    const { code, noted } = await run(actors('history', 'nobody'))
    assert.equal(code, 1)
    assert.match(noted.join('\n'), /ACTOR_NOT_FOUND: "user\/nobody" is not stored, so it has no past/)
  })
})

describe('get', () => {
  test('shows an actor as it was', async () => {
    const name = await aUser()
    const { printed } = await run(actors('get', name, '--revision', '2', '--json'))
    const { committedAt, ...rest } = parsed(printed[0]) as { committedAt: string }
    assert.match(committedAt, /Z$/)
    assert.deepEqual(rest, {
      name,
      parent: 'user',
      system: 'shop',
      kind: 'unnamed',
      revision: 2,
      tags: { tier: 'gold' },
      state: PROFILES[1]?.[0],
    })
    const now = await run(actors('get', name, '--at', '0s', '--json'))
    assert.equal((parsed(now.printed[0]) as { revision: number }).revision, 3)
  })

  test('says when nothing is kept from there', async () => {
    const early = await run(actors('get', await aUser(), '--at', '1h'))
    assert.equal(early.code, 1)
    assert.match(
      early.noted.join('\n'),
      /has nothing that stood at .*Z: .*keeps the last 10 before the one that stands/,
    )
    assert.equal((await run(actors('get', 'x', '--at', '1h', '--revision', '2'))).code, 2)
    assert.equal((await run(actors('get', 'x', '--revision', '0'))).code, 2)
  })
})

describe('diff', () => {
  test('shows the last change, field by field, and what would steer the terminal as escapes', async () => {
    const { noted, printed } = await run(actors('diff', await aUser()), { width: 200 })
    assert.match(noted[0] ?? '', /^revision 2 → 3, \d{4}-.*Z → \d{4}-.*Z$/)
    assert.deepEqual(printed, [
      String.raw`~ state.name: "Ada" → "Eve\u001b[2J"`,
      '- state.address: {"city":"Oslo"}',
      '- state.notes[0]: "a"',
    ])
  })

  test('between any two, by revision or time, and cut to the width of a terminal', async () => {
    const name = await aUser()
    const added = await run(actors('diff', name, '--from', '1', '--to', '2'))
    assert.deepEqual(added.printed, ['+ state.address: {"city":"Oslo"}', '+ tags.tier: "gold"'])
    const narrow = await run(actors('diff', name, '--from', '2', '--to', '1'), { width: 20 })
    assert.deepEqual(narrow.printed, ['- state.address: {"…', '- tags.tier: "gold"'])
    const none = await run(actors('diff', name, '--from', '3', '--to', '0s'))
    assert.deepEqual([none.printed, none.noted.at(-1)], [[], 'nothing changed'])
    const bad = await run(actors('diff', name, '--from', 'soon'))
    assert.equal(bad.code, 2)
    assert.match(bad.noted.join(), /--from takes a revision from 1, or a time .*, not "soon"/)
  })

  test('as one document', async () => {
    const { noted, printed } = await run(actors('diff', await aUser(), '--from', '1', '--json'))
    assert.deepEqual(noted, [])
    assert.partialDeepStrictEqual(parsed(printed[0]), {
      from: { revision: 1, tags: {} },
      to: { revision: 3 },
      state: [
        { path: ['name'], kind: 'changed', before: 'Ada' },
        { path: ['notes', 0], kind: 'removed', before: 'a' },
      ],
      tags: [{ path: ['tier'], kind: 'added', after: 'gold' }],
    })
  })

  test('of an actor that keeps nothing', async () => {
    const { code, noted } = await run(['actors', 'diff', 'plain'])
    assert.equal(code, 1)
    assert.match(noted.join(), /of "plain" nothing before revision 1 is kept; its history keeps none/)
  })
})

describe('restore', () => {
  test('shows what changes, asks, and makes a new revision', async () => {
    const name = await aUser()
    const { asked, code, noted } = await run(actors('restore', name, '--revision', '2'), {
      types: 'y',
      width: 200,
    })
    assert.equal(code, 0)
    assert.match(
      asked[0] ?? '',
      new RegExp(`^Restore user/${name} from revision 3 to revision 2 of \\d{4}-.*Z\\? \\[y/N\\] $`),
    )
    assert.deepEqual(noted, [
      String.raw`~ state.name: "Eve\u001b[2J" → "Ada"`,
      '+ state.notes[0]: "a"',
      '+ state.address: {"city":"Oslo"}',
      `restored user/${name} to revision 2, as revision 4`,
    ])
    assert.deepEqual(await running.ref(user, name).get(), PROFILES[1]?.[0])
    const undone = await run(actors('restore', name, '--revision', '3', '--yes', '--json'))
    assert.deepEqual([undone.asked, undone.printed], [[], ['{"revision":5,"from":3}']])
  })

  test('anything but a yes leaves everything as it is', async () => {
    const name = await aUser()
    const { code, noted } = await run(actors('restore', name, '--revision', '1'), { types: '' })
    assert.equal(code, 1)
    assert.match(noted.at(-1) ?? '', /nothing was restored/)
    const alone = await run(actors('restore', name, '--revision', '1'))
    assert.equal(alone.code, 2)
    assert.match(alone.noted.join('\n'), /to restore without a question, add --yes/)
    assert.equal((await running.inspect(name, { ref: 'user' })).revision, 3)
  })

  test('what was committed while it asked makes it a conflict', async () => {
    const name = await aUser()
    const words = actors('restore', name, '--revision', '1')
    const types = async (): Promise<string> => {
      await running.ref(user, name).become({ profile: { name: 'Sly', notes: [] }, tags: {} })
      return 'y'
    }
    const { code, noted } = await run(words, { types })
    assert.notEqual(code, 0)
    assert.match(
      noted.join('\n'),
      /STATE_CONFLICT: ".*" stands at revision 4, not at 3: nothing was restored/,
    )
    assert.equal((await running.ref(user, name).get()).name, 'Sly')
  })

  test('to what stands already does nothing, and says so', async () => {
    const name = await aUser()
    const { code, noted } = await run(actors('restore', name, '--at', '0s', '--yes'))
    assert.deepEqual([code, noted], [0, [`user/${name} stands at revision 3 already`]])
  })

  test('needs to know which revision', async () => {
    assert.equal((await run(actors('restore', 'x', '--yes'))).code, 2)
    assert.equal((await run(actors('restore', 'x', '--revision', '1', '--at', '1h', '--yes'))).code, 2)
  })
})
