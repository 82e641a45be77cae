// One line of the result: what a comparison's rounds come to, and whether the bar holds.
//
// The value is the median of the rounds. The ratio is the median of the ratios of neighbouring rounds, not the ratio of
// the medians: two rounds that follow each other saw the same machine.

import type { Reading } from './subject.ts'

export type Unit = '/s' | 'µs' | 'ms' | 'bytes' | 'MB' | 'calls'

export interface Bar {
  readonly atLeast?: number
  readonly atMost?: number
  readonly ratioAtLeast?: number
  readonly ratioAtMost?: number
}

/** What to read from a comparison's rounds. */
export interface LineChoice {
  readonly name: string
  readonly unit: Unit
  readonly metric: string
  /** What the rounds of the one beside it call it; absent: the same. Null: this line has nothing beside it. */
  readonly besideMetric?: string | null
  readonly bar?: Bar
}

export interface Spread {
  readonly min: number
  readonly median: number
  readonly max: number
}

export interface Line {
  readonly name: string
  readonly unit: Unit
  readonly value: Spread
  /** The physical limit or peer that was measured in turns with it; null: none. */
  readonly beside: (Spread & { readonly name: string }) | null
  readonly ratio: number | null
  readonly bar: Bar | null
  /** Null: there is no bar. */
  readonly holds: boolean | null
}

export interface Beside {
  readonly name: string
  readonly readings: readonly Reading[]
}

export function lineOf(choice: LineChoice, readings: readonly Reading[], beside: Beside | null): Line {
  const { bar = null, metric, besideMetric = metric, name, unit } = choice
  const values = readings.map((reading) => valueOf(reading, metric))
  const value = spreadOf(values)
  let ratio: number | null = null
  let besideSpread: Line['beside'] = null
  if (beside !== null && besideMetric !== null) {
    const limits = beside.readings.map((reading) => valueOf(reading, besideMetric))
    besideSpread = { name: beside.name, ...spreadOf(limits) }
    ratio = spreadOf(values.map((each, at) => each / limits[at]!)).median
  }
  return { name, unit, value, beside: besideSpread, ratio, bar, holds: holds(bar, value.median, ratio) }
}

/** The bar as text: `≥ 1.5 M/s, ratio ≥ 0.33`. */
export function barText({ bar, unit }: Line): string {
  if (bar === null) return ''
  const parts: string[] = []
  if (bar.atLeast !== undefined) parts.push(`≥ ${quantityText(bar.atLeast, unit)}`)
  if (bar.atMost !== undefined) parts.push(`≤ ${quantityText(bar.atMost, unit)}`)
  if (bar.ratioAtLeast !== undefined) parts.push(`ratio ≥ ${bar.ratioAtLeast.toFixed(2)}`)
  if (bar.ratioAtMost !== undefined) parts.push(`ratio ≤ ${bar.ratioAtMost.toFixed(2)}`)
  return parts.join(', ')
}

/** Three digits and a unit: `1.52 M/s`, `104 k/s`, `412 µs`. */
export function quantityText(value: number, unit: Unit): string {
  if (unit !== '/s') return `${digits(value)} ${unit}`
  if (value >= 1e6) return `${digits(value / 1e6)} M/s`
  if (value >= 1e3) return `${digits(value / 1e3)} k/s`
  return `${digits(value)} /s`
}

function digits(value: number): string {
  return value >= 1_000 ? value.toFixed(0) : String(Number(value.toPrecision(3)))
}

function holds(bar: Bar | null, value: number, ratio: number | null): boolean | null {
  if (bar === null) return null
  const besideOk =
    ratio === null
      ? bar.ratioAtLeast === undefined && bar.ratioAtMost === undefined
      : ratio >= (bar.ratioAtLeast ?? -Infinity) && ratio <= (bar.ratioAtMost ?? Infinity)
  return besideOk && value >= (bar.atLeast ?? -Infinity) && value <= (bar.atMost ?? Infinity)
}

function valueOf(reading: Reading, metric: string): number {
  const value = reading[metric]
  if (value === undefined || !Number.isFinite(value)) throw new Error(`a round measured no ${metric}`)
  return value
}

function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((left, right) => left - right)
  const half = sorted.length >> 1
  const median = sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2
  return { min: sorted[0]!, median, max: sorted.at(-1)! }
}
