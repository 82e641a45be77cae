// What a NATS client sends, without what it publishes on some subjects: so two members can be kept apart that both reach the
// server, as by a network in which not everybody sees everybody. Decides where one operation of the protocol ends; all others
// pass as they are.

const LINE_END = '\r\n'

export class MutedSubjects {
  readonly #isMuted: (subject: string) => boolean
  #rest: Buffer = Buffer.alloc(0)

  /** @param isMuted is asked anew for every message. */
  constructor(isMuted: (subject: string) => boolean) {
    this.#isMuted = isMuted
  }

  /** @returns what may go on of all that has come by now as a whole. */
  sift(chunk: Buffer): Buffer {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk])
    const passed: Buffer[] = []
    let at = 0
    for (let end = operationEnd(bytes, at); end !== null; end = operationEnd(bytes, at)) {
      const subject = publishedOn(bytes, at)
      if (subject === null || !this.#isMuted(subject)) passed.push(bytes.subarray(at, end))
      at = end
    }
    this.#rest = bytes.subarray(at)
    return Buffer.concat(passed)
  }
}

/** Null: not all of it is there. */
function operationEnd(bytes: Buffer, at: number): number | null {
  const lineEnd = bytes.indexOf(LINE_END, at)
  if (lineEnd < 0) return null
  const end = lineEnd + LINE_END.length
  if (publishedOn(bytes, at) === null) return end
  // PUB <subject> [reply] <bytes>, or HPUB with two numbers, of which the last counts all.
  const payloadBytes = Number(bytes.toString('latin1', at, lineEnd).split(' ').at(-1))
  const whole = end + payloadBytes + LINE_END.length
  return bytes.length < whole ? null : whole
}

/** Null: it publishes nothing. */
function publishedOn(bytes: Buffer, at: number): string | null {
  const [operation = '', subject = ''] = bytes
    .toString('latin1', at, bytes.indexOf(LINE_END, at))
    .split(' ', 2)
  return operation === 'PUB' || operation === 'HPUB' ? subject : null
}
