// What a comparison is: a subject, what stands beside it, and the lines that are told of the two; and what several plans name.

import type { LineChoice } from './line.ts'
import type { SubjectChoice } from './measure.ts'

export interface Comparison {
  readonly subject: SubjectChoice
  readonly beside: (SubjectChoice & { readonly name: string }) | null
  readonly lines: readonly LineChoice[]
  /** The main threads of both run on the same processor: for work that is theirs alone, as processors may differ. */
  readonly onOneProcessor?: boolean
  /** Where nobody says how many. Default: 5. */
  readonly rounds?: number
  /** Of a subject whose round takes long whatever it is asked for. */
  readonly maxRounds?: number
  /** Only with --long: it takes minutes to prepare. */
  readonly isLong?: boolean
}

export interface Crowd {
  readonly callers: number
  readonly actors: number
}

/** For two that share a disk, which is now quick and now slow: their ratios differ by half from one round to the next. */
export const MANY_ROUNDS = 15

/** The crowd that the bars are about. */
export const MAIN: Crowd = { callers: 64, actors: 1_000 }

/** What most of what turns set in motion is measured by. */
export const DURABLE_CALLS = {
  name: 'durable calls',
  module: 'embedded-calls',
  variant: 'durable',
  ...MAIN,
} as const
