// Characters for generated texts: all that UTF-8 can say, each as likely as another. The same as fast-check's unit 'binary',
// which asks itself whether it knows each of them, a million times, and takes more than a second for that in each process.

import { nat } from 'fast-check'

/** Halves of a pair are no characters. */
const FIRST_HALF = 0xd800
const HALVES = 0x800
const HIGHEST = 0x10_ffff

/** For `fc.string({ unit: anyCharacter })`. */
export const anyCharacter = nat(HIGHEST - HALVES).map(
  (at) => String.fromCodePoint(at < FIRST_HALF ? at : at + HALVES),
  (text) => {
    const code = typeof text === 'string' ? text.codePointAt(0) : undefined
    if (code === undefined || text !== String.fromCodePoint(code)) throw new Error('no character')
    if (code >= FIRST_HALF && code < FIRST_HALF + HALVES) throw new Error('half of one')
    return code < FIRST_HALF ? code : code - HALVES
  },
)
