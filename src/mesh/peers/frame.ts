// What a frame says: who sends it, by which links, and its items. A link is what a member has agreed with another to take
// that one's requests by; it names it by a number that nobody else has given before. Requests stand in numbered slots of a
// link, and each next request of a slot has the next sequence number. Each item says how long it is: one of a kind that is
// not known is passed over.

import { type FrameReader, MalformedFrame } from './frame-reader.ts'
import type { FrameWriter } from './frame-writer.ts'

/** The first byte. A frame of another version cannot be read, and is dropped. */
const VERSION = 1

export const ITEM = {
  /** Asks for a link: session of the sender, and a number that is larger each time it asks. */
  hello: 1,
  /** Answers it: the same, and the number of the link. */
  welcome: 2,
  /** There is no link of this number. */
  unknownLink: 3,
  /** slot, sequence, then content: what is left of its time, and the request. */
  request: 4,
  /** slot, sequence, then content: the reply. */
  reply: 5,
  /** slot, sequence; kind of the item that it is a piece of, bytes of its content, bytes of a piece, number of the piece. */
  piece: 6,
  /** Of the receiver: it has the request, and is at it. */
  working: 7,
  /** Of the sender: has it come? */
  probe: 8,
  /** Of the receiver: it has not. */
  missing: 9,
  /** Of the sender: nobody waits for it any more. */
  cancel: 10,
  /** Of the sender: the reply is here, and need not be kept. */
  done: 11,
  /** Of the receiver: it is about to leave, and asks what is still waited for; a number that has to be in the answer. */
  leaving: 12,
  /** Of the sender, answering that: the number, and how many requests, each of which it has just asked after. */
  awaited: 13,
} as const

export type ItemKind = (typeof ITEM)[keyof typeof ITEM]

/** Kind and length of an item. */
export const ITEM_HEAD_BYTES = 5

/** More than a piece's own numbers can take. */
export const PIECE_HEAD_BYTES = ITEM_HEAD_BYTES + 48

export interface FrameHead {
  readonly from: string
  /** The receiver's number of the link by which the requests in it come; 0: it has none of them. */
  readonly asksBy: number
  /** The sender's own number of the link whose requests are answered; 0: it answers none. */
  readonly answersBy: number
}

export function writeHead(writer: FrameWriter, { answersBy, asksBy, from }: FrameHead): void {
  writer.byte(VERSION)
  writer.text(from)
  writer.number(asksBy)
  writer.number(answersBy)
}

/** @throws MalformedFrame */
export function readHead(reader: FrameReader): FrameHead {
  const version = reader.byte()
  if (version !== VERSION) throw new MalformedFrame(`it is of version ${version}, not ${VERSION}`)
  return { from: reader.text(), asksBy: reader.number(), answersBy: reader.number() }
}
