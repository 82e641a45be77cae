// Which of the known words a mistyped one may have meant. Pure.

/**
 * The closest of `known` when it is close enough to be meant; undefined when nothing is.
 *
 * @param limit the most edits that still are close.
 */
export function suggestionFor(
  word: string,
  known: Iterable<string>,
  limit: number = Math.max(1, Math.floor(word.length / 3)),
): string | undefined {
  let best: string | undefined
  let bestDistance = limit + 1
  for (const candidate of known) {
    // Each letter too many or too few is an edit: words of quite another length need no closer look.
    const isFar = Math.abs(word.length - candidate.length) >= bestDistance
    if (isFar && !isAbbreviation(word, candidate)) continue
    const distance = isAbbreviation(word, candidate) ? 1 : editDistance(word, candidate)
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance]
  }
  return best
}

/** `; did you mean --port?` as the end of a message, or nothing. */
export function didYouMean(word: string, known: Iterable<string>, prefix = ''): string {
  const suggestion = suggestionFor(word, known)
  return suggestion === undefined ? '' : `; did you mean ${prefix}${suggestion}?`
}

const isAbbreviation = (word: string, candidate: string): boolean =>
  word.length >= 3 && candidate.startsWith(word)

/** Insertions, deletions, replacements and swaps of neighbours that lead from one word to the other. */
function editDistance(from: string, to: string): number {
  let beforeLast: readonly number[] = []
  let last: readonly number[] = Array.from({ length: to.length + 1 }, (_, column) => column)
  const at = (row: readonly number[], column: number): number => row[column] ?? Infinity
  for (let row = 1; row <= from.length; row += 1) {
    const current = [row]
    for (let column = 1; column <= to.length; column += 1) {
      const replaced = at(last, column - 1) + (from[row - 1] === to[column - 1] ? 0 : 1)
      const swapped = from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1]
      const least = Math.min(at(last, column) + 1, at(current, column - 1) + 1, replaced)
      current.push(swapped ? Math.min(least, at(beforeLast, column - 2) + 1) : least)
    }
    beforeLast = last
    last = current
  }
  return at(last, to.length)
}
