import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as v from 'valibot'
import { actor, type ActorDefinition } from '../../sdk/index.ts'
import { sampleCall } from './sample-call.ts'

const URL = 'http://127.0.0.1:9001'
const ACTORS = `${URL}/api/v1/system/my-system/actors`

const lineFor = (...actors: ActorDefinition[]): string | null => sampleCall(URL, 'my-system', actors)

test('the fields that a handler takes apart become the payload', () => {
  const adds = actor('counter', {
    state: { total: 0 },
    actions: { add: (_ctx, { value, times = 1 }: { value: number; times?: number }) => value * times },
  })
  assert.equal(lineFor(adds), `curl -X POST ${ACTORS}/counter/actions/add -d '{"value":1,"times":1}'`)
  const method = actor('counter', {
    actions: {
      async add(_ctx, { value }: { value: number }) {
        return value
      },
    },
  })
  assert.equal(lineFor(method), `curl -X POST ${ACTORS}/counter/actions/add -d '{"value":1}'`)
})

test('what a schema refuses is not shown: texts take the place of ones where it wants them', () => {
  const rename = actor('user', {
    kind: 'unnamed',
    state: { name: '' },
    actions: {
      rename: {
        payload: v.object({ name: v.string(), year: v.number() }),
        handler: (_ctx, { name, year }) => `${name} ${year}`,
      },
    },
  })
  assert.equal(
    lineFor(rename),
    `curl -X POST '${ACTORS}/user-1/actions/rename?ref=user' -d '{"name":"text","year":1}'`,
  )
})

test('an action without a payload is called without one; where nothing can be guessed the state is read', () => {
  const tick = actor('clock', { state: 0, actions: { init: () => 0, tick: () => 1 } })
  assert.equal(lineFor(tick), `curl -X POST ${ACTORS}/clock/actions/tick`)
  const opaque = actor('box', { state: 0, actions: { put: (_ctx, thing: { a: number }) => thing.a } })
  assert.equal(lineFor(opaque), `curl -X POST ${ACTORS}/box/actions/get`)
  const stateless = actor('box', { actions: { put: (_ctx, thing: { a: number }) => thing.a } })
  assert.equal(lineFor(stateless), null)
  assert.equal(lineFor(), null)
})

test('a name with a quote is quoted for the shell', () => {
  const odd = actor("it's", { state: 0, actions: { tick: () => 1 } })
  assert.equal(lineFor(odd), `curl -X POST '${ACTORS}/it'\\''s/actions/tick'`)
})
