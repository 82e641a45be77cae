// The base room: time, randomness, errors, limits and small structures. It imports nothing of ours. What few take (ration.ts,
// thread-time.ts) they import by itself: everybody loads what stands here.

export { assert } from './assert.ts'
export { Cancellation, type CancelSignal } from './cancellation.ts'
export { type Clock, monotonicMs, systemClock, type Timer } from './clock.ts'
export {
  ERROR_CODES,
  type ErrorCode,
  type ErrorGroup,
  isSpawnError,
  messageOf,
  SpawnError,
  type SpawnErrorOptions,
} from './errors.ts'
export { errorOf, type Failure, failureOf } from './failure.ts'
export { hashOf, hashOfAscii, hashOfDigits } from './hash.ts'
export { LIMITS, type Limits, SETTABLE_LIMITS } from './limits.ts'
export { Queue } from './queue.ts'
export {
  below,
  type Random,
  type RandomBytes,
  seededRandom,
  systemRandom,
  systemRandomBytes,
} from './random.ts'
export { didYouMean, suggestionFor } from './suggestion.ts'
export { bytesOf, millisecondsOf, sizeText, spanText, truthOf } from './units.ts'
