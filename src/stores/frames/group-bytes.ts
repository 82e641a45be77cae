// Commits and loads as requests of another process: which kind is which, and what stands around the frames of a group, so that
// they can be told apart without being read.

import { ByteReader, ByteWriter } from './bytes.ts'

/** The kinds of such requests. */
export const FRAMED = { commit: 1, load: 2 } as const

const writer = new ByteWriter()

/** A group in frames: what stands before them, so that they can be told apart. */
export function groupHead(frames: readonly Uint8Array[], ownKeys: readonly number[]): Uint8Array {
  writer.whole(ownKeys.length)
  for (const place of ownKeys) writer.whole(place)
  writer.whole(frames.length)
  for (const { length } of frames) writer.whole(length)
  return writer.take()
}

interface Group {
  readonly ownKeys: readonly number[]
  /** Each in a buffer of its own. */
  readonly frames: readonly Uint8Array<ArrayBuffer>[]
}

/** Reads it again. What is in the frames is not looked at. */
export function readGroup(content: Uint8Array): Group {
  const bytes = new ByteReader(content)
  const ownKeys = numbers(bytes)
  const lengths = numbers(bytes)
  let at = bytes.at
  const frames = lengths.map((length) => {
    at += length
    return new Uint8Array(content.subarray(at - length, at))
  })
  return { ownKeys, frames }
}

export function placesBytes(places: readonly number[]): Uint8Array {
  writer.whole(places.length)
  for (const place of places) writer.whole(place)
  return writer.take()
}

export function placesIn(answer: Uint8Array): readonly number[] {
  return numbers(new ByteReader(answer))
}

function numbers(bytes: ByteReader): number[] {
  const all: number[] = []
  for (let left = bytes.whole(); left > 0; left -= 1) all.push(bytes.whole())
  return all
}
