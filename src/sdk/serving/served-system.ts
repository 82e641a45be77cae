// A system whose actors run in this process and live in a Spawn proxy: what `serve` answers with. It is the proxy in the
// words of an application; where the wire has no words, there is no method.

import { SpawnError } from '../../base/index.ts'
import {
  type ActorDefinition,
  callOf,
  type InstanceName,
  type InvokeLater,
  type InvokeOptions,
  type Ref,
  refOf,
  type Sender,
} from '../../hosts/index.ts'
import type { Call, Kind, SpawnOptions } from '../../ports/index.ts'
import { Settings } from '../settings.ts'
import type { ProxyCalls } from './proxy-calls.ts'

/** The same as of a System. */
interface StopSettings {
  /** How long running actions may take to finish, in milliseconds; then they are given up. Default 30,000. */
  readonly timeout?: number | undefined
}

export interface Serving {
  readonly calls: ProxyCalls
  readonly url: string
  /** Whether the proxy knows of the actors, as far as can be told. */
  readonly registered: boolean
  stop(drainMs: number): Promise<void>
}

const DRAIN_MS = 30_000
const OUTSIDE = { caller: null, deadlineMs: null, signal: undefined }

/** A system that is served to a proxy. `await using` stops it at the end of the block. */
export class ServedSystem implements AsyncDisposable, Sender {
  readonly name: string
  readonly #serving: Serving
  #stopping: Promise<void> | null = null

  /** Made by a builder's `serve`. */
  constructor(name: string, serving: Serving) {
    this.name = name
    this.#serving = serving
  }

  /** Where the proxy's requests are answered, such as `http://127.0.0.1:8090`. */
  get url(): string {
    return this.#serving.url
  }

  /** Whether the proxy knows of the actors: false while it is away, and until it was told again. */
  get registered(): boolean {
    return this.#serving.registered
  }

  /**
   * Calls an action of any actor that the proxy knows, by name. What the wire cannot say is refused: receipts, idempotency
   * keys, cron expressions. A call for later is answered with an empty text: the wire has no ids of schedules.
   *
   * @throws SpawnError, any code; see docs/errors.md
   */
  invoke(name: string, options: InvokeLater): Promise<string>
  invoke(name: string, options: InvokeOptions): Promise<unknown>
  async invoke(name: string, options: InvokeOptions): Promise<unknown> {
    return this.send(name, callOf(name, options))
  }

  /** The typed calls of an actor: `ref(incrementor).add({ value: 1 })`, `ref(user, 'user-1').rename('Ada')`. */
  ref<State, Actions, K extends Kind>(
    definition: ActorDefinition<State, Actions, K>,
    ...[name]: InstanceName<K>
  ): Ref<State, Actions> {
    return refOf(this, definition, name)
  }

  /** The call that a ref makes; applications use `invoke` or `ref`. */
  async send(name: string, call: Call): Promise<unknown> {
    if (this.#stopping !== null) throw new SpawnError('DRAINING', `system "${this.name}" has been stopped`)
    return this.#serving.calls.call(OUTSIDE, name, call)
  }

  /** Makes an instance of an unnamed definition exist: `spawn('user-1', { ref: 'user' })`. */
  async spawn(name: string, options: SpawnOptions = {}): Promise<void> {
    void new Settings(`spawn of "${name}"`, options, ['ref', 'revision'])
    return this.#serving.calls.spawn(name, options.ref, options.revision)
  }

  /** Takes no more actions, finishes those that run, and closes the port. Stopping twice is allowed. */
  async stop(options: StopSettings = {}): Promise<void> {
    const settings = new Settings(`stop of system "${this.name}"`, options, ['timeout'])
    const drainMs = settings.milliseconds('timeout', DRAIN_MS)
    this.#stopping ??= this.#serving.stop(drainMs)
    return this.#stopping
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop()
  }
}
