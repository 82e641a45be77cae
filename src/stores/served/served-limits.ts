// The bounds and times between the process that has a store and those that ask it.

export const SERVED_LIMITS = {
  /** Who may be connected. */
  connections: 1_024,
  connectMs: 5_000,
  /** How long a request may take; after that nobody knows whether it was done. */
  requestMs: 30_000,
  /** Bytes of one request or answer: of a group of commits, or of the actors of a load. */
  messageBytes: 1_073_741_824,
} as const

/** For who asks: requests that are not answered, and bytes of them that have not left. */
export const ASKING_LIMITS = { ...SERVED_LIMITS, requests: 4_096, unsentBytes: 1_073_741_824 } as const

/** For who answers, for each who asks: what is under way, and bytes of answers that were not taken, and the
 * time to read the last. */
export const ANSWERING_LIMITS = {
  ...SERVED_LIMITS,
  requests: 64,
  unsentBytes: 67_108_864,
  partingMs: 1_000,
} as const
