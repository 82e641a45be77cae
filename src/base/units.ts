// Spans of time, sizes and truths as people write them, and as they are shown to them: `30s`, `8MiB`, `on`. It decides which
// writings there are; what suits is the reader's business.

const TIME_UNITS: ReadonlyMap<string, number> = new Map([
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
  ['ms', 1],
])

const SIZE_UNITS: ReadonlyMap<string, number> = new Map([
  ['GiB', 1_073_741_824],
  ['MiB', 1_048_576],
  ['KiB', 1_024],
  ['B', 1],
])

const TRUTHS: ReadonlyMap<string, boolean> = new Map([
  ['true', true],
  ['on', true],
  ['1', true],
  ['false', false],
  ['off', false],
  ['0', false],
])

/** Whether it is so: `true`, `on`, `1`, `false`, `off`, `0`, in any case; null when the text says neither. */
export function truthOf(text: string): boolean | null {
  return TRUTHS.get(text.toLowerCase()) ?? null
}

/** A span in milliseconds: `500`, `500ms`, `30s`, `5m`, `1h`, `2d`; null when the text says none. */
export function millisecondsOf(text: string): number | null {
  return amountOf(text, TIME_UNITS, 'ms')
}

/** Bytes: `1024`, `512KiB`, `8MiB`; null when the text says none. */
export function bytesOf(text: string): number | null {
  return amountOf(text, SIZE_UNITS, 'B')
}

/** In the largest unit that leaves nothing over. */
export function spanText(ms: number): string {
  return amountText(ms, TIME_UNITS)
}

/** In the largest unit that leaves nothing over. */
export function sizeText(bytes: number): string {
  return amountText(bytes, SIZE_UNITS)
}

function amountOf(text: string, units: ReadonlyMap<string, number>, plain: string): number | null {
  const [, digits, unit = plain] = /^(\d{1,12})([a-zA-Z]+)?$/.exec(text) ?? []
  const factor = units.get(unit)
  return digits === undefined || factor === undefined ? null : Number(digits) * factor
}

function amountText(amount: number, units: ReadonlyMap<string, number>): string {
  for (const [unit, factor] of units)
    if (amount >= factor && amount % factor === 0) return `${amount / factor}${unit}`
  return String(amount)
}
