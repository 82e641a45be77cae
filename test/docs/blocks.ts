// The fenced blocks of a Markdown page, in order.

export interface Block {
  /** What stands behind the opening fence: `ts`, `sh`, or nothing. */
  readonly language: string
  readonly text: string
}

export function blocksOf(markdown: string): Block[] {
  const fences = markdown.matchAll(/^```([\w-]*)[^\n]*\n(.*?)^```$/gms)
  return [...fences].map(([, language = '', text = '']) => ({ language, text }))
}
