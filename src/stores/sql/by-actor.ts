// Values by actor. Names may hold any character, so that no text joined of them is safe as a key.

import type { ActorId } from '../../protocol/index.ts'

export class ByActor<Value> {
  readonly #systems = new Map<string, Map<string, Map<string, Value>>>()

  get({ system, parent, name }: ActorId): Value | undefined {
    return this.#systems.get(system)?.get(parent)?.get(name)
  }

  set({ system, parent, name }: ActorId, value: Value): void {
    let parents = this.#systems.get(system)
    if (parents === undefined) this.#systems.set(system, (parents = new Map<string, Map<string, Value>>()))
    let names = parents.get(parent)
    if (names === undefined) parents.set(parent, (names = new Map<string, Value>()))
    names.set(name, value)
  }

  *values(): Generator<Value> {
    for (const parents of this.#systems.values()) for (const names of parents.values()) yield* names.values()
  }
}
