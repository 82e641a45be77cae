// What is wrong with a server's TLS, by the codes of Node's errors, and what to do about its certificate.

import { messageOf } from '../../base/index.ts'

const NAMES_ANOTHER = 'ERR_TLS_CERT_ALTNAME_INVALID'
const EXPIRED = 'CERT_HAS_EXPIRED'
const NOT_YET_VALID = 'CERT_NOT_YET_VALID'

/** Whether TLS refuses the server, which does not pass by itself. */
export function isTlsFault(thrown: unknown): boolean {
  return isCertificateFault(thrown) || /^ERR_(TLS|SSL)/.test(codeOf(thrown))
}

/** Null: its certificate is not what is wrong. */
export function certificateAdvice(thrown: unknown): string | null {
  if (!isCertificateFault(thrown)) return null
  const code = codeOf(thrown)
  if (code === EXPIRED) return 'its certificate has expired; renew it at the server'
  if (code === NOT_YET_VALID) return 'its certificate is not valid yet; see the clocks of both machines'
  const remedy =
    code === NAMES_ANOTHER
      ? 'reach it by a name that stands in it, or say which with `sslservername`'
      : 'name the authority that signed it with `sslrootcert`'
  return `its certificate is not accepted (${messageOf(thrown)}); ${remedy}`
}

function isCertificateFault(thrown: unknown): boolean {
  return /^(CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO|ERR_TLS_CERT)/.test(codeOf(thrown))
}

function codeOf(thrown: unknown): string {
  return thrown instanceof Error && 'code' in thrown ? String(thrown.code) : ''
}
