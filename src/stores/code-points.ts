// The order of names: by code point, which is the order of their UTF-8 bytes and so that of every SQL store. Comparing
// strings in JavaScript goes by UTF-16 unit instead and puts an emoji before U+FFFD.

/** Negative, zero or positive, as a comparison for sorting. */
export function compareCodePoints(left: string, right: string): number {
  const length = Math.min(left.length, right.length)
  for (let at = 0; at < length; at += 1) {
    const one = left.charCodeAt(at)
    const other = right.charCodeAt(at)
    if (one !== other) return rank(one) - rank(other)
  }
  return left.length - right.length
}

/** Moves the surrogates, which stand for the code points beyond U+FFFF, behind the units that stand for themselves. */
function rank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x1_0000 : unit
}
