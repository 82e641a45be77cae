// The commands of a shell block, each with what the page says that it prints.

export interface Command {
  readonly line: string
  /** The comment lines below it. */
  readonly comments: readonly string[]
  /** The last of them; undefined: the page says nothing. */
  readonly claim: string | undefined
}

export function commandsOf(block: string): Command[] {
  const joined = block.replaceAll('\\\n', '')
  return [...joined.matchAll(/^(?!#)(\S.*)\n((?:#.*\n?)*)/gm)].map(([, line = '', below = '']) => {
    const comments =
      below === ''
        ? []
        : below
            .trim()
            .split('\n')
            .map((comment) => comment.replace(/^# ?/, ''))
    return { line, comments, claim: comments.at(-1) || undefined }
  })
}

/** Whether an output is what a claim says; `…` stands for anything. */
export function isAsClaimed(output: string, claim: string): boolean {
  const parts = claim.split('…').map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`))
  return new RegExp(`^${parts.join('.*')}$`, 's').test(output.trim())
}
