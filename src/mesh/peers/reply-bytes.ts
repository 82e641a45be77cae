// Replies as bytes and back.

import { type FrameReader, MalformedFrame } from './frame-reader.ts'
import type { FrameWriter } from './frame-writer.ts'
import { readAnswer, readError, writeAnswer, writeError } from './part-bytes.ts'
import type { PeerReply } from './peer-request.ts'

const KINDS = ['answer', 'done', 'failed', 'notOwner'] as const

export function writeReply(writer: FrameWriter, reply: PeerReply): void {
  writer.byte(KINDS.indexOf(reply.kind))
  if (reply.kind === 'answer') writeAnswer(writer, reply.answer)
  else if (reply.kind === 'failed') writeError(writer, reply.error)
  else if (reply.kind === 'notOwner') writer.count(reply.epoch)
}

/** @throws MalformedFrame */
export function readReply(reader: FrameReader): PeerReply {
  const kind = KINDS[reader.byte()]
  switch (kind) {
    case 'answer':
      return { kind, answer: readAnswer(reader) }
    case 'failed':
      return { kind, error: readError(reader) }
    case 'notOwner':
      return { kind, epoch: reader.count() }
    case 'done':
      return { kind }
    default:
      throw new MalformedFrame('a kind of reply is unknown')
  }
}
