// The actor that the chaos drives, as it would be with one call at a time: a list that is added to and read. Who is answered is
// told how many entries there are and which is the last, so that a lost, doubled or unseen one shows.

import type { Model, Operation } from './linearizability.ts'

export interface Sight {
  readonly count: number
  /** Empty: there is none. */
  readonly last: string
}

/** An add of an entry of its own id; null: a read. */
export type LedgerInput = string | null

export const ledgerModel: Model<Sight, LedgerInput, Sight> = {
  initial: { count: 0, last: '' },
  step(state, input, output) {
    const next = input === null ? state : { count: state.count + 1, last: input }
    return output === null || (output.count === next.count && output.last === next.last) ? next : null
  },
  key: ({ count, last }) => `${count} ${last}`,
}

export type LedgerCall = Operation<LedgerInput, Sight>

/**
 * The calls of a history whose end is known: of each add without an answer it is known then whether it happened, and as
 * which entry. That leaves the search for an order nothing to guess, and the end itself is one more read.
 *
 * @param entries what stands there in the end, when no call is under way any more.
 * @param endedAt when that was.
 */
export function withEnd(
  calls: readonly LedgerCall[],
  entries: readonly string[],
  endedAt: number,
): LedgerCall[] {
  const places = new Map(entries.map((id, at) => [id, at + 1]))
  const known = calls.flatMap((call): LedgerCall[] => {
    if (call.output !== null) return [call]
    const count = call.input === null ? undefined : places.get(call.input)
    return count === undefined
      ? []
      : [{ ...call, output: { count, last: call.input ?? '' }, answeredAt: endedAt }]
  })
  const end: LedgerCall = {
    sentAt: endedAt,
    answeredAt: endedAt,
    input: null,
    output: { count: entries.length, last: entries.at(-1) ?? '' },
  }
  return [...known, end]
}
