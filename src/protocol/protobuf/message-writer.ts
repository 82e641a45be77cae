// Protobuf messages to bytes. The library's toBinary makes a buffer for each message and grows it; here one writer is kept
// with its buffer, which makes small messages four times as fast, and each field is checked for being what its type says.
// What is rare (groups, required fields, keys that are no strings, types with a form of their own in memory) is left to the
// library.
//
// Invariant: the bytes are those of toBinary (message-writer.test.ts), in an array of their own; and a value that is none
// of its field's type throws, where the library would write text for it or replacement characters.

import { type DescField, type DescMessage, type Message, ScalarType, toBinary } from '@bufbuild/protobuf'
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire'
import { FeatureSet_FieldPresence } from '@bufbuild/protobuf/wkt'

import { scalarWriter, wireTypeOf } from './scalar-writer.ts'

/** After a larger message the writer is let go, and its buffer with it. */
const KEPT_BYTES = 65_536

/** Fields whose value in memory is not a message: plain JSON, or a bare scalar. */
const FILES_WITH_OTHER_FORMS = ['google/protobuf/struct', 'google/protobuf/wrappers']

type Write = (writer: BinaryWriter, value: unknown) => void
type WriteFields = (writer: BinaryWriter, message: Readonly<Record<string, unknown>>) => void

const compiled = new WeakMap<DescMessage, Write>()
const plain = new WeakMap<DescMessage, boolean>()
let kept: BinaryWriter | null = null

/** @throws Error when a field does not hold a value of its type; the message may quote it. */
export function messageBytes(desc: DescMessage, message: Message): Uint8Array {
  let isPlain = plain.get(desc)
  if (isPlain === undefined) {
    isPlain = allPlain(desc, new Set())
    plain.set(desc, isPlain)
  }
  if (!isPlain) return toBinary(desc, message)
  // Taken while it is in use: one that was left by an error, or is in use further up, is not taken again.
  const writer = kept ?? new BinaryWriter()
  kept = null
  writerOf(desc)(writer, message)
  const bytes = writer.finish()
  if (bytes.length <= KEPT_BYTES) kept = writer
  return bytes
}

function allPlain(desc: DescMessage, seen: Set<DescMessage>): boolean {
  if (seen.has(desc)) return true
  seen.add(desc)
  if (FILES_WITH_OTHER_FORMS.includes(desc.file.name)) return false
  return desc.fields.every((field) => {
    if (field.presence === FeatureSet_FieldPresence.LEGACY_REQUIRED) return false
    if ('delimitedEncoding' in field && field.delimitedEncoding) return false
    if (field.fieldKind === 'map' && field.mapKey !== ScalarType.STRING) return false
    return field.message === undefined || allPlain(field.message, seen)
  })
}

function writerOf(desc: DescMessage): Write {
  return compiled.get(desc) ?? compile(desc)
}

function compile(desc: DescMessage): Write {
  const fields: WriteFields[] = []
  const write: Write = (writer, message) => {
    if (!isMessageOf(desc, message)) throw new TypeError(`expected ${desc.typeName}`)
    for (const field of fields) field(writer, message)
    for (const { no, wireType, data } of message.$unknown ?? []) writer.tag(no, wireType).raw(data)
  }
  // Known before its fields are: they may hold this type.
  compiled.set(desc, write)
  const inOrder = desc.fields.toSorted((left, right) => left.number - right.number)
  fields.push(...inOrder.map((field) => compileField(field)))
  return write
}

type Fields = Message & Readonly<Record<string, unknown>>

function isMessageOf(desc: DescMessage, value: unknown): value is Fields {
  return (
    typeof value === 'object' && value !== null && '$typeName' in value && value.$typeName === desc.typeName
  )
}

function compileField(field: DescField): WriteFields {
  const { localName, oneof } = field
  if (field.fieldKind === 'list') return compileList(field)
  if (field.fieldKind === 'map') return compileMap(field)
  const write = tagged(field.number, field)
  if (oneof !== undefined) {
    return (writer, message) => {
      const chosen = message[oneof.localName]
      if (!isRecord(chosen)) throw new TypeError(`expected the oneof ${oneof.name}`)
      if (chosen['case'] === localName) write(writer, chosen['value'])
    }
  }
  if (field.presence !== FeatureSet_FieldPresence.IMPLICIT) {
    return (writer, message) => {
      const value = message[localName]
      // Defaults of explicit fields are inherited.
      if (value !== undefined && Object.hasOwn(message, localName)) write(writer, value)
    }
  }
  const isUnset = emptinessOf(field.scalar)
  return (writer, message) => {
    const value = message[localName]
    if (!isUnset(value)) write(writer, value)
  }
}

/** Tells what a field without explicit presence has when it was not set. */
function emptinessOf(scalar: ScalarType | undefined): (value: unknown) => boolean {
  switch (scalar) {
    case ScalarType.DOUBLE:
    case ScalarType.FLOAT:
      // -0 is a value of its own to them.
      return (value) => Object.is(value, 0)
    case ScalarType.STRING:
      return (value) => value === ''
    case ScalarType.BYTES:
      return (value) => value instanceof Uint8Array && value.length === 0
    default:
      // Numbers of 64 bits are a bigint, or, where their field says so, text.
      return (value) => value === 0 || value === false || value === 0n || value === '0'
  }
}

type Single = Pick<DescField, 'message' | 'enum' | 'scalar'>

function tagged(number: number, single: Single): Write {
  if (single.message !== undefined) {
    const write = deferred(single.message)
    return (writer, value) => {
      writer.tag(number, WireType.LengthDelimited).fork()
      write(writer, value)
      writer.join()
    }
  }
  const scalar = single.scalar ?? ScalarType.INT32
  const [wireType, write] = [wireTypeOf(scalar), scalarWriter(scalar)]
  return (writer, value) => {
    writer.tag(number, wireType)
    write(writer, value)
  }
}

/** Compiled on first use. */
function deferred(desc: DescMessage): Write {
  return (writer, value) => writerOf(desc)(writer, value)
}

function compileList(field: DescField & { fieldKind: 'list' }): WriteFields {
  const { localName, number, packed } = field
  const scalar = field.scalar ?? ScalarType.INT32
  const write = packed ? scalarWriter(scalar) : tagged(number, field)
  return (writer, message) => {
    const items = message[localName]
    if (!Array.isArray(items)) throw new TypeError('expected an array')
    if (items.length === 0) return
    if (packed) writer.tag(number, WireType.LengthDelimited).fork()
    for (const item of items) write(writer, item)
    if (packed) writer.join()
  }
}

function compileMap(field: DescField & { fieldKind: 'map' }): WriteFields {
  const { localName, number } = field
  const writeKey = tagged(1, { message: undefined, enum: undefined, scalar: ScalarType.STRING })
  const writeValue = tagged(2, field)
  return (writer, message) => {
    const entries = message[localName]
    if (!isRecord(entries)) throw new TypeError('expected an object')
    for (const key of Object.keys(entries)) {
      writer.tag(number, WireType.LengthDelimited).fork()
      writeKey(writer, key)
      writeValue(writer, entries[key])
      writer.join()
    }
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}
