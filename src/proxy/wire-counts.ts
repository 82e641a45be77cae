// How many requests of the wire there were, how they ended, and how long they took.

import type { Metrics } from './metrics.ts'
import type { WireOperation } from './wire-operation.ts'

/** In seconds. */
const BOUNDS = [0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60]

const OK = {
  register: { operation: 'register', code: 'OK' },
  spawn: { operation: 'spawn', code: 'OK' },
  invoke: { operation: 'invoke', code: 'OK' },
} as const

export interface WireCounts {
  succeeded(operation: WireOperation, tookMs: number): void
  failed(operation: WireOperation, code: string): void
}

export function wireCounts(metrics: Metrics): WireCounts {
  const requests = metrics.counter('spawn_wire_requests_total', 'Requests of SDKs, by how they ended.')
  const took = metrics.histogram(
    'spawn_wire_invoke_seconds',
    'How long invocations that succeeded took.',
    BOUNDS,
  )
  return {
    succeeded(operation, tookMs) {
      requests.add(operation, OK[operation])
      if (operation === 'invoke') took.observe(tookMs / 1_000)
    },
    failed(operation, code) {
      requests.add(`${operation} ${code}`, { operation, code })
    },
  }
}
