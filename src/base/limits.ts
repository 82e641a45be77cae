// Every bound of the runtime, by name. Nothing is unbounded: past a limit the caller gets an error that names it.

export const LIMITS = {
  /** Bytes of an actor's, system's or definition's name, as UTF-8. */
  nameBytes: 512,
  /** Messages that may wait for one actor, unless its definition says otherwise. */
  mailbox: 10_000,
  /** How long a call may take, in milliseconds, unless the caller or the action says otherwise. */
  callTimeoutMs: 60_000,
  /** The longest timeout that can be asked for, in milliseconds: one day. */
  maxCallTimeoutMs: 86_400_000,
  /** Calls within calls within calls. */
  callDepth: 64,
  /** How long an actor stays in memory after its last use, in milliseconds. */
  idleTimeoutMs: 600_000,
  /** How often the state of a `durability: 'snapshot'` actor is written, in milliseconds. */
  snapshotTimeoutMs: 2_000,
  /** Actors in memory at once; beyond, the least recently used idle ones are passivated. */
  residentActors: 1_000_000,
  /** Bytes of encoded state in memory at once; likewise. */
  residentBytes: 1_073_741_824,
  /** Actors in one transaction of the statestore. */
  commitGroup: 1_024,
  /** Bytes of their states, replies and messages, about; a larger commit goes alone. */
  commitGroupBytes: 67_108_864,
  /** Actors in one load of the statestore. */
  loadGroup: 512,
  /** Entries of metadata or tags on one message or actor. */
  entries: 128,
  /** Bytes of all their keys and texts, as UTF-8. */
  entriesBytes: 65_536,
  /** Characters of an error's message that are kept with an envelope, or told as the end of an effect. */
  errorCharacters: 4_096,
  /** Bytes of one encoded payload, response or state. */
  payloadBytes: 8_388_608,
  /** Rows of one page of a listing, at most; and when nothing is asked. */
  pageSize: 1_000,
  defaultPageSize: 100,
  /** How long who asks for facts may have them waited for, in milliseconds. Below what stands between them may take for dead. */
  factsWaitMs: 30_000,
  /** Effects and broadcast receivers of one turn. */
  turnSends: 10_000,
  /** Bytes of all payloads that one turn sends. */
  turnSendBytes: 67_108_864,
  /** Hops of one call through pipes and forwards. */
  hops: 32,
  /** Bytes of an envelope's id, as UTF-8. */
  envelopeIdBytes: 2_048,
  /** Envelopes held in memory for delivery; more wait in the store. */
  deliveries: 16_384,
  /** Bytes of their payloads, likewise. */
  deliveryBytes: 67_108_864,
  /** Deliveries of one envelope before it becomes a dead letter. */
  deliveryAttempts: 10,
  /**
   * How long the second delivery waits, in milliseconds, or by chance up to twice as long; each later one twice as long, up to
   * the longest.
   */
  deliveryBackoffMs: 100,
  maxDeliveryBackoffMs: 60_000,
  /** Outcomes under an idempotency key are kept this long, in milliseconds: one day. */
  outcomeRetentionMs: 86_400_000,
} as const

/**
 * Those that a system may set, each with the largest value that works. The others are the same in every process, since
 * others rely on them (members, proxies, hosts, stores), or are said by each definition for itself.
 */
export const SETTABLE_LIMITS = {
  callTimeoutMs: LIMITS.maxCallTimeoutMs,
  residentActors: Number.MAX_SAFE_INTEGER,
  residentBytes: Number.MAX_SAFE_INTEGER,
  /** Stores take no more at once. */
  commitGroup: LIMITS.commitGroup,
  commitGroupBytes: 268_435_456,
  loadGroup: LIMITS.loadGroup,
  turnSends: Number.MAX_SAFE_INTEGER,
  turnSendBytes: Number.MAX_SAFE_INTEGER,
  hops: Number.MAX_SAFE_INTEGER,
  deliveries: Number.MAX_SAFE_INTEGER,
  deliveryBytes: Number.MAX_SAFE_INTEGER,
  deliveryAttempts: Number.MAX_SAFE_INTEGER,
  /** Timers take no longer ones. */
  deliveryBackoffMs: 2_147_483_647,
  maxDeliveryBackoffMs: 2_147_483_647,
  /** A hundred years: the end of it is a time that can be said. */
  outcomeRetentionMs: 3_155_760_000_000,
} as const satisfies Partial<Record<keyof typeof LIMITS, number>>

/** What a system's own settings make of them. */
export type Limits = { readonly [Name in keyof typeof SETTABLE_LIMITS]: number }
