// A value as it is stored and sent: the two fields of google.protobuf.Any, opaque and kept byte for byte.

/** An encoded value. `typeUrl` says how to read `value`; neither is ever rewritten on the way. */
export class Packed {
  readonly typeUrl: string
  readonly value: Uint8Array

  constructor(typeUrl: string, value: Uint8Array) {
    this.typeUrl = typeUrl
    this.value = value
  }
}

/**
 * The first byte of what a store has sealed, by what kind of key. Neither JSON nor a Protobuf message begins with it, so who
 * meets such bytes without their key knows them.
 */
export const SEALED = { byRing: 0x96, byOwn: 0x9e } as const

export function isSealed({ value: { 0: first } }: Packed): boolean {
  return first === SEALED.byRing || first === SEALED.byOwn
}

/** A JSON value from a border that speaks JSON as text (HTTP, CLI), already parsed; each codec reads it in its own way. */
export class Json {
  readonly value: unknown

  constructor(value: unknown) {
    this.value = value
  }
}
