// The frames of Postgres: a type, a length, a body; only the very first has no type. A statement is all that the client
// sends up to the message that asks for an end (Sync, or a simple Query). Its answer ends with ReadyForQuery, which the
// server says when the transaction is over: who has seen it knows that all is done.

import {
  type ClientPiece,
  type Conversation,
  Frames,
  type Framing,
  LOGIN,
  type ServerPiece,
} from './framing.ts'

const HEADER_BYTES = 5
const SYNC = 'S'
const QUERY = 'Q'
const PARSE = 'P'
const BIND = 'B'
/** These are sent by themselves: they belong to the login, or end the session. */
const ALONE: ReadonlySet<string> = new Set(['p', 'X'])
const READY_FOR_QUERY = 'Z'

const LABEL_CHARACTERS = 40

export const postgresFraming: Framing = () => new PostgresConversation()

class PostgresConversation implements Conversation {
  #hasBegun = false
  readonly #client = new Frames((bytes) => {
    if (this.#hasBegun) return lengthOf(bytes)
    return bytes.length < 4 ? null : bytes.readUInt32BE(0)
  })
  readonly #server = new Frames(lengthOf)
  #asked: Buffer[] = []
  #label = ''

  fromClient(chunk: Buffer): ClientPiece[] {
    const pieces: ClientPiece[] = []
    for (const frame of this.#client.split(chunk)) {
      if (!this.#hasBegun) {
        this.#hasBegun = true
        pieces.push({ bytes: frame, statement: LOGIN })
        continue
      }
      const type = typeOf(frame)
      if (ALONE.has(type)) {
        pieces.push({ bytes: frame, statement: null })
        continue
      }
      this.#asked.push(frame)
      this.#label ||= labelOf(type, frame)
      if (type !== SYNC && type !== QUERY) continue
      pieces.push({ bytes: Buffer.concat(this.#asked.splice(0)), statement: this.#label })
      this.#label = ''
    }
    return pieces
  }

  fromServer(chunk: Buffer): ServerPiece[] {
    const pieces: ServerPiece[] = []
    let said: Buffer[] = []
    for (const frame of this.#server.split(chunk)) {
      said.push(frame)
      if (typeOf(frame) !== READY_FOR_QUERY) continue
      pieces.push({ bytes: Buffer.concat(said), isAnswer: true })
      said = []
    }
    if (said.length > 0) pieces.push({ bytes: Buffer.concat(said), isAnswer: false })
    return pieces
  }
}

/** The type, and a length that counts itself but not the type. */
function lengthOf(bytes: Buffer): number | null {
  return bytes.length < HEADER_BYTES ? null : bytes.readUInt32BE(1) + 1
}

function typeOf(frame: Buffer): string {
  return String.fromCodePoint(frame[0] ?? 0)
}

/** The name of a prepared statement, else the beginning of the text. */
function labelOf(type: string, frame: Buffer): string {
  const body = frame.subarray(HEADER_BYTES)
  if (type === QUERY) return short(textAt(body, 0))
  if (type !== PARSE && type !== BIND) return ''
  const first = textAt(body, 0)
  const second = textAt(body, Buffer.byteLength(first) + 1)
  // Parse: the statement's name and its text; Bind: the portal's name and the statement's.
  return short(type === PARSE && first !== '' ? first : second)
}

function textAt(body: Buffer, start: number): string {
  return body.toString('utf8', start, body.indexOf(0, start))
}

function short(text: string): string {
  return text.replace(/^spawn_/, '').slice(0, LABEL_CHARACTERS)
}
