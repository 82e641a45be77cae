// What the tests of erasing look at: the log of a system, and an actor whose stored state somebody has spoilt.

import type { LogFields, Logger } from 'spawn-mesh'
import type { ActorId } from '../../src/protocol/index.ts'
import { Packed } from '../../src/protocol/index.ts'
import type { MemoryStore } from '../../src/stores/memory/index.ts'

export class SystemLog implements Logger {
  readonly lines: { readonly message: string; readonly fields: LogFields }[] = []

  debug(): void {}

  info(message: string, fields: LogFields = {}): void {
    this.lines.push({ message, fields })
  }

  warn(message: string, fields: LogFields = {}): void {
    this.lines.push({ message, fields })
  }

  error(message: string, fields: LogFields = {}): void {
    this.lines.push({ message, fields })
  }
}

/** Turns over the last bit of an actor's state, as it stands behind the encryption. */
export async function spoil(store: MemoryStore, id: ActorId): Promise<void> {
  const [actor] = await store.load([id])
  if (actor === null || actor === undefined || actor.state === null) throw new Error('it is stored')
  const value = new Uint8Array(actor.state.value)
  value[value.length - 1] = (value.at(-1) ?? 0) ^ 1
  const state = new Packed(actor.state.typeUrl, value)
  await store.archive.write([{ kind: 'actor', actor: { ...actor, state } }])
}
