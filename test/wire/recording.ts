// The recorded exchanges, read from `recorded/`; its README says what they are. And how messages are compared: field by
// field, as flat text, so that a difference has a name.

import { globSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { type DescMessage, fromBinary } from '@bufbuild/protobuf'

export interface Exchange {
  readonly atMs: number
  readonly to: 'proxy' | 'host'
  readonly method?: string
  readonly path?: string
  readonly requestType?: string | null
  readonly request: string
  readonly status: number | null
  readonly reply: string
  readonly replyType: string | null
}

export interface Recording {
  readonly scenario: string
  readonly description: string
  readonly startedAtMs: number
  readonly given: Readonly<Record<string, string>>
  readonly exchanges: readonly Exchange[]
}

const FOLDER = fileURLToPath(new URL('recorded/', import.meta.url))

export const RECORDINGS: readonly Recording[] = globSync('*.json', { cwd: FOLDER })
  .toSorted()
  .map((file) => recordingOf(basename(file, '.json')))

export function recordingOf(scenario: string): Recording {
  // Decoded JSON of our own; what does not fit fails the replay.
  const recording: Recording = JSON.parse(readFileSync(join(FOLDER, `${scenario}.json`), 'utf8'))
  return recording
}

/** A message by the dotted names of its fields. What is not set is not there; bytes are hex. */
export type Fields = ReadonlyMap<string, string>

export function fieldsOf(schema: DescMessage, bytes: Uint8Array): Fields {
  const fields = new Map<string, string>()
  collect(fromBinary(schema, bytes), '', fields)
  return fields
}

function collect(value: unknown, path: string, into: Map<string, string>): void {
  if (value === undefined || value === '' || value === false || value === 0 || value === 0n) return
  if (value instanceof Uint8Array) into.set(path, Buffer.from(value).toString('hex'))
  else if (typeof value !== 'object' || value === null) into.set(path, `${value as string | number | bigint}`)
  else {
    // A message that is there and empty differs from none.
    if ('$typeName' in value && path !== '') into.set(path, 'set')
    for (const [name, inner] of Object.entries(value)) {
      if (name.startsWith('$')) continue
      collect(inner, path === '' ? name : `${path}.${name}`, into)
    }
  }
}

/** The fields that are not the same in both. */
export function differingFields(recorded: Fields, ours: Fields): string[] {
  const names = new Set([...recorded.keys(), ...ours.keys()])
  return [...names].filter((name) => recorded.get(name) !== ours.get(name)).toSorted()
}
