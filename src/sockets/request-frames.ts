// What requests and answers look like as messages: one byte that says what it is, four that say which request it is of, and
// what is asked or answered. Decides nothing else.

export const HEAD_BYTES = 5

/** What an answer begins with. A request begins with a kind of its user's. */
export const ANSWER = { done: 0, failed: 1, pushed: 2 } as const

export interface Framed {
  readonly kind: number
  readonly id: number
  readonly content: Buffer
}

export function headOf(kind: number, id: number): Buffer {
  const head = Buffer.allocUnsafe(HEAD_BYTES)
  head[0] = kind
  head.writeUInt32LE(id, 1)
  return head
}

/** Null: it is none. */
export function framed(message: Buffer): Framed | null {
  if (message.length < HEAD_BYTES) return null
  return { kind: message[0] ?? 0, id: message.readUInt32LE(1), content: message.subarray(HEAD_BYTES) }
}
