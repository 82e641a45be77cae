// The bytes of a request body as a JSON value: UTF-8, well-formed, not nested too deep, and without the keys that turn a
// careless merge into a change of every object. Such a key is refused, not dropped: nothing that a client sent goes
// missing without a word. A refusal says where, never what.

import { isUtf8 } from 'node:buffer'

import { SpawnError } from '../base/index.ts'
import { Json } from '../protocol/index.ts'
import { syntaxFault, placeOf } from './json-syntax.ts'

const REPLACEMENT = '\ufffd'
const BYTE_ORDER_MARK = 0xfeff

/**
 * Parses a body.
 *
 * @param depthLimit objects within arrays within objects, at most.
 * @throws SpawnError INVALID_ARGUMENT that names line and column, or the path of the key that is refused.
 */
export function parseJsonBody(body: Buffer, depthLimit: number): Json {
  const text = textOf(body)
  if (text.length > depthLimit) checkDepth(text, depthLimit)
  const value = parse(text)
  // Escapes may hide the words; the walk reads the keys as they came out.
  if (text.includes('__proto__') || text.includes('"prototype"') || text.includes('\\u00')) {
    refusePollution(value, '')
  }
  return new Json(value)
}

function textOf(body: Buffer): string {
  const text = body.toString('utf8')
  if (text.includes(REPLACEMENT) && !isUtf8(body)) {
    throw new SpawnError('INVALID_ARGUMENT', 'the body is not valid UTF-8; send JSON as UTF-8')
  }
  return text.charCodeAt(0) === BYTE_ORDER_MARK ? text.slice(1) : text
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // Not passed on: the engine's message quotes the payload.
    const fault = syntaxFault(text) ?? { at: 0, expected: 'JSON' }
    const { line, column } = placeOf(text, fault.at)
    const found = fault.at === text.length ? 'ends' : 'goes wrong'
    throw new SpawnError(
      'INVALID_ARGUMENT',
      `the body is not JSON: it ${found} at line ${line}, column ${column}, where ${fault.expected} was expected`,
      { details: { line, column, position: fault.at } },
    )
  }
}

const QUOTE = 0x22
const BACKSLASH = 0x5c

function checkDepth(text: string, limit: number): void {
  let depth = 0
  let quoted = false
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at)
    if (quoted) {
      if (unit === BACKSLASH) at += 1
      else if (unit === QUOTE) quoted = false
    } else if (unit === QUOTE) quoted = true
    else if (unit === 0x7b || unit === 0x5b) {
      depth += 1
      if (depth > limit) {
        const { line, column } = placeOf(text, at)
        throw new SpawnError(
          'INVALID_ARGUMENT',
          `the body is nested deeper than ${limit} levels at line ${line}, column ${column}`,
          { details: { line, column, position: at } },
        )
      }
    } else if (unit === 0x7d || unit === 0x5d) depth -= 1
  }
}

/** Characters of a path that a message shows. */
const PATH_SHOWN = 200

/** The depth was checked before, so this may call itself. */
function refusePollution(value: unknown, path: string): void {
  if (typeof value !== 'object' || value === null) return
  const entries: [string, unknown][] = Object.entries(value)
  for (const [key, item] of entries) {
    if (reachesPrototype(key, item)) {
      const whole = `${path}/${key}`
      const shown = whole.length > PATH_SHOWN ? `…${whole.slice(-PATH_SHOWN)}` : whole
      throw new SpawnError(
        'INVALID_ARGUMENT',
        `the body has the key ${shown}, which could reach an object's prototype; rename it`,
        { details: { path: shown } },
      )
    }
    refusePollution(item, `${path}/${key}`)
  }
}

function reachesPrototype(key: string, item: unknown): boolean {
  if (key === '__proto__') return true
  return (
    key === 'constructor' && typeof item === 'object' && item !== null && Object.hasOwn(item, 'prototype')
  )
}
