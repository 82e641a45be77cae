// Loads what makes a codec of a Protobuf descriptor when the first descriptor is met, because a program that speaks JSON
// never needs it and the library takes a fifth of a start. A definition is checked where it is made, within one call, so the
// loading cannot be an `import()`, which would be waited for: Node's `require` takes modules that wait for nothing themselves.
//
// Invariant: these are the same modules as those that `import` gives, so a message is a message everywhere.

import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import type * as ProtobufCodec from './protobuf/protobuf-codec.ts'

const FILE = new URL('./protobuf/protobuf-codec.ts', import.meta.url)

let loaded: typeof ProtobufCodec | null = null

export function protobufOnDemand(): typeof ProtobufCodec {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- it is the file whose type stands above
  loaded ??= createRequire(import.meta.url)(fileURLToPath(FILE)) as typeof ProtobufCodec
  return loaded
}
