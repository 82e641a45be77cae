// Whether what callers saw of one object can be explained by an order in which each call happened at one moment between its
// sending and its answer. The search of Wing and Gong, with the memory of Lowe: calls are put in order one after the other,
// what was tried is remembered by what is left and the state that it led to, and an order that cannot go on is taken back.
//
// A call without an answer may have happened at any time after it was sent, or never: it has until the end of time. Many of
// them make the search long: what is known of them from elsewhere should be said.
// It knows nothing of actors: what a call does is the model's.

export interface Operation<Input, Output> {
  /** When it was sent, and when its answer came, on one clock. Infinity: it never came. */
  readonly sentAt: number
  readonly answeredAt: number
  readonly input: Input
  /** Null: not known. */
  readonly output: Output | null
}

/** One object as it would be if there was one call at a time. */
export interface Model<State, Input, Output> {
  readonly initial: State
  /** The state after the call; null: it could not have been answered like that. With `output` null any answer will do. */
  step(state: State, input: Input, output: Output | null): State | null
  /** The same for equal states. */
  key(state: State): string
}

export interface Verdict<Input, Output> {
  readonly linearizable: boolean
  /** If not: the longest order that could be found, and the calls of which none could come next. */
  readonly longest: readonly Operation<Input, Output>[]
  readonly stuck: readonly Operation<Input, Output>[]
}

/** What stands before the first, or one of, the sendings and answers of the calls that have no place in the order yet. */
interface Link<Input, Output> {
  after: Moment<Input, Output> | null
}

interface Moment<Input, Output> extends Link<Input, Output> {
  readonly operation: Operation<Input, Output>
  /** In the order of sending. */
  readonly number: number
  /** The answer to this sending; null: this is an answer. */
  readonly answer: Moment<Input, Output> | null
  before: Link<Input, Output>
}

interface Choice<State, Input, Output> {
  readonly moment: Moment<Input, Output>
  /** Before it. */
  readonly state: State
  /** The highest number of all that have a place, this one included. */
  readonly highest: number
}

/** @returns whether there is such an order. Takes time by how many calls overlap, and hardly by how many there are. */
export function judge<State, Input, Output>(
  model: Model<State, Input, Output>,
  operations: readonly Operation<Input, Output>[],
): Verdict<Input, Output> {
  const head = momentsOf(operations)
  const chosen: Choice<State, Input, Output>[] = []
  const tried = new Set<string>()
  const order = (): Operation<Input, Output>[] => chosen.map(({ moment }) => moment.operation)
  let longest: readonly Operation<Input, Output>[] = []
  let stuck: readonly Operation<Input, Output>[] = []
  let state = model.initial
  let moment = head.after
  while (moment !== null) {
    if (moment.answer === null) {
      // Its call has to have its place before this, and had none that would do.
      if (moment.operation.answeredAt === Number.POSITIVE_INFINITY) break
      if (chosen.length >= longest.length) {
        longest = order()
        stuck = candidates(head)
      }
      const last = chosen.pop()
      if (last === undefined) return { linearizable: false, longest, stuck }
      state = last.state
      putBack(last.moment)
      moment = last.moment.after
      continue
    }
    const next = model.step(state, moment.operation.input, moment.operation.output)
    if (next !== null) {
      const highest = Math.max(moment.number, chosen.at(-1)?.highest ?? -1)
      take(moment)
      const trial = `${left(head, highest)} ${model.key(next)}`
      if (!tried.has(trial)) {
        tried.add(trial)
        chosen.push({ moment, state, highest })
        state = next
        moment = head.after
        continue
      }
      putBack(moment)
    }
    moment = moment.after
  }
  return { linearizable: true, longest: order(), stuck: [] }
}

/** All sendings and answers in order of time: of those at one time, sendings first, which allows more orders. */
function momentsOf<Input, Output>(operations: readonly Operation<Input, Output>[]): Link<Input, Output> {
  const head: Link<Input, Output> = { after: null }
  const sorted = operations.toSorted((one, other) => one.sentAt - other.sentAt)
  const moments = sorted.flatMap((operation, number): Moment<Input, Output>[] => {
    const answer = { operation, number, answer: null, before: head, after: null }
    return [{ operation, number, answer, before: head, after: null }, answer]
  })
  moments.sort(byTime)
  let last = head
  for (const moment of moments) {
    last.after = moment
    moment.before = last
    last = moment
  }
  return head
}

function byTime<Input, Output>(one: Moment<Input, Output>, other: Moment<Input, Output>): number {
  const [first, second] = [timeOf(one), timeOf(other)]
  if (first !== second) return first < second ? -1 : 1
  return Number(one.answer === null) - Number(other.answer === null)
}

function timeOf<Input, Output>({ answer, operation }: Moment<Input, Output>): number {
  return answer === null ? operation.answeredAt : operation.sentAt
}

/** The call has its place: neither its sending nor its answer is in the way any more. */
function take<Input, Output>(moment: Moment<Input, Output>): void {
  for (const one of [moment, moment.answer]) {
    if (one === null) continue
    one.before.after = one.after
    if (one.after !== null) one.after.before = one.before
  }
}

/** In the opposite order of `take`. */
function putBack<Input, Output>(moment: Moment<Input, Output>): void {
  for (const one of [moment.answer, moment]) {
    if (one === null) continue
    one.before.after = one
    if (one.after !== null) one.after.before = one
  }
}

/** Which of the calls up to a number have no place yet: with the state, all that the rest of the search depends on. */
function left<Input, Output>(head: Link<Input, Output>, upTo: number): string {
  let text = `${upTo}`
  for (let moment = head.after; moment !== null && moment.number <= upTo; moment = moment.after)
    if (moment.answer !== null) text += `,${moment.number}`
  return text
}

/** Calls that could come next. */
function candidates<Input, Output>(head: Link<Input, Output>): Operation<Input, Output>[] {
  const found: Operation<Input, Output>[] = []
  for (let moment = head.after; moment !== null && moment.answer !== null; moment = moment.after)
    found.push(moment.operation)
  return found
}
