// What a worker is told before it runs: that it is one, which, whose, and where the others are. It stands in a variable of its
// environment. Decides how it reads.

/** What stands in a variable of a worker's environment. */
export interface Orders {
  /** From 2: the first process is 1. */
  readonly worker: number
  /** The process id of the first. */
  readonly first: number
  readonly system: string
  /** What the first process keeps for its workers on the disk; nobody needs it when that is gone. */
  readonly folder: string
  /** Where members of this machine find each other; null: they are members of a cluster that is found otherwise. */
  readonly hub: string | null
  /** Where the store is served; null: each opens its own. */
  readonly store: string | null
}

export const ORDERS_VARIABLE = 'SPAWN_WORKER'

export function ordersText(orders: Orders): string {
  return JSON.stringify(orders)
}

/** @returns null: they are none. */
export function readOrders(text: string | undefined): Orders | null {
  try {
    const value: unknown = JSON.parse(text ?? '')
    return isOrders(value) ? value : null
  } catch {
    // There is none, or it is somebody else's.
    return null
  }
}

function isOrders(value: unknown): value is Orders {
  if (typeof value !== 'object' || value === null) return false
  // Decoded JSON: its fields are looked at one by one.
  const { first, folder, hub, store, system, worker } = value as Record<keyof Orders, unknown>
  const mayBeTexts = [hub, store].every((text) => text === null || typeof text === 'string')
  const areTexts = [folder, system].every((text) => typeof text === 'string')
  return mayBeTexts && areTexts && typeof worker === 'number' && typeof first === 'number'
}
