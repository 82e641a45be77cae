// The keys that states are sealed with where they rest. What is sealed, and how, is the sealed store's affair; where a key
// comes from, is decided by whoever hands it in.

/** A key by its name, as an operator gives it. */
export interface StateKey {
  /** 1 to 32 letters, digits, `.`, `_` or `-`. It stands in the clear in all that the key seals. */
  readonly id: string
  /** 32 bytes. Never shown, logged or stored. */
  readonly secret: Uint8Array
}
