// A value as it is stored and sent: the two fields of google.protobuf.Any, opaque and kept byte for byte.
//
// Invariant: there is one class of each in a process, however many copies of this package it has loaded. A command that is
// installed by itself serves modules that have a copy of their own; what the one has packed, the codecs of the other read.

class PackedValue {
  readonly typeUrl: string
  readonly value: Uint8Array

  constructor(typeUrl: string, value: Uint8Array) {
    this.typeUrl = typeUrl
    this.value = value
  }
}

/** An encoded value. `typeUrl` says how to read `value`; neither is ever rewritten on the way. */
export const Packed: typeof PackedValue = shared('Packed', PackedValue)
export type Packed = PackedValue

/**
 * The first byte of what a store has sealed, by what kind of key. Neither JSON nor a Protobuf message begins with it, so who
 * meets such bytes without their key knows them.
 */
export const SEALED = { byRing: 0x96, byOwn: 0x9e } as const

export function isSealed({ value: { 0: first } }: Packed): boolean {
  return first === SEALED.byRing || first === SEALED.byOwn
}

class JsonValue {
  readonly value: unknown

  constructor(value: unknown) {
    this.value = value
  }
}

/** A JSON value from a border that speaks JSON as text (HTTP, CLI), already parsed; each codec reads it in its own way. */
export const Json: typeof JsonValue = shared('Json', JsonValue)
export type Json = JsonValue

/** That of the copy which was loaded first. */
function shared<Class extends object>(name: string, own: Class): Class {
  const key = Symbol.for(`spawn-mesh.${name}`)
  const there: unknown = Reflect.get(globalThis, key)
  if (there !== undefined) return there as Class
  Object.defineProperty(globalThis, key, { value: own })
  return own
}
