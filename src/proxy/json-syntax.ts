// Where a text stops being JSON. JSON.parse decides whether a text is JSON; this says where it is not, for the person who
// sent it, because the engine's own messages quote the payload and often leave the position out. It runs on refused texts
// only, needs no stack of calls, and never repeats what it read.

export interface SyntaxFault {
  /** Index of the first character that is wrong; the text's length when it ends too early. */
  readonly at: number
  /** What would have been right there. */
  readonly expected: string
}

const QUOTE = 0x22
const BACKSLASH = 0x5c

/** The first fault of `text`, or null when it is JSON. */
export function syntaxFault(text: string): SyntaxFault | null {
  /** The brackets that are open, innermost last. */
  const open: ('{' | '[')[] = []
  let at = afterSpace(text, 0)
  let expects: 'value' | 'first item' | 'first key' | 'key' | 'rest' = 'value'
  for (;;) {
    if (expects === 'rest') {
      const inner = open.at(-1)
      if (inner === undefined) return at === text.length ? null : { at, expected: 'the end' }
      const mark = text[at]
      if (mark === ',') expects = inner === '{' ? 'key' : 'value'
      else if (mark === (inner === '{' ? '}' : ']')) open.pop()
      else return { at, expected: inner === '{' ? '"," or "}"' : '"," or "]"' }
      at = afterSpace(text, at + 1)
      continue
    }
    if ((expects === 'first item' && text[at] === ']') || (expects === 'first key' && text[at] === '}')) {
      open.pop()
      at = afterSpace(text, at + 1)
      expects = 'rest'
      continue
    }
    if (expects === 'key' || expects === 'first key') {
      if (text[at] !== '"') return { at, expected: 'a key in double quotes' }
      const end = afterString(text, at)
      if (typeof end !== 'number') return end
      at = afterSpace(text, end)
      if (text[at] !== ':') return { at, expected: '":"' }
      at = afterSpace(text, at + 1)
      expects = 'value'
      continue
    }
    const bracket = text[at]
    if (bracket === '{' || bracket === '[') {
      open.push(bracket)
      at = afterSpace(text, at + 1)
      expects = bracket === '{' ? 'first key' : 'first item'
      continue
    }
    const end = bracket === '"' ? afterString(text, at) : afterWord(text, at)
    if (typeof end !== 'number') return end
    at = afterSpace(text, end)
    expects = 'rest'
  }
}

/** The line and column of an index, both from 1. */
export function placeOf(text: string, at: number): { readonly line: number; readonly column: number } {
  let line = 1
  let lineStart = 0
  for (let feed = text.indexOf('\n'); feed !== -1 && feed < at; feed = text.indexOf('\n', feed + 1)) {
    line += 1
    lineStart = feed + 1
  }
  return { line, column: at - lineStart + 1 }
}

function afterSpace(text: string, from: number): number {
  let at = from
  while (at < text.length && ' \t\n\r'.includes(text.charAt(at))) at += 1
  return at
}

/** The index after the string that opens at `from`. */
function afterString(text: string, from: number): number | SyntaxFault {
  for (let at = from + 1; at < text.length; at += 1) {
    const unit = text.charCodeAt(at)
    if (unit === QUOTE) return at + 1
    if (unit < 0x20) return { at, expected: 'a control character to be written as an escape' }
    if (unit !== BACKSLASH) continue
    at += 1
    if (text[at] === 'u') {
      if (!/^[0-9a-fA-F]{4}$/.test(text.slice(at + 1, at + 5))) {
        return { at: at + 1, expected: 'four hexadecimal digits' }
      }
      at += 4
    } else if (at < text.length && !'"\\/bfnrt'.includes(text.charAt(at))) {
      return { at, expected: 'an escape that JSON has' }
    }
  }
  return { at: text.length, expected: 'the closing quote of a string' }
}

const WORD = /true|false|null|-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y

/** The index after the number or literal at `from`. */
function afterWord(text: string, from: number): number | SyntaxFault {
  WORD.lastIndex = from
  return WORD.test(text) ? WORD.lastIndex : { at: from, expected: 'a value' }
}
