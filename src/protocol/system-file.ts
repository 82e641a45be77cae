// The file that a system's states are kept in when nobody says otherwise: named after the system, in the working directory.

/** Unreserved characters stay as they are, all others become %XX: different systems have different files. */
export function systemFile(system: string): string {
  const safe = Array.from(Buffer.from(system), (byte) => {
    const character = String.fromCharCode(byte)
    return /[\w-]/.test(character) ? character : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
  }).join('')
  return `${safe}.db`
}
