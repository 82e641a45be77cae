// Idempotency keys for generated outcomes: of all kinds that stand in bytes in a way of their own, and what looks like them.

import * as fc from 'fast-check'
import { anyCharacter } from './any-character.ts'

const digit = fc.nat({ max: 15 }).map((value) => value.toString(16))
const digits = (length: number): fc.Arbitrary<string> =>
  fc.array(digit, { minLength: length, maxLength: length }).map((all) => all.join(''))

const dashed = (hex: string): string =>
  `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`

/** With one character replaced by another. */
const spoilt = (text: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc
    .tuple(text, fc.nat(), fc.constantFrom('A', 'F', 'g', '-', '/', ':', '`', 'ü', 'İ', '\u0130', '\0', '￰'))
    .map(([key, at, other]) => key.slice(0, at % key.length) + other + key.slice((at % key.length) + 1))

const hex = digits(32)
const uuid = hex.map(dashed)

export const anyKey: fc.Arbitrary<string> = fc.oneof(
  hex,
  uuid,
  hex.map((key) => key.toUpperCase()),
  uuid.map((key) => key.toUpperCase()),
  spoilt(hex),
  spoilt(uuid),
  fc.constantFrom(31, 33, 35, 36, 37, 64, 65).chain((length) => digits(length)),
  // Dashes in other places.
  hex.map(
    (key) =>
      `${key.slice(0, 9)}-${key.slice(9, 13)}-${key.slice(13, 17)}-${key.slice(17, 21)}-${key.slice(21)}`,
  ),
  fc.constant(''),
  fc.uuid(),
  fc.string({ unit: anyCharacter, maxLength: 60 }),
  fc.string({ unit: anyCharacter, minLength: 100, maxLength: 300 }),
)
