// An archive file in the making: its pieces as text, one after another. Decides what stands in which line; where the text goes
// is the asker's. A part is all that it holds.

import type { ArchiveRow } from '../ports/index.ts'
import { Chain, FORMAT_VERSION, type Header, headerLine, partLine, trailerLine } from './frame-line.ts'
import type { PartPiece } from './reading.ts'
import { type RowCounts, RowCounting } from './row-counts.ts'
import { rowLine } from './row-line.ts'

export class Writing {
  #chain = new Chain()
  #parts = 0
  readonly #counting = new RowCounting()

  get parts(): number {
    return this.#parts
  }

  get counts(): RowCounts {
    return this.#counting.counts
  }

  header(header: Omit<Header, 'format'>): string {
    return `${headerLine(this.#chain, { ...header, format: FORMAT_VERSION })}\n`
  }

  /** The file has been begun, and this is how it begins. */
  resumedHeader(checksum: string): void {
    this.#chain = Chain.behind(checksum)
  }

  /** The file has this part already. */
  resumedPart({ checksum, part, rows }: Pick<PartPiece, 'checksum' | 'part' | 'rows'>): void {
    this.#chain = Chain.behind(checksum)
    this.#counting.add(rows)
    this.#parts = part.part
  }

  /** @param next where the reading goes on behind it. */
  part(rows: readonly ArchiveRow[], next: string | null): string {
    const lines = rows.map((row) => rowLine(row))
    for (const line of lines) this.#chain.row(line)
    this.#counting.add(rows)
    this.#parts += 1
    lines.push(partLine(this.#chain, { part: this.#parts, rows: rows.length, next }), '')
    return lines.join('\n')
  }

  trailer(finishedAtMs: number, changes: readonly string[]): string {
    const trailer = { parts: this.#parts, rows: this.#counting.lines, finishedAtMs, changes }
    return `${trailerLine(this.#chain, trailer)}\n`
  }
}
