// What a store has answered, looked at once for somebody in another process. A store may tell that something cannot be read, ever or
// now, when somebody looks at it, so that it keeps nobody from the rest: so it has to be looked at each by each.

import { type Failure, failureOf, isSpawnError } from '../base/index.ts'

export type Looked<Value> =
  | { readonly value: Value; readonly lack: null }
  | { readonly value: null; readonly lack: Failure }

/** @throws what is no matter of the store. */
export function looked<Value>(look: () => Value): Looked<Value> {
  try {
    return { value: look(), lack: null }
  } catch (thrown) {
    if (!isSpawnError(thrown) || thrown.group !== 'store') throw thrown
    return { value: null, lack: failureOf(thrown) }
  }
}
