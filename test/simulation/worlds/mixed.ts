// A choice that is not a matter of chance: a turn that runs again, in whichever process, makes the same one.

/** A number that follows from a text and from nothing else. */
export function mixed(text: string): number {
  let hash = 2_166_136_261
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 16_777_619) >>> 0
  return hash >>> 3
}
