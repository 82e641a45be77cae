// The payload of `spawn invoke`: given on the line, from a file or from stdin. It is checked to be JSON here, so that a
// quoting mistake is told before anything is sent, and goes out as the text that it was: no number is rounded.

import { readFile } from 'node:fs/promises'
import { text as textOf } from 'node:stream/consumers'
import { messageOf } from '../base/index.ts'
import { placeOf, syntaxFault } from '../proxy/json-syntax.ts'
import { usageFailure } from './failure.ts'

/**
 * @param given JSON text, `@path` of a file with it, or `-` for stdin; undefined: no payload.
 * @throws Failure USAGE that says where the text stops being JSON.
 */
export async function readPayload(
  given: string | undefined,
  stdin: NodeJS.ReadableStream,
): Promise<string | undefined> {
  if (given === undefined) return undefined
  if (given === '-') return checked(await textOf(stdin), 'stdin')
  if (given.startsWith('@')) return checked(await fileText(given.slice(1)), given.slice(1))
  return checked(given, 'the payload')
}

async function fileText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    throw usageFailure(`the payload cannot be read: ${messageOf(cause)}`)
  }
}

function checked(given: string, where: string): string {
  const text = given.startsWith('\ufeff') ? given.slice(1) : given
  const fault = syntaxFault(text)
  if (fault === null) return text
  const { line, column } = placeOf(text, fault.at)
  const place = line === 1 ? `at column ${column}` : `at line ${line}, column ${column}`
  throw usageFailure(
    `${where} is not JSON: it goes wrong ${place}, where ${fault.expected} was expected`,
    where === 'the payload' ? hintFor(text) : undefined,
  )
}

function hintFor(text: string): string {
  return /^[\w .-]+$/.test(text)
    ? `a text is written '"${text}"', quotes and all`
    : `quote it for the shell: '{"value":1}'; or give it as @file, or as - on stdin`
}
