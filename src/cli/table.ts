// Rows as aligned columns for a terminal. On a terminal the last column is cut to what fits; in a pipe nothing is cut.
// Pure. Texts must be printable already (terminal.ts).

const GAP = '  '

const segments = new Intl.Segmenter()
// East Asian wide and full-width forms, and pictures: two columns each.
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|[\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}|\ufe0f/u

/** Columns that a text takes on a terminal. */
export function widthOf(text: string): number {
  let width = 0
  for (const { segment } of segments.segment(text)) width += WIDE.test(segment) ? 2 : 1
  return width
}

/**
 * @param rows the first is the heading; all have the same number of cells.
 * @param width columns there are; null: no limit.
 */
export function tableLines(rows: readonly (readonly string[])[], width: number | null): string[] {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => widthOf(row[column] ?? ''))),
  )
  return rows.map((row) => {
    const line = row.map((cell, column) =>
      padded(cell, column === row.length - 1 ? 0 : (widths[column] ?? 0)),
    )
    return cut(line.join(GAP).trimEnd(), width)
  })
}

function padded(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - widthOf(text)))
}

/** A text as far as it fits. */
export function cut(text: string, width: number | null): string {
  if (width === null || widthOf(text) <= width) return text
  let kept = ''
  let used = 0
  for (const { segment } of segments.segment(text)) {
    used += WIDE.test(segment) ? 2 : 1
    if (used > width - 1) break
    kept += segment
  }
  return `${kept}…`
}
