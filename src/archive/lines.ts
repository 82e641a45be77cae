// Bytes as lines, with their numbers and where they end. Decides how long a line may be; holds one in memory, and no more.

import { LineFault } from './fields.ts'

/** Well beyond any row: what is longer is no line of ours. */
export const LINE_BYTES = 96 * 1_024 * 1_024
const NEWLINE = 0x0a

export interface Line {
  /** Without its end. */
  readonly bytes: Buffer
  /** 1 for the first. */
  readonly number: number
  /** How many bytes of the file come up to its end, that included. */
  readonly end: number
  /** False: the file ends in the middle of it. */
  readonly isWhole: boolean
}

/** @throws LineFault for a line that is too long. */
export async function* linesOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Line> {
  let begun: Buffer[] = []
  let length = 0
  let number = 0
  let end = 0
  for await (const chunk of chunks) {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
    let from = 0
    for (let to = bytes.indexOf(NEWLINE); to !== -1; to = bytes.indexOf(NEWLINE, from)) {
      const rest = bytes.subarray(from, to)
      const line = begun.length === 0 ? rest : Buffer.concat([...begun, rest])
      end += line.length + 1
      number += 1
      yield { bytes: line, number, end, isWhole: true }
      begun = []
      length = 0
      from = to + 1
    }
    if (from === bytes.length) continue
    begun.push(bytes.subarray(from))
    length += bytes.length - from
    if (length > LINE_BYTES) throw new LineFault(`line ${number + 1} is longer than any line can be`)
  }
  if (begun.length > 0)
    yield { bytes: Buffer.concat(begun), number: number + 1, end: end + length, isWhole: false }
}
