// The actors of the host suite in a process of their own, behind a proxy: called over the wire, as an SDK would.

import assert from 'node:assert/strict'

import type { MessageInitShape } from '@bufbuild/protobuf'
import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import type { Any } from '@bufbuild/protobuf/wkt'

import { fromProblem } from '../../src/protocol/index.ts'
import { fromWireStatus } from '../../src/protocol/protobuf/index.ts'
import { type ActorSchema, Kind } from '../../src/protocol/gen/spawn/actors/actor_pb.ts'
import {
  type InvocationResponse,
  JSONTypeSchema,
  Status,
} from '../../src/protocol/gen/spawn/actors/protocol_pb.ts'
import { type Proxy, startProxy } from '../proxy/start-proxy.ts'
import { WireClient } from '../wire/wire-client.ts'
import { HostProcess } from './host-process.ts'
import { type MannerName, MANNERS } from './manner.ts'
import { FIRST_STATE, type Json, type Part, type State } from './script.ts'
import { StoreFolder } from './store-folder.ts'
import type { CallOptions, HostUnderTest, View, World, WorldOptions } from './world.ts'

const SYSTEM = 'suite'
const KINDS = { named: Kind.NAMED, unnamed: Kind.UNNAMED, pooled: Kind.POOLED } as const

export function remoteHost(manner: MannerName): HostUnderTest {
  let host: HostProcess | null = null
  return {
    name: `a process in the manner of ${manner}`,
    keepsTags: true,
    // A socket that is closed without a word says nothing of the action.
    failureCode: MANNERS[manner].failure === 'reset' ? 'HOST_UNREACHABLE' : 'ACTION_FAILED',
    async begin() {
      host = await HostProcess.start(manner)
    },
    world(options) {
      assert.ok(host !== null, 'a world before the host has begun')
      return RemoteWorld.start(options, new StoreFolder(), host, manner)
    },
    async end() {
      await host?.stop()
    },
  }
}

class RemoteWorld implements World {
  readonly #options: WorldOptions
  readonly #folder: StoreFolder
  readonly #host: HostProcess
  readonly #manner: MannerName
  #proxy: Proxy | null = null
  #client: WireClient | null = null

  private constructor(options: WorldOptions, folder: StoreFolder, host: HostProcess, manner: MannerName) {
    this.#options = options
    this.#folder = folder
    this.#host = host
    this.#manner = manner
  }

  static async start(
    options: WorldOptions,
    folder: StoreFolder,
    host: HostProcess,
    manner: MannerName,
  ): Promise<RemoteWorld> {
    const world = new RemoteWorld(options, folder, host, manner)
    await world.#begin()
    return world
  }

  async call(
    name: string,
    action: string,
    payload?: Json,
    options: CallOptions = {},
  ): Promise<Json | undefined> {
    const { async = false, metadata = {}, ref = '', scheduledToMs = 0, timeoutMs } = options
    const response = await this.#wire.invoke(
      { name },
      {
        actionName: action,
        async,
        registerRef: ref,
        scheduledTo: BigInt(scheduledToMs),
        metadata: { ...metadata, ...(timeoutMs !== undefined && { 'request-timeout': String(timeoutMs) }) },
        payload:
          payload === undefined || payload === null
            ? { case: 'noop', value: {} }
            : { case: 'value', value: this.#packed(payload) },
      },
    )
    return this.#read(response, name, async || scheduledToMs !== 0)
  }

  async spawn(name: string, ref: string, revision?: number): Promise<void> {
    const { status } = await this.#wire.spawn([{ name, parent: ref }], revision)
    assert.ok(status !== undefined)
    throwIfFailed(status)
    assert.equal(status.message, 'Accepted')
  }

  async view(name: string, ref?: string): Promise<View> {
    const query = ref === undefined ? '' : `?ref=${ref}`
    const answer = await fetch(`${this.#proxy?.url}/api/v1/system/${SYSTEM}/actors/${name}${query}`)
    const text = await answer.text()
    if (!answer.ok) throw fromProblem(answer.status, JSON.parse(text))
    // Decoded JSON of our own: the suite looks at all of it.
    const { revision, state, tags }: View = JSON.parse(text)
    return { revision, tags, state }
  }

  async restart(): Promise<void> {
    await this.#end()
    await this.#begin()
  }

  fork(): Promise<World> {
    return RemoteWorld.start(this.#options, new StoreFolder(this.#folder), this.#host, this.#manner)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#end()
    this.#folder.remove()
  }

  get #wire(): WireClient {
    if (this.#client === null) throw new Error('the world has ended')
    return this.#client
  }

  async #begin(): Promise<void> {
    const { durability = 'turn', history = 0, isKept = false, parts } = this.#options
    const proxy = await startProxy({
      file: isKept ? this.#folder.file : undefined,
      hostPort: this.#host.port,
      config: { durability, historyRevisions: history },
    })
    this.#proxy = proxy
    this.#client = new WireClient(proxy.url, SYSTEM)
    await this.#host.use(proxy.url)
    const actors = Object.fromEntries(parts.map((part) => [part.name, this.#actorOf(part)]))
    const { status } = await this.#client.register({
      serviceInfo: { serviceName: 'suite', serviceRuntime: this.#manner, protocolMajorVersion: 1 },
      actorSystem: { name: SYSTEM, registry: { actors } },
    })
    assert.equal(status?.status, Status.OK, status?.message)
    assert.equal(status?.message, 'Accepted')
  }

  async #end(): Promise<void> {
    this.#client?.close()
    await this.#proxy?.stop()
  }

  #actorOf(part: Part): MessageInitShape<typeof ActorSchema> {
    const { channels = {}, kind = 'named', pool = 1, stateful = kind !== 'pooled', timers = {} } = part
    // Some SDKs say of an unnamed definition that it is its own parent, and some leave that empty.
    const namesParent = kind === 'unnamed' && this.#manner !== 'node'
    const timeout = (ms: number | undefined) =>
      ms === undefined
        ? undefined
        : { strategy: { case: 'timeout' as const, value: { timeout: BigInt(ms) } } }
    return {
      id: { name: part.name, system: SYSTEM, ...(namesParent && { parent: part.name }) },
      state: kind === 'pooled' ? {} : { state: this.#packed(FIRST_STATE) },
      settings: {
        kind: KINDS[kind],
        stateful,
        snapshotStrategy: timeout(part.snapshotMs),
        deactivationStrategy: timeout(part.idleMs),
        minPoolSize: 1,
        maxPoolSize: pool,
      },
      actions: part.actions.map((action) => ({ name: action })),
      timerActions: Object.entries(timers).map(([action, seconds]) => ({
        seconds,
        action: { name: action },
      })),
      metadata: {
        channelGroup: Object.entries(channels).map(([topic, action]) => ({ topic, action })),
      },
    }
  }

  #packed(value: Json | State): Any {
    const content = create(JSONTypeSchema, { content: JSON.stringify(value) })
    const { jsonUrl } = MANNERS[this.#manner]
    return { $typeName: 'google.protobuf.Any', typeUrl: jsonUrl, value: toBinary(JSONTypeSchema, content) }
  }

  #read(
    { actor, payload, status, system }: InvocationResponse,
    name: string,
    isLater: boolean,
  ): Json | undefined {
    assert.ok(status !== undefined)
    throwIfFailed(status)
    assert.equal(system?.name, SYSTEM)
    assert.equal(actor?.id?.name, name)
    if (isLater) assert.equal(payload.case, undefined, 'an answer that is not known yet has no payload')
    if (payload.case !== 'value') return undefined
    assert.equal(payload.value.typeUrl, MANNERS[this.#manner].jsonUrl)
    // Decoded JSON of the suite's own.
    const json: Json = JSON.parse(fromBinary(JSONTypeSchema, payload.value.value).content)
    return json
  }
}

function throwIfFailed(status: { readonly status: Status; readonly message: string }): void {
  const error = fromWireStatus(status)
  if (error !== null) throw error
}
