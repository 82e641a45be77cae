// What callers were told, held against what stands in the end: every list must have a history that could have happened with
// one call at a time.

import { type LedgerCall, ledgerModel, withEnd } from './ledger-model.ts'
import { judge } from './linearizability.ts'

export interface LedgerEnd {
  readonly calls: readonly LedgerCall[]
  readonly entries: readonly string[]
}

/** @returns what is wrong, in words; empty: nothing. */
export function reckon(ends: readonly LedgerEnd[], endedAt: number): string[] {
  return ends.flatMap(({ calls, entries }, ledger) => {
    const doubled = entries.length - new Set(entries).size
    if (doubled > 0) return [`ledger ${ledger}: ${doubled} entries stand there more than once`]
    const verdict = judge(ledgerModel, withEnd(calls, entries, endedAt))
    if (verdict.linearizable) return []
    const last = verdict.longest.slice(-5).map(callText)
    const next = verdict.stuck.slice(0, 5).map(callText)
    return [`ledger ${ledger}: after ${last.join('; ')} none of these can come: ${next.join('; ')}`]
  })
}

function callText({ answeredAt, input, output, sentAt }: LedgerCall): string {
  const what = input === null ? 'a read' : `the add of ${input}`
  const told = output === null ? 'nobody knows what' : `${output.count} up to "${output.last}"`
  return `${what} from ${sentAt.toFixed(1)} to ${answeredAt.toFixed(1)} ms, told ${told}`
}
