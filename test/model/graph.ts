// Graphs of what messages cause: each work is done by one actor, sends effects that are works again, and may be passed on
// by pipes and forwards. Plain data, and the little that a model of it knows: who gets what, and what a call is answered
// with.

/** How often a message fails before it is taken. */
export const ALWAYS = -1

export interface Part {
  /** Which actor, by number. */
  readonly to: number
  readonly fails: number
  readonly effects: readonly Work[]
}

export interface Hop extends Part {
  readonly kind: 'pipe' | 'forward'
}

export interface Work extends Part {
  /** Unique in its graph. */
  readonly id: number
  /** Milliseconds; 0: at once. */
  readonly delayMs: number
  readonly hops: readonly Hop[]
}

/** What travels: a work, and what pipes have added to it. */
export interface Job {
  readonly work: Work
  readonly trail: readonly string[]
}

export interface Message {
  /** `work.hop`; hop 0 is the work itself. */
  readonly id: string
  readonly to: number
  readonly isDelayed: boolean
  readonly fails: number
}

export function messageId(work: Work, hop: number): string {
  return `${work.id}.${hop}`
}

export function partOf(work: Work, hop: number): Part {
  return hop === 0 ? work : (work.hops[hop - 1] ?? work)
}

/** All messages that are taken or die, of works that come from outside. */
export function* messagesOf(works: readonly Work[]): Generator<Message> {
  for (const work of works) {
    for (let hop = 0; hop <= work.hops.length; hop += 1) {
      const part = partOf(work, hop)
      yield {
        id: messageId(work, hop),
        to: part.to,
        isDelayed: hop === 0 && work.delayMs > 0,
        fails: part.fails,
      }
      // What dies causes nothing.
      if (part.fails === ALWAYS) break
      yield* messagesOf(part.effects)
    }
  }
}

/** What the caller of a work is answered with: the last hop's reply. */
export function answerOf(work: Work): readonly string[] {
  let trail: readonly string[] = []
  for (let hop = 0; hop <= work.hops.length; hop += 1) {
    const next = work.hops[hop]
    // A forward hands on what came in; a pipe, and the end, what was made of it.
    if (next?.kind !== 'forward') trail = [...trail, stepText(partOf(work, hop).to, hop)]
  }
  return trail
}

export function stepText(actor: number, hop: number): string {
  return `n${actor} at ${hop}`
}
