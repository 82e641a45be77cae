// What happened in one simulation, as the outside saw it: who called what, when a turn began, what was answered. It records
// and decides nothing; the rules that judge it are in oracle.ts.

/** How one actor is called everywhere in a simulation: `definition/name`. */
export interface Target {
  readonly definition: string
  readonly name: string
}

export function targetText(target: Target): string {
  return `${target.definition}/${target.name}`
}

/** What an add leaves in the state of its actor. */
export interface Entry {
  readonly id: string
  /** For an add that another actor's turn made: what that turn had seen of its own state. */
  readonly from: Sight | null
}

/** A look at an actor: how many entries there were, and the id of the last. */
export interface Sight {
  readonly actor: string
  readonly count: number
  readonly last: string
}

export type OpKind = 'add' | 'read' | 'get' | 'inspect' | 'spawn' | 'delete'

export type Answer =
  | { readonly ok: true; readonly sight: Sight | null }
  | { readonly ok: false; readonly code: string; readonly message: string }

/** One call, by a caller from outside or by a turn. */
export interface Op {
  /** The order of sending, over the whole simulation. */
  readonly number: number
  /** Adds: the id of the entry. Two calls with one idempotency key share it. */
  readonly id: string
  readonly kind: OpKind
  readonly action: string
  readonly target: Target
  /** Which life of the system was called. */
  readonly life: number
  /** The call whose turn made this one; null: the outside did. */
  readonly by: Op | null
  readonly keyed: boolean
  /** Answered when it stands in the mailbox. */
  readonly async: boolean
  /** Durable before its reply: everything but the plain adds of `snapshot` actors. */
  readonly durable: boolean
  readonly sentMs: number
  readonly sentTick: number
  readonly deadlineMs: number
  startedTick: number | null
  answer: Answer | null
  answeredMs: number
  answeredTick: number
  answeredStep: number
}

/** What the caller knows when it sends. */
export type OpStart = Pick<
  Op,
  'id' | 'kind' | 'action' | 'target' | 'life' | 'by' | 'keyed' | 'async' | 'durable' | 'deadlineMs'
>

export class History {
  readonly ops: Op[] = []
  /** Facts that are violations whatever else happened, e.g. two turns of one actor at once. */
  readonly alarms: string[] = []
  /** Lives that ended without a stop: nobody has to be answered there. */
  readonly crashedLives = new Set<number>()
  /** When each life that was stopped in order had stopped. */
  readonly stops = new Map<number, { readonly tick: number; readonly step: number }>()
  readonly #now: () => number
  readonly #steps: () => number
  readonly #started = new Map<string, Op>()
  #ticks = 0

  constructor(now: () => number, steps: () => number) {
    this.#now = now
    this.#steps = steps
  }

  /** A moment, later than all before it. */
  tick(): number {
    this.#ticks += 1
    return this.#ticks
  }

  sent(start: OpStart): Op {
    const op: Op = {
      ...start,
      number: this.ops.length,
      sentMs: this.#now(),
      sentTick: this.tick(),
      startedTick: null,
      answer: null,
      answeredMs: 0,
      answeredTick: 0,
      answeredStep: 0,
    }
    this.ops.push(op)
    this.#started.set(turnKey(op.life, op.number), op)
    return op
  }

  op(number: number): Op | null {
    return this.ops[number] ?? null
  }

  /** A turn began to run; `number` is that of the call, which travels in its payload. */
  started(life: number, number: number): void {
    const op = this.#started.get(turnKey(life, number))
    if (op === undefined) {
      this.alarms.push(`a turn ran for call ${number} in life ${life}, which nobody sent there`)
    } else if (op.startedTick === null) {
      op.startedTick = this.tick()
    } else {
      this.alarms.push(`the turn of call ${number} ran twice in life ${life}`)
    }
  }

  /** The life has stopped in order. */
  stopped(life: number): void {
    this.stops.set(life, { tick: this.tick(), step: this.#steps() })
  }

  answered(op: Op, answer: Answer): void {
    if (this.crashedLives.has(op.life)) return
    if (op.answer !== null) this.alarms.push(`call ${op.number} was answered twice`)
    op.answer = answer
    op.answeredMs = this.#now()
    op.answeredTick = this.tick()
    op.answeredStep = this.#steps()
  }
}

function turnKey(life: number, number: number): string {
  return `${life}:${number}`
}
