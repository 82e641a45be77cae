// The bounds and times of what members on one machine say to each other and to the hub.

export const LOCAL_LIMITS = {
  /** Who may be connected to the hub, or to one member. */
  connections: 1_024,
  connectMs: 5_000,
  /** How long the hub may take to answer. */
  requestMs: 5_000,
  /** Requests of one member to the hub that are not answered. */
  requests: 1_024,
  /** Bytes of one request to the hub, its answer, or a change that it tells. */
  messageBytes: 16_777_216,
  /** Bytes on their way to the hub, or from it to one member. */
  unsentBytes: 16_777_216,
  /** How long a member may take to read the hub's last words. */
  partingMs: 1_000,
  /** Bytes of one sending between members. */
  wireBytes: 1_048_576,
  /** Bytes on their way to one other member; beyond, what is sent to it is lost. */
  unsentWireBytes: 67_108_864,
  /** A member that could not be reached is tried again so much later. */
  retryMs: 50,
} as const
