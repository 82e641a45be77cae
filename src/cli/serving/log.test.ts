// What the lines for people look like.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { processTerminal, type Terminal } from '../terminal.ts'
import { loggerFor } from './log.ts'
import { OWN } from './module.ts'

async function lineOf(fields: Readonly<Record<string, unknown>>): Promise<string> {
  let printed = ''
  const terminal: Terminal = {
    ...processTerminal(),
    print: async (line) => void (printed += line),
    style: (_, text) => text,
  }
  const logger = await loggerFor({ json: false, least: 'info' }, terminal, { now: () => 0 })
  logger.info('an action failed', fields)
  return printed.slice(printed.indexOf('info'))
}

function failed(...frames: readonly string[]): Error {
  const error = new Error('it holds')
  error.stack = ['Error: it holds', ...frames.map((frame) => `    at ${frame}`)].join('\n')
  return error
}

test('an actor is told by its address, and an error with the place in the application', async () => {
  const action = `run (${OWN}actor/turn.ts:85:16)`
  const error = failed('kick (file:///app/door.ts:3:9)', action, 'process (node:internal/x:1:1)')
  const actor = { system: 'shop', parent: 'door', name: 'front' }
  assert.equal(
    await lineOf({ actor, action: 'kick', error }),
    'info  an action failed actor=door/front action=kick error="it holds"\n        at kick (file:///app/door.ts:3:9)',
  )
})

test("an error that is nobody else's is told with our places, and those above an application's stay", async () => {
  const [above, below] = [`effect (${OWN}hosts/a.ts:1:1)`, `run (${OWN}actor/b.ts:1:1)`]
  assert.match(await lineOf({ error: failed(below) }), /\n        at run \(.*b\.ts:1:1\)$/)
  const told = await lineOf({ error: failed(above, 'kick (file:///app/door.ts:3:9)', below) })
  assert.match(told, /\n        at effect \(.*\n        at kick \(file:\/\/\/app\/door\.ts:3:9\)$/)
})
