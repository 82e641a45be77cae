// The commands of a shell block, each with what the page says that it prints.

export interface Command {
  readonly line: string
  /** The last comment line below it; undefined: the page says nothing. */
  readonly claim: string | undefined
}

export function commandsOf(block: string): Command[] {
  const joined = block.replaceAll('\\\n', '')
  return [...joined.matchAll(/^(?!#)(\S.*)\n((?:#.*\n?)*)/gm)].map(([, line = '', comments = '']) => ({
    line,
    claim: comments.trim().split('\n').at(-1)?.replace(/^# ?/, '') || undefined,
  }))
}

/** Whether an output is what a claim says; `…` stands for anything. */
export function isAsClaimed(output: string, claim: string): boolean {
  const parts = claim.split('…').map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`))
  return new RegExp(`^${parts.join('.*')}$`, 's').test(output.trim())
}
