// The frames of MariaDB: packets with a length and a number, which begins anew with each command of the client. A statement
// is a command that is answered. The first packet of an answer is sent when the command is done: the blocks that change what
// is stored commit before they answer.

import {
  type ClientPiece,
  type Conversation,
  Frames,
  type Framing,
  LOGIN,
  type ServerPiece,
} from './framing.ts'

const HEADER_BYTES = 4
/** A packet of this length is continued in the next one. */
const FULL = 0xff_ff_ff
const COMMAND = {
  quit: 0x01,
  query: 0x03,
  prepare: 0x16,
  execute: 0x17,
  longData: 0x18,
  close: 0x19,
} as const
const UNANSWERED: ReadonlySet<number> = new Set([COMMAND.quit, COMMAND.longData, COMMAND.close])
const OK = 0x00
const ERROR = 0xff
/** In place of a statement's number: the one that was prepared last. */
const LAST_PREPARED = 0xff_ff_ff_ff

const LABELS: readonly (readonly [part: string, label: string])[] = [
  ['wave_forgotten', 'commit'],
  ['its_birth', 'delete'],
  ['it_is_burnt', 'settle'],
  ['SELECT 0, u.n', 'standing'],
  ['spawn_outbox', 'outbox'],
  ['spawn_outcomes', 'outcomes'],
  ['spawn_past', 'past'],
  ['spawn_actors', 'actors'],
]
const LABEL_CHARACTERS = 40

export const mariadbFraming: Framing = () => new MariadbConversation()

class MariadbConversation implements Conversation {
  #isLoggedIn = false
  #sentLogin = false
  readonly #client = new Frames(lengthOf)
  readonly #server = new Frames(lengthOf)
  /** Of the statements that were prepared and not answered yet. */
  readonly #preparing: string[] = []
  readonly #prepared = new Map<number, string>()
  /** What the commands that are not answered yet are. */
  readonly #asked: number[] = []
  #lastPrepared = ''
  #lastNumber = 0

  fromClient(chunk: Buffer): ClientPiece[] {
    return this.#client.split(chunk).map((packet) => ({
      bytes: packet,
      statement: numberOf(packet) === 0 ? this.#commandIn(packet) : this.#loginIn(),
    }))
  }

  /** What follows the first packet of the client's login, or of a command, is no statement of its own. */
  #loginIn(): string | null {
    if (this.#sentLogin) return null
    this.#sentLogin = true
    return LOGIN
  }

  #commandIn(packet: Buffer): string | null {
    const command = packet[HEADER_BYTES] ?? 0
    if (UNANSWERED.has(command)) return null
    this.#asked.push(command)
    if (command === COMMAND.execute) {
      const number = packet.readUInt32LE(HEADER_BYTES + 1)
      return number === LAST_PREPARED ? this.#lastPrepared : (this.#prepared.get(number) ?? 'execute')
    }
    if (command !== COMMAND.query && command !== COMMAND.prepare) return `command ${command}`
    const label = labelOf(packet.toString('utf8', HEADER_BYTES + 1))
    if (command === COMMAND.query) return label
    this.#preparing.push(label)
    this.#lastPrepared = label
    return `prepare ${label}`
  }

  fromServer(chunk: Buffer): ServerPiece[] {
    return this.#server.split(chunk).map((packet) => ({
      bytes: packet,
      isAnswer: this.#answers(packet),
    }))
  }

  #answers(packet: Buffer): boolean {
    const kind = packet[HEADER_BYTES]
    const number = numberOf(packet)
    // Numbers begin at 1, and come round to 1 again behind 0.
    const begins = number === 1 && this.#lastNumber !== 0
    this.#lastNumber = number
    if (!this.#isLoggedIn) {
      this.#isLoggedIn = this.#sentLogin && (kind === OK || kind === ERROR)
      return this.#isLoggedIn
    }
    if (!begins) return false
    if (this.#asked.shift() === COMMAND.prepare) {
      const label = this.#preparing.shift() ?? ''
      if (kind === OK) this.#prepared.set(packet.readUInt32LE(HEADER_BYTES + 1), label)
    }
    return true
  }
}

/** With all packets that continue it. */
function lengthOf(bytes: Buffer): number | null {
  for (let end = 0; ;) {
    if (bytes.length < end + HEADER_BYTES) return null
    const length = bytes.readUIntLE(end, 3)
    end += HEADER_BYTES + length
    if (length < FULL) return end
  }
}

function numberOf(packet: Buffer): number {
  return packet[3] ?? 0
}

function labelOf(sql: string): string {
  const known = LABELS.find(([part]) => sql.includes(part))
  return known?.[1] ?? sql.trimStart().slice(0, LABEL_CHARACTERS)
}
