// The keys that states are sealed with where they rest, and the service that may keep them. What is sealed, and how, is the
// sealed store's affair; where a key comes from, is decided by whoever hands it in.
//
// With a KeyService (the key management of a cloud, a hardware module, a vault) no long-lived secret is configured: the store
// draws data keys of its own, has the service wrap them, and keeps the wrapped ones beside the states. The service is asked
// when a store starts, when a data key is drawn, and when bytes are met that the data key of another process has sealed;
// never for a call or a commit. While it is away, everything that runs goes on, and nothing new starts.

/** A key by its name, as an operator gives it. */
export interface StateKey {
  /** 1 to 32 letters, digits, `.`, `_` or `-`. It stands in the clear in all that the key seals. */
  readonly id: string
  /** 32 bytes. Never shown, logged or stored. */
  readonly secret: Uint8Array
}

/** Wraps and unwraps data keys with a key that never leaves it. */
export interface KeyService {
  /** For messages: `kms alias/spawn`. */
  readonly name: string
  /**
   * Encrypts a data key.
   *
   * @returns opaque bytes, at most some kilobytes, which say themselves which key of the service opens them.
   */
  wrap(dataKey: Uint8Array): Promise<Uint8Array>
  /** What was wrapped. Rejects when it cannot be opened, and when the service is away. */
  unwrap(wrapped: Uint8Array): Promise<Uint8Array>
}
