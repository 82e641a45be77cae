// What keeps a plain object from becoming a Protobuf message. The library's `create` takes anything and drops keys that it
// does not know, and finds a wrong type only when it encodes; a live caller should hear of both at once.
//
// Invariant: a value without a fault encodes, and what it says comes back. The faults never quote a value.

import { type DescEnum, type DescField, type DescMessage, ScalarType } from '@bufbuild/protobuf'

/** Deeper than this, a value is taken for a cycle. The library decodes no deeper either. */
const DEPTH_LIMIT = 100

export interface MessageFault {
  readonly path: readonly PropertyKey[]
  readonly problem: string
}

/** The first fault of `value` as a message of this type, or as an object to make one from; null when there is none. */
export function messageFault(desc: DescMessage, value: unknown): MessageFault | null {
  return inMessage(desc, value, 0)
}

interface Found extends MessageFault {
  readonly path: PropertyKey[]
}

function inMessage(desc: DescMessage, value: unknown, depth: number): Found | null {
  if (!isRecord(value)) return found(`expected ${desc.typeName}`)
  if (depth > DEPTH_LIMIT) return found(`a cycle, or more than ${DEPTH_LIMIT} levels`)
  const given = value['$typeName']
  if (given !== undefined && given !== desc.typeName) return found(`expected ${desc.typeName}`)
  const members = membersOf(desc)
  for (const key of Object.keys(value)) {
    if (key === '$typeName' || key === '$unknown') continue
    const member = members.get(key)
    if (member === undefined) return under(key, found(`${desc.typeName} has no such field`))
    const inner = value[key]
    if (inner === undefined || inner === null) continue
    const fault =
      member.kind === 'oneof' ? inOneof(member.fields, inner, depth) : inField(member, inner, depth)
    if (fault !== null) return under(key, fault)
  }
  return null
}

type Member = DescMessage['members'][number]

const membersByDesc = new WeakMap<DescMessage, ReadonlyMap<string, Member>>()

function membersOf(desc: DescMessage): ReadonlyMap<string, Member> {
  let members = membersByDesc.get(desc)
  if (members === undefined) {
    members = new Map(desc.members.map((member) => [member.localName, member]))
    membersByDesc.set(desc, members)
  }
  return members
}

function inOneof(fields: readonly DescField[], value: unknown, depth: number): Found | null {
  if (!isRecord(value)) return found('expected { case, value }')
  if (value['case'] === undefined) return null
  const field = fields.find(({ localName }) => localName === value['case'])
  if (field === undefined)
    return under('case', found(`expected one of ${fields.map((one) => one.localName).join(', ')}`))
  const fault = inField(field, value['value'], depth)
  return fault === null ? null : under('value', fault)
}

function inField(field: DescField, value: unknown, depth: number): Found | null {
  switch (field.fieldKind) {
    case 'list':
      return Array.isArray(value) ? firstFault(value.entries(), field, depth) : found('expected an array')
    case 'map':
      return isRecord(value) ? firstFault(Object.entries(value), field, depth) : found('expected an object')
    default:
      return inSingle(field, value, depth)
  }
}

type Single = Pick<DescField, 'message' | 'enum' | 'scalar'>

function firstFault(entries: Iterable<[PropertyKey, unknown]>, field: Single, depth: number): Found | null {
  for (const [key, item] of entries) {
    const fault = inSingle(field, item, depth)
    if (fault !== null) return under(key, fault)
  }
  return null
}

function inSingle(field: Single, value: unknown, depth: number): Found | null {
  if (field.message !== undefined) return inMessageField(field.message, value, depth)
  const expected = field.enum === undefined ? scalarFault(field.scalar, value) : enumFault(field.enum, value)
  return expected === null ? null : found(`expected ${expected}`)
}

/** Some well-known types are another thing in memory than in the file: a wrapper its value, a Struct plain JSON. */
function inMessageField(desc: DescMessage, value: unknown, depth: number): Found | null {
  const wrapped = desc.fields[0]
  if (desc.file.name === 'google/protobuf/wrappers' && wrapped !== undefined && !isRecord(value)) {
    return inSingle(wrapped, value, depth)
  }
  if (desc.typeName === 'google.protobuf.Struct') return isRecord(value) ? null : found('expected an object')
  return inMessage(desc, value, depth + 1)
}

function enumFault(desc: DescEnum, value: unknown): string | null {
  if (desc.open) return scalarFault(ScalarType.INT32, value)
  return desc.values.some(({ number }) => number === value) ? null : `a value of ${desc.typeName}`
}

/** What was expected; null when it is that. */
function scalarFault(scalar: ScalarType | undefined, value: unknown): string | null {
  switch (scalar) {
    case ScalarType.STRING:
      if (typeof value !== 'string') return 'a string'
      return value.isWellFormed() ? null : 'text without half surrogate pairs'
    case ScalarType.BOOL:
      return typeof value === 'boolean' ? null : 'a boolean'
    case ScalarType.BYTES:
      return value instanceof Uint8Array ? null : 'a Uint8Array'
    case ScalarType.DOUBLE:
      return typeof value === 'number' ? null : 'a number'
    case ScalarType.FLOAT:
      return typeof value === 'number' && fitsFloat(value) ? null : 'a number of 32 bits (float)'
    case ScalarType.UINT32:
    case ScalarType.FIXED32:
      return typeof value === 'number' && value >>> 0 === value
        ? null
        : 'a whole number from 0 to 2^32-1 (uint32)'
    case ScalarType.UINT64:
    case ScalarType.FIXED64:
      return whole(value, 0n, 2n ** 64n) ? null : 'a bigint from 0 to 2^64-1 (uint64)'
    case ScalarType.INT64:
    case ScalarType.SINT64:
    case ScalarType.SFIXED64:
      return whole(value, -(2n ** 63n), 2n ** 63n) ? null : 'a bigint of 64 bits (int64)'
    default:
      return typeof value === 'number' && (value | 0) === value ? null : 'a whole number of 32 bits (int32)'
  }
}

/** 64-bit fields are bigints; fields that ask for strings in their options, and numbers that are exact, pass too. */
function whole(value: unknown, least: bigint, beyond: bigint): boolean {
  if (typeof value === 'number' && !Number.isSafeInteger(value)) return false
  if (typeof value === 'string' && !/^-?\d+$/.test(value)) return false
  if (typeof value !== 'bigint' && typeof value !== 'number' && typeof value !== 'string') return false
  const exact = BigInt(value)
  return exact >= least && exact < beyond
}

function fitsFloat(value: number): boolean {
  return !Number.isFinite(value) || Number.isFinite(Math.fround(value))
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function found(problem: string): Found {
  return { path: [], problem }
}

function under(key: PropertyKey, fault: Found): Found {
  fault.path.unshift(key)
  return fault
}
