// What the host suite asks of a runtime with a host: the same questions, whatever the host. Adapters: embedded-world.ts,
// remote-world.ts.

import type { Json, Part } from './script.ts'

export interface CallOptions {
  readonly ref?: string
  readonly metadata?: Readonly<Record<string, string>>
  readonly async?: boolean
  /** Epoch milliseconds. */
  readonly scheduledToMs?: number
  readonly timeoutMs?: number
}

export interface View {
  readonly revision: number
  readonly tags: Readonly<Record<string, string>>
  readonly state: Json | undefined
}

export interface World extends AsyncDisposable {
  /** @returns undefined when there is no response. @throws SpawnError */
  call(name: string, action: string, payload?: Json, options?: CallOptions): Promise<Json | undefined>
  spawn(name: string, ref: string, revision?: number): Promise<void>
  view(name: string, ref?: string): Promise<View>
  /** Ends everything in good order, and begins again with the same definitions on the same store. */
  restart(): Promise<void>
  /** Another world, on what is durable at this moment. */
  fork(): Promise<World>
}

export interface WorldOptions {
  readonly parts: readonly Part[]
  /** Revisions of the past to keep. */
  readonly history?: number
  /** On a disk, for tests that begin again or fork. Default: in memory, where a world takes a third of the time to start. */
  readonly isKept?: boolean
  /** Default: turn. */
  readonly durability?: 'turn' | 'snapshot'
}

export interface HostUnderTest {
  readonly name: string
  /** It cannot say "no tags": none means those that were. */
  readonly keepsTags: boolean
  /** What its callers are told of an action that failed. */
  readonly failureCode: 'ACTION_FAILED' | 'HOST_UNREACHABLE'
  begin(): Promise<void>
  world(options: WorldOptions): Promise<World>
  end(): Promise<void>
}
