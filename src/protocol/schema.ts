// What an application may give as the type of a payload, a response or a state, and the codec that each stands for.

import type { DescMessage, MessageInitShape, MessageShape } from '@bufbuild/protobuf'
import type { StandardSchemaV1 } from '@standard-schema/spec'

import { SpawnError } from '../base/index.ts'
import type { Codec } from './codec.ts'
import { jsonCodec, standardCodec } from './json-codec.ts'
import { protobufOnDemand } from './protobuf-on-demand.ts'

/** A Protobuf message by its protobuf-es descriptor, or JSON checked by any Standard Schema validator. */
export type Schema = DescMessage | StandardSchemaV1

/** What a caller may give where the schema stands. */
export type SchemaInput<S extends Schema> = S extends DescMessage
  ? MessageInitShape<S>
  : S extends StandardSchemaV1
    ? StandardSchemaV1.InferInput<S>
    : never

/** What the receiver gets. */
export type SchemaOutput<S extends Schema> = S extends DescMessage
  ? MessageShape<S>
  : S extends StandardSchemaV1
    ? StandardSchemaV1.InferOutput<S>
    : never

/**
 * The codec of a schema; of none, plain JSON.
 *
 * @throws SpawnError INVALID_ARGUMENT when it is no schema.
 */
export function codecOf(schema: undefined): Codec
export function codecOf<S extends Schema>(schema: S): Codec<SchemaOutput<S>>
export function codecOf(schema: Schema | undefined): Codec
export function codecOf(schema: Schema | undefined): Codec {
  if (schema === undefined) return jsonCodec
  if (isDescriptor(schema)) return protobufOnDemand().protobufCodec(schema)
  if (isStandardSchema(schema)) return standardCodec(schema)
  throw new SpawnError(
    'INVALID_ARGUMENT',
    'a schema is a protobuf-es message descriptor (such as AddSchema) or a Standard Schema validator; this is neither',
  )
}

function isDescriptor(schema: unknown): schema is DescMessage {
  return (
    typeof schema === 'object' &&
    schema !== null &&
    'kind' in schema &&
    schema.kind === 'message' &&
    'typeName' in schema
  )
}

/** Some libraries' schemas are functions. */
function isStandardSchema(schema: unknown): schema is StandardSchemaV1 {
  if ((typeof schema !== 'object' && typeof schema !== 'function') || schema === null) return false
  return '~standard' in schema
}
