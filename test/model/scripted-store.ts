// A store whose requests have a fate each, in the order in which they are made: for generated courses, which can be cut down
// to the one fate that matters.

import { type Clock, SpawnError } from '../../src/base/index.ts'
import type { Statestore } from '../../src/ports/index.ts'
import { replaced } from '../simulation/planted.ts'

/** `before`: it fails and is not done. `after`: it is done and fails. `slow`: it takes its time. */
export type RequestFate = 'ok' | 'before' | 'after' | 'slow'

const SLOW_MS = 120

export class Script {
  readonly #fates: readonly RequestFate[]
  #next = 0

  constructor(fates: readonly RequestFate[]) {
    this.#fates = fates
  }

  /** The store as a process sees it; all processes go on in one script. */
  fitted(store: Statestore, clock: Clock): Statestore {
    const wait = (): Promise<void> => new Promise((resolve) => void clock.after(SLOW_MS, resolve))
    const through = async <T>(request: () => Promise<T>): Promise<T> => {
      const fate = this.#fates[this.#next] ?? 'ok'
      this.#next += 1
      if (fate === 'before') throw failed()
      if (fate === 'slow') await wait()
      const answer = await request()
      if (fate === 'after') throw failed()
      return answer
    }
    return replaced(store, {
      load: (...asked) => through(() => store.load(...asked)),
      commit: (...asked) => through(() => store.commit(...asked)),
      loadOutcome: (...asked) => through(() => store.loadOutcome(...asked)),
      outcomeKeys: (...asked) => through(() => store.outcomeKeys(...asked)),
      due: (...asked) => through(() => store.due(...asked)),
      envelopes: (...asked) => through(() => store.envelopes(...asked)),
    })
  }
}

function failed(): SpawnError {
  return new SpawnError('STORE_UNAVAILABLE', 'the store fails, as it was told to')
}
