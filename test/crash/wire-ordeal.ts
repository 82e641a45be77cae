// The ordeal of a proxy and its host: half of the callers speak JSON with idempotency keys and insist, the other half speak
// the wire and call once; meanwhile the proxy is killed, or the host, or both. In the end the books must be right.

import { create, fromBinary, toBinary } from '@bufbuild/protobuf'

import { seededRandom } from '../../src/base/index.ts'
import { JSONTypeSchema, Status } from '../../src/protocol/gen/spawn/actors/protocol_pb.ts'
import { WireClient } from '../wire/wire-client.ts'
import { Callers, type Known } from './callers.ts'
import { endure } from './endure.ts'
import { type OrdealOptions, reckon, type Reckoning } from './ordeal.ts'
import { ProxyAndHost } from './proxy-and-host.ts'
import { RETRY_MS, SYSTEM } from './server.ts'

export interface WireOrdealOptions extends Omit<OrdealOptions, 'module'> {
  /** Of the command `spawn proxy`. */
  readonly proxy?: readonly string[]
}

export async function wireOrdeal(options: WireOrdealOptions): Promise<Reckoning> {
  const { actors = 50, callers = 32, kills, lifeMs = 900, progress, proxy = [], seed } = options
  const random = seededRandom(seed)
  let calls: Callers | null = null
  let running: Promise<void> | null = null
  let acknowledged = 0
  let unknown = 0
  let total = 0
  const violations = await endure(
    { random, kills, lifeMs, victim: (file) => ProxyAndHost.on(file, random, proxy), progress },
    {
      begin({ port, url }) {
        const wire = new WireClient(url, SYSTEM)
        const addOnce = (actor: number): Promise<Known> => addByWire(wire, actor)
        calls = new Callers({ port, random, callers, actors, addOnce, comeLate: true })
        running = calls.run().finally(() => wire.close())
        return Promise.resolve()
      },
      progress: () => `${calls?.acknowledged} acknowledged, ${calls?.unknown} unknown`,
      async end({ port }) {
        if (calls === null) return ['nobody called']
        calls.stop()
        await running
        const reader = new Callers({ port, random, callers: 1, actors: 0 })
        const totals: number[] = []
        for (let actor = 0; actor < actors; actor += 1) totals.push(await reader.total(actor))
        acknowledged = calls.acknowledged
        unknown = calls.unknown
        total = totals.reduce((sum, each) => sum + each, 0)
        return reckon(calls, totals)
      },
    },
  )
  return { acknowledged, unknown, total, violations }
}

/** One call; what its answer, or the lack of one, says. */
async function addByWire(wire: WireClient, actor: number): Promise<Known> {
  const content = create(JSONTypeSchema, { content: '{"value":1}' })
  const value = {
    $typeName: 'google.protobuf.Any' as const,
    typeUrl: 'type.googleapis.com/spawn.JSONType',
    value: toBinary(JSONTypeSchema, content),
  }
  let known: Known = 'unknown'
  try {
    const { payload, status } = await wire.invoke(
      { name: `a${actor}` },
      { actionName: 'add', registerRef: 'counter', payload: { case: 'value', value } },
    )
    if (status?.status === Status.OK && payload.case === 'value') {
      // Decoded JSON; the total is all that is taken from it.
      const total: unknown = JSON.parse(fromBinary(JSONTypeSchema, payload.value.value).content).total
      if (typeof total === 'number') return total
    }
    // The proxy says so where it knows: before its host has registered again, and when the host took nothing of it.
    const isUnmade =
      status?.status === Status.ACTOR_NOT_FOUND || status?.message.includes('did not run') === true
    if (isUnmade) known = 'not sent'
  } catch (thrown) {
    if (thrown instanceof Error && 'code' in thrown && thrown.code === 'ECONNREFUSED') known = 'not sent'
  }
  await new Promise((resolve) => setTimeout(resolve, RETRY_MS))
  return known
}
