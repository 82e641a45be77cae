// The actors of the host suite as handlers of the SDK, served to a proxy: both sides of the wire are ours, and all that the
// suite asks goes over it.

import assert from 'node:assert/strict'

import { fromProblem } from '../../src/protocol/index.ts'
import { type ServedSystem, system } from '../../src/sdk/index.ts'
import { type Proxy, startProxy } from '../proxy/start-proxy.ts'
import { asJson, definitionOf } from './embedded-world.ts'
import type { Json } from './script.ts'
import { StoreFolder } from './store-folder.ts'
import type { CallOptions, HostUnderTest, View, World, WorldOptions } from './world.ts'

const SYSTEM = 'suite'

export const servedHost: HostUnderTest = {
  name: 'a program that is served',
  keepsTags: true,
  failureCode: 'ACTION_FAILED',
  begin: () => Promise.resolve(),
  world: (options) => ServedWorld.start(options, new StoreFolder()),
  end: () => Promise.resolve(),
}

class ServedWorld implements World {
  readonly #options: WorldOptions
  readonly #folder: StoreFolder
  #proxy: Proxy | null = null
  #served: ServedSystem | null = null

  private constructor(options: WorldOptions, folder: StoreFolder) {
    this.#options = options
    this.#folder = folder
  }

  static async start(options: WorldOptions, folder: StoreFolder): Promise<ServedWorld> {
    const world = new ServedWorld(options, folder)
    await world.#begin()
    return world
  }

  async call(
    name: string,
    action: string,
    payload?: Json,
    options: CallOptions = {},
  ): Promise<Json | undefined> {
    assert.ok(this.#served !== null, 'the world has ended')
    const { scheduledToMs, timeoutMs, ...rest } = options
    const response = await this.#served.invoke(name, {
      action,
      payload,
      ...rest,
      ...(timeoutMs !== undefined && { timeout: timeoutMs }),
      ...(scheduledToMs !== undefined && { scheduledTo: scheduledToMs }),
    })
    return scheduledToMs === undefined ? asJson(response) : undefined
  }

  async spawn(name: string, ref: string, revision?: number): Promise<void> {
    assert.ok(this.#served !== null, 'the world has ended')
    return this.#served.spawn(name, { ref, revision })
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
    return ServedWorld.start(this.#options, new StoreFolder(this.#folder))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#end()
    this.#folder.remove()
  }

  async #begin(): Promise<void> {
    const { durability = 'turn', history = 0, isKept = false, parts } = this.#options
    const logger = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }
    this.#proxy = await startProxy({
      file: isKept ? this.#folder.file : undefined,
      // None: the host says its own.
      hostPort: 1,
      config: { durability, historyRevisions: history },
    })
    const actors = parts.map((part) => definitionOf(part, history, durability, true))
    this.#served = await system(SYSTEM, { actors, logger }).serve({ proxy: this.#proxy.url, port: 0 })
  }

  async #end(): Promise<void> {
    await this.#proxy?.stop()
    await this.#served?.stop()
  }
}
