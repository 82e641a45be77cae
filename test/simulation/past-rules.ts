// What the past of one document must be, judged from what was asked of it and what was told. The document is a list of lines;
// an add brings a line that there never was. Knows nothing of who asked, or how.

export interface Text {
  readonly lines: readonly string[]
}

/** `refused`: it did not happen. `unknown`: it may have. */
export type Otherwise = 'refused' | 'unknown'

export interface AddTold {
  readonly line: string
  /** The revision that it made. */
  readonly told: number | Otherwise
}

export interface RestoreTold {
  /** The revision that had to stand; null: any. */
  readonly follows: number | null
  /** The newest revision that anybody had been told of when it was asked for. */
  readonly known: number
  readonly told: { readonly from: number; readonly revision: number } | Otherwise
}

export interface PastEvidence {
  readonly name: string
  /** JSON of all revisions, by number. */
  readonly texts: readonly (string | undefined)[]
  readonly adds: readonly AddTold[]
  readonly restores: readonly RestoreTold[]
}

/** Every revision is an add that was asked for, or a restore that was; and all that was acknowledged is there. */
export function* pastFaults(evidence: PastEvidence): Iterable<string> {
  const { name, texts } = evidence
  const adds = new Map(evidence.adds.map((add) => [add.line, add]))
  const at = new Map<string, number>()
  const restored = new Set<number>()
  for (let revision = 2; revision < texts.length; revision += 1) {
    // An add brings a line that there never was, so it makes a text that there never was.
    if (texts.indexOf(texts[revision]) < revision) {
      restored.add(revision)
      continue
    }
    const line = addedLine(texts[revision - 1], texts[revision])
    const told = line === null ? undefined : adds.get(line)?.told
    if (line === null || told === undefined)
      yield `revision ${revision} of ${name} is neither an add nor a restore`
    else if (at.has(line)) yield `${line} was added to ${name} twice`
    else at.set(line, revision)
    if (told === 'refused') yield `${line} was refused by ${name}, and stands there`
  }
  for (const { line, told } of adds.values()) {
    if (typeof told === 'number' && at.get(line) !== told)
      yield `${line} of ${name} was acknowledged at ${told}, and stands at ${at.get(line) ?? 'none'}`
  }
  yield* restoreFaults(evidence, restored)
}

function* restoreFaults(
  { name, restores, texts }: PastEvidence,
  made: ReadonlySet<number>,
): Iterable<string> {
  const acknowledged = new Set<number>()
  for (const { follows, known, told } of restores) {
    if (typeof told === 'string') continue
    const { from, revision } = told
    if (texts[from] !== texts[revision])
      yield `revision ${revision} of ${name} was to be ${from} again, and is not`
    if (follows !== null && revision !== from && revision !== follows + 1)
      yield `a restore of ${name} was to follow ${follows}, and made ${revision}`
    if (revision < known)
      yield `revision ${revision} of ${name} was said to stand, and ${known} had stood before`
    if (revision === from) continue
    if (acknowledged.has(revision)) yield `revision ${revision} of ${name} was told to two who restored`
    acknowledged.add(revision)
    if (!made.has(revision)) yield `a restore of ${name} made ${revision}, which is an add`
  }
  const unknown = restores.filter(({ told }) => told === 'unknown').length
  const untold = [...made].filter((revision) => !acknowledged.has(revision)).length
  if (untold > unknown)
    yield `${untold} restores of ${name} were told to nobody, and ${unknown} may have been`
}

/** The line that makes the one text of the other; null: none does. */
function addedLine(before: string | undefined, after: string | undefined): string | null {
  if (before === undefined || after === undefined) return null
  const line = linesOf(after).at(-1)
  return line !== undefined && JSON.stringify({ lines: [...linesOf(before), line] }) === after ? line : null
}

function linesOf(text: string): readonly string[] {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a document's own state
  return (JSON.parse(text) as Text).lines
}
