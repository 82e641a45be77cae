// What users test their actors with, and what we test ourselves with: virtual time, a store that fails as told, waiting
// without guessing, and the suites that every adapter passes.

export { type Random, seededRandom } from '../base/index.ts'
export {
  type Fate,
  FaultyStore,
  type FaultyStoreOptions,
  NO_FAULTS,
  type StoreEvent,
  type StoreFaults,
} from './faulty-store.ts'
export { FaultyWire, type FaultyWireOptions, NO_WIRE_FAULTS, type WireFaults } from './faulty-wire.ts'
export { type ActionOutcome, runAction, type RunOptions, testContext } from './test-context.ts'
export type { TestTurnOptions } from './test-turn.ts'
export { until, type UntilOptions } from './until.ts'
export { type RunLimits, VirtualClock, type VirtualClockOptions } from './virtual-clock.ts'
export { statestoreConformance, type StatestoreSection } from './statestore-conformance.ts'
export type { StatestoreSubject } from './statestore-fixture.ts'
export { type CommitPart, STEP_RANGES } from './statestore-parts.ts'
export { playSteps, type StatestoreStep } from './statestore-steps.ts'
export { registerConformance } from './register-conformance.ts'
export type { RegisterSubject } from './register-cases.ts'
export { wireConformance, type WireSubject } from './wire-conformance.ts'
