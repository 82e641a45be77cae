// Which version of its shape a stored state has: it stands in front of the type URL, which an Any leaves to whoever writes
// it. Version 0 adds nothing, so a state without a version is as it always was; version 3 of a `spawn.JSONType` is
// `spawn.v3/type.googleapis.com/spawn.JSONType`. Stores and proxies carry it without looking.
//
// Invariant: a type URL with its version taken off is the one that the codec wrote, byte for byte.

/** The largest version that a state can have. */
export const MAX_STATE_VERSION = 1_000_000

const MARK = 'spawn.v'

export interface VersionedType {
  readonly version: number
  /** Without the version. */
  readonly typeUrl: string
}

export function withVersion(typeUrl: string, version: number): string {
  return version === 0 ? typeUrl : `${MARK}${version}/${typeUrl}`
}

export function versionOf(typeUrl: string): VersionedType {
  if (!typeUrl.startsWith(MARK)) return { version: 0, typeUrl }
  const [, digits, rest] = /^spawn\.v([1-9]\d{0,8})\/(.+)$/s.exec(typeUrl) ?? []
  return rest === undefined ? { version: 0, typeUrl } : { version: Number(digits), typeUrl: rest }
}
