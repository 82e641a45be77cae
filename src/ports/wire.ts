// The wire between members: bytes from one to another. It promises nothing: what is sent may be lost, come twice, late or in
// another order. What makes requests and answers of it is mesh/'s.

export interface Wire {
  /** Bytes of one sending, at most; 4,096 or more. */
  readonly maxBytes: number
  /**
   * Begins to receive, under this member's id.
   *
   * @param receive gets bytes that are its own from then on.
   * @throws SpawnError MEMBER_UNAVAILABLE that says what cannot be reached, and what to do.
   */
  start(self: string, receive: (bytes: Uint8Array) => void): Promise<void>
  stop(): Promise<void>
  /** Sends, and does not wait. The bytes must not be changed afterwards. */
  send(to: string, bytes: Uint8Array): void
}
