// How lines are printed: a table for people (it is valid Markdown), or one JSON object per line for programs.

import { barText, type Line, quantityText, type Spread, type Unit } from './line.ts'

const HEAD = ['path', 'measured', 'spread', 'beside it', 'limit', 'spread', 'ratio', 'bar', '']
const RIGHT = new Set([1, 2, 4, 5, 6])

export function tableText(lines: readonly Line[]): string {
  const rows = [HEAD, ...lines.map(cellsOf)]
  const widths = HEAD.map((_, column) => Math.max(3, ...rows.map((row) => row[column]!.length)))
  const [head = '', ...body] = rows.map((row) => rowText(row, widths))
  const rule = widths.map((width, column) =>
    RIGHT.has(column) ? `${'-'.repeat(width - 1)}:` : '-'.repeat(width),
  )
  return [head, `| ${rule.join(' | ')} |`, ...body].join('\n')
}

/** `value` and `beside` are medians; `min` and `max` are the extremes of the rounds. */
export function jsonText(line: Line): string {
  const { beside, bar, holds, name, ratio, unit, value } = line
  return JSON.stringify({
    name,
    unit,
    value: value.median,
    beside: beside?.median ?? null,
    ratio,
    bar: bar === null ? null : barText(line),
    holds,
    min: value.min,
    max: value.max,
    besideName: beside?.name ?? null,
    besideMin: beside?.min ?? null,
    besideMax: beside?.max ?? null,
  })
}

function cellsOf(line: Line): string[] {
  const { beside, holds, name, ratio, unit, value } = line
  return [
    name,
    quantityText(value.median, unit),
    spreadText(value, unit),
    beside?.name ?? '',
    beside === null ? '' : quantityText(beside.median, unit),
    beside === null ? '' : spreadText(beside, unit),
    ratio === null ? '' : ratio.toFixed(2),
    barText(line),
    holds === null ? '' : holds ? '✓' : '✗',
  ]
}

function spreadText({ max, min }: Spread, unit: Unit): string {
  const [low = '', lowUnit] = quantityText(min, unit).split(' ')
  const [high = '', highUnit] = quantityText(max, unit).split(' ')
  return lowUnit === highUnit ? `${low}–${high}` : `${low} ${lowUnit} – ${high} ${highUnit}`
}

function rowText(cells: readonly string[], widths: readonly number[]): string {
  const padded = cells.map((cell, column) =>
    RIGHT.has(column) ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!),
  )
  return `| ${padded.join(' | ')} |`
}
