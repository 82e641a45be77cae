// `spawn definitions` and `spawn systems` as a person at a terminal and a script meet them.

import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'

import type { DefinitionView } from '../../src/ports/index.ts'
import { type Fixture, listening } from '../http/fixture.ts'
import { hosted, member, ScriptedCluster } from '../http/scripted-cluster.ts'
import { sit, type Sitting } from './fake-terminal.ts'

let http: Fixture
before(async () => {
  http = await listening()
})
after(() => http[Symbol.asyncDispose]())
beforeEach(() => {
  http.gateway.definitions = []
})

const action = (name: string, over: object = {}) => ({
  name,
  query: false,
  timeoutMs: null,
  timerMs: null,
  ...over,
})

const definition = (name: string, over: Partial<DefinitionView> = {}): DefinitionView => ({
  name,
  kind: 'named',
  actions: [action('add')],
  initAction: null,
  channels: [],
  stateful: true,
  durability: 'turn',
  version: 0,
  history: { revisions: 0, durationMs: 0 },
  facts: null,
  erasable: false,
  tags: {},
  idleTimeoutMs: 600_000,
  mailboxLimit: 10_000,
  reentrancy: 'none',
  pool: null,
  placement: { by: 'hash' },
  ...over,
})

const run = (words: readonly string[], url = http.url): Promise<Sitting> => sit(words, { url, width: null })

test('definitions are a table of what they can do, and of what is not usual of them', async () => {
  http.gateway.definitions = [
    definition('user', {
      kind: 'unnamed',
      version: 3,
      initAction: 'init',
      actions: [
        action('init'),
        action('rename', { timeoutMs: 2_000 }),
        action('total', { query: true }),
        action('tick', { timerMs: 60_000, timeoutMs: 500 }),
      ],
      channels: [{ channel: 'prices', action: 'reprice' }],
      history: { revisions: 10, durationMs: 604_800_000 },
      facts: { durationMs: 86_400_000 },
      erasable: true,
      durability: 'snapshot',
      reentrancy: 'call-chain',
      placement: { by: 'zone', zone: 'north' },
    }),
    definition('renderer', {
      kind: 'pooled',
      version: null,
      stateful: false,
      pool: { min: 1, max: 10 },
      placement: { by: 'local' },
      actions: [],
    }),
    definition('a\u001b[2J', { stateful: false, version: null }),
    definition('till', { facts: { durationMs: null } }),
  ]
  const { code, printed, noted } = await run(['definitions'])
  assert.equal(code, 0)
  assert.deepEqual(printed, [
    'DEFINITION  KIND     VERSION  ACTIONS                                                           CHANNELS          SETTINGS',
    'user        unnamed  3        rename (within 2s), total (query), tick (every 1m, within 500ms)  prices → reprice  snapshot, history 10 or 7d, facts for 1d, erasable, reentrant, placed by zone',
    'renderer    pooled   -        -                                                                 -                 1 to 10 workers',
    'a\\u001b[2J  named    -        add                                                               -                 not stored',
    'till        named    0        add                                                               -                 facts',
  ])
  assert.deepEqual(noted, [])
})

test('definitions as documents have all that the server says, one in each line', async () => {
  http.gateway.definitions = [definition('till'), definition('user', { kind: 'unnamed' })]
  const { printed } = await run(['definitions', '--json'])
  assert.deepEqual(
    printed.map((line): unknown => JSON.parse(line)),
    http.gateway.definitions,
  )
})

test('in a cluster, the members that host each stand in the table', async () => {
  const cluster = new ScriptedCluster(
    member('a', { systems: [{ name: 'my-system', definitions: [hosted('till')] }] }),
    member('b'),
  )
  await using clustered = await listening({ cluster })
  clustered.gateway.definitions = [definition('till')]
  const { printed } = await run(['definitions'], clustered.url)
  assert.deepEqual(printed, [
    'DEFINITION  KIND     VERSION  MEMBERS  ACTIONS  CHANNELS  SETTINGS',
    'till        named    0        a, b     add      -         -',
    'user        unnamed  -        b        ?        -         -',
  ])
})

test('a system without any, and one that is not served, are said to be so', async () => {
  const none = await run(['definitions'])
  assert.deepEqual([none.code, none.printed, none.noted], [0, [], ['nothing is defined in my-system']])
  const unknown = await run(['definitions', '--system', 'shop'])
  assert.equal(unknown.code, 1)
  assert.match(unknown.noted.join('\n'), /no system "shop" here; this listener serves "my-system"/)
  const json = await run(['definitions', '--system', 'shop', '--json'])
  const { error } = JSON.parse(json.noted[0] ?? '') as { error: { code: string } }
  assert.deepEqual([json.code, error.code, json.printed], [1, 'ACTOR_NOT_FOUND', []])
})

test('systems are a table, or one document in each line', async () => {
  http.gateway.definitions = [definition('till')]
  assert.deepEqual((await run(['systems'])).printed, ['SYSTEM     DEFINITIONS', 'my-system  1'])
  assert.deepEqual((await run(['systems', '--json'])).printed, ['{"name":"my-system","definitions":1}'])
})
