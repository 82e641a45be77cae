// How actors behave, whatever host runs their code. One world for each test; the parts of a test are the definitions that
// it needs. What a host cannot do by its protocol is said in HostUnderTest, not here.

import assert from 'node:assert/strict'
import { describe, after as afterAll, before, test } from 'node:test'

import { isSpawnError } from '../../src/base/index.ts'
import { until } from '../../src/testing/index.ts'
import { FIRST_STATE, type Json, type Part, type Script } from './script.ts'
import type { HostUnderTest, World, WorldOptions } from './world.ts'

type Given = readonly Part[] | WorldOptions

/** Declares a test of one behaviour. */
export type Behaviour = (title: string, given: Given, body: (world: World) => Promise<void>) => void

export const counter: Part = { name: 'counter', actions: ['add', 'do', 'see'] }
export const member: Part = { name: 'member', kind: 'unnamed', actions: ['add', 'do', 'see', 'note'] }
export const listener: Part = { name: 'listener', actions: ['note', 'do'] }

/** Runs suites over a host, with its process begun before and ended after them. */
export function overHost(
  host: HostUnderTest,
  ...suites: ((it: Behaviour, host: HostUnderTest) => void)[]
): void {
  describe(`actors of the host: ${host.name}`, { concurrency: 1 }, () => {
    before(() => host.begin())
    afterAll(() => host.end())
    const it: Behaviour = (title, given, body) =>
      void test(title, async () => {
        await using world = await host.world('parts' in given ? given : { parts: given })
        await body(world)
      })
    for (const suite of suites) suite(it, host)
  })
}

export const run = (world: World, name: string, script: Script, ref?: string): Promise<Json | undefined> =>
  // A Script is JSON, which its type cannot say.
  world.call(name, 'do', script as Json, ref === undefined ? {} : { ref })

export async function failsWith(code: string, work: Promise<unknown>): Promise<void> {
  await assert.rejects(work, (error) => {
    assert.ok(isSpawnError(error), String(error))
    assert.equal(error.code, code, error.message)
    return true
  })
}

export async function logOf(world: World, name: string, ref?: string): Promise<readonly Json[]> {
  const { state } = await world.view(name, ref)
  // The state of the suite's actors is a State.
  return (state as { readonly log: readonly Json[] }).log
}

/** The log, once it has so many entries. */
export function logged(world: World, name: string, count: number, ref?: string): Promise<readonly Json[]> {
  return until(`${count} entries in the log of ${name}`, async () => {
    const log = await logOf(world, name, ref)
    return log.length >= count ? log : null
  })
}

/** Nothing more comes than was logged: what is called now is logged next. */
export async function loggedInAll(world: World, name: string, count: number): Promise<readonly Json[]> {
  const log = await logged(world, name, count)
  await world.call(name, 'note', 'last')
  const after = await logOf(world, name)
  assert.equal(after.length, log.length + 1)
  return log
}

export { FIRST_STATE }
