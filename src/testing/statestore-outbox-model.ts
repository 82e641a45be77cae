// What an outbox is, in as little code as can say it: the envelopes that stand, in order of their places. A part of the
// model of a statestore.

import type { Box, Commit, EnvelopePosition, StandingEnvelope } from '../ports/index.ts'

export class OutboxModel {
  #standing: StandingEnvelope[] = []
  #lastPlace = 0

  copy(): OutboxModel {
    const copy = new OutboxModel()
    copy.#standing = [...this.#standing]
    copy.#lastPlace = this.#lastPlace
    return copy
  }

  /** All that stand, in order of their places. */
  get standing(): readonly StandingEnvelope[] {
    return this.#standing
  }

  accepts({ occasions, takes }: Commit): boolean {
    return takes.every((id) => {
      const standing = this.#standing.find((envelope) => envelope.id === id)
      return standing !== undefined && standing.dueAtMs === (occasions?.get(id) ?? standing.dueAtMs)
    })
  }

  apply({ sends, takes }: Commit): void {
    const before = new Map(this.#standing.map(({ id, place }) => [id, place]))
    const sent = sends.map((envelope) => {
      const place = before.get(envelope.id) ?? (this.#lastPlace += 1)
      return { ...envelope, place }
    })
    const gone = new Set([...takes, ...sends.map(({ id }) => id)])
    const rest = this.#standing.filter(({ id }) => !gone.has(id))
    this.#standing = [...rest, ...sent].sort((left, right) => left.place - right.place)
  }

  /** Of these boxes, those due at `untilMs`, in order. */
  due(boxes: readonly Box[], untilMs: number): StandingEnvelope[] {
    return this.#standing
      .filter(({ box, dueAtMs }) => boxes.includes(box) && dueAtMs <= untilMs)
      .sort((left, right) => order(left, right))
  }

  /** Facts that are over. */
  expired(nowMs: number): number {
    return this.facts(0).filter(({ dueAtMs }) => dueAtMs <= nowMs).length
  }

  prune(nowMs: number): void {
    this.#standing = this.#standing.filter(({ box, dueAtMs }) => box !== 'fact' || dueAtMs > nowMs)
  }

  /** Facts behind a place, in order. */
  facts(after: number): StandingEnvelope[] {
    return this.#standing.filter(({ box, place }) => box === 'fact' && place > after)
  }
}

function order(left: EnvelopePosition, right: EnvelopePosition): number {
  return left.dueAtMs === right.dueAtMs ? left.place - right.place : left.dueAtMs - right.dueAtMs
}
