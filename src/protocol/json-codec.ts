// JSON as a codec: plain, or checked by a validator of any library that speaks Standard Schema. It decides what a JSON
// value may be and how a refusal reads; the bytes are json-type.ts's.
//
// Invariant: a live value passes the plain codec untouched and at no cost, and a message never quotes a value.

import type { StandardSchemaV1 } from '@standard-schema/spec'

import { assert, messageOf, SpawnError } from '../base/index.ts'
import type { Codec } from './codec.ts'
import { isJsonType, jsonTextOf, packJsonText, packLongJson } from './json-type.ts'
import { HAS_LONG_TEXT, type JsonFault, lookThrough } from './json-value.ts'
import { LongJson } from './long-json.ts'
import { Json, Packed } from './packed.ts'
import { pathText } from './value-path.ts'

const EMPTY_TYPE = '/google.protobuf.Empty'

/** Validators can find hundreds of faults in one value; a message names this many. */
const ISSUES_TOLD = 8

/** Any JSON value, as it comes; types are the compiler's business. */
export const jsonCodec: Codec = {
  name: 'JSON',
  accept: readJson,
  pack: packJson,
  toJson: (value) => value,
}

/**
 * JSON that a validator looks at whenever a value crosses a border, live values included. What the validator makes of a
 * value (defaults, coercions) is what the action gets. The schema of a state reads its own output back after a load, so it
 * must accept it.
 *
 * @param schema a schema whose validation is synchronous.
 */
export function standardCodec<Schema extends StandardSchemaV1>(
  schema: Schema,
): Codec<StandardSchemaV1.InferOutput<Schema>> {
  return {
    name: 'JSON',
    accept(value) {
      const input = readJson(value)
      const result = validated(schema, input)
      if (result.issues !== undefined) throw refusal(result.issues, input)
      return result.value
    },
    pack: packJson,
    toJson: (value) => value,
  }
}

function validated<Schema extends StandardSchemaV1>(
  schema: Schema,
  input: unknown,
): StandardSchemaV1.Result<StandardSchemaV1.InferOutput<Schema>> {
  const standard = schema['~standard']
  let result: ReturnType<typeof standard.validate>
  try {
    result = standard.validate(input)
  } catch (cause) {
    throw new SpawnError('INVALID_ARGUMENT', `the ${standard.vendor} schema threw instead of answering`, {
      cause,
    })
  }
  if (!(result instanceof Promise)) return result
  // Nobody will look at what it finds; its failure must not end the process.
  result.catch(() => undefined)
  throw new SpawnError(
    'INVALID_ARGUMENT',
    `the ${standard.vendor} schema validates asynchronously, and a turn cannot wait for it: use a synchronous schema, ` +
      'and do what needs waiting in the action',
  )
}

function readJson(value: unknown): unknown {
  if (value instanceof Json) return value.value
  if (!(value instanceof Packed)) return value
  if (isJsonType(value.typeUrl)) return parseJsonType(value)
  if (value.typeUrl.endsWith(EMPTY_TYPE)) return undefined
  throw new SpawnError(
    'INVALID_ARGUMENT',
    `expected JSON (spawn.JSONType), got ${value.typeUrl || 'a value without a type'}`,
  )
}

/**
 * The JSON value in a JSONType; undefined when its text is empty, which is how some SDKs say nothing.
 *
 * @throws SpawnError INVALID_ARGUMENT
 */
export function parseJsonType(packed: Packed): unknown {
  const text = jsonTextOf(packed)
  if (text === '') return undefined
  try {
    return JSON.parse(text)
  } catch {
    // The parser's own message quotes the text, so neither it nor its error is kept.
    throw new SpawnError('INVALID_ARGUMENT', `the content of a ${packed.typeUrl} is not valid JSON`)
  }
}

function packJson(value: unknown, isBrief?: boolean): Packed {
  assert(value !== undefined, 'a value that is absent is not packed')
  const seen = lookThrough(value)
  if (seen !== null && seen !== HAS_LONG_TEXT) throw new SpawnError('INVALID_ARGUMENT', faultText(seen))
  let text: string | undefined
  try {
    const long = seen === null ? null : LongJson.of(value)
    if (long !== null) return packLongJson(long)
    // Undefined, against its declared type, when a toJSON method answers with what JSON has no text for.
    text = JSON.stringify(value) as string | undefined
  } catch (cause) {
    throw new SpawnError('INVALID_ARGUMENT', `the value cannot be written as JSON: ${messageOf(cause)}`, {
      cause,
    })
  }
  if (text === undefined)
    throw new SpawnError('INVALID_ARGUMENT', 'the value: its toJSON method answers nothing')
  return packJsonText(text, isBrief)
}

/** What of a live value JSON cannot carry, and where; null: nothing. A value that has bytes already is not looked at. */
export function jsonFaultOf(value: unknown): string | null {
  if (value === undefined || value instanceof Json || value instanceof Packed) return null
  const seen = lookThrough(value)
  return seen === null || seen === HAS_LONG_TEXT ? null : faultText(seen)
}

function faultText({ path, what }: JsonFault): string {
  return `${path.length === 0 ? 'the value' : pathText(path)}: JSON cannot carry ${what}`
}

function refusal(issues: readonly StandardSchemaV1.Issue[], input: unknown): SpawnError {
  const told = issues.slice(0, ISSUES_TOLD).map((issue) => {
    const path = (issue.path ?? []).map((step) => (typeof step === 'object' ? step.key : step))
    return { path: pathText(path), problem: unquoted(issue.message, valueAt(input, path)) }
  })
  const texts = told.map(({ path, problem }) => `${path === '' ? 'the value' : path}: ${problem}`)
  const more = issues.length > ISSUES_TOLD ? `; and ${issues.length - ISSUES_TOLD} more` : ''
  return new SpawnError('INVALID_ARGUMENT', texts.join('; ') + more, { details: { issues: told } })
}

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  let value = input
  for (const key of path) {
    if (typeof value !== 'object' || value === null) return undefined
    value = Reflect.get(value, key)
  }
  return value
}

/** A validator's message without the value that it quotes; some do, and a payload does not belong into messages. */
function unquoted(message: string, value: unknown): string {
  if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'bigint') return message
  const text = String(value)
  if (text === '' || text.length > message.length) return message
  const whole = RegExp.escape(text)
  const quoted = RegExp.escape(JSON.stringify(text).slice(1, -1))
  return message.replace(
    new RegExp(`(?<![\\p{L}\\p{N}_])(?:${whole}|${quoted})(?![\\p{L}\\p{N}_])`, 'gu'),
    '…',
  )
}
