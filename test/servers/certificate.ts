// Certificates for servers of the tests, made by `openssl`: each vouches for itself.

import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { join } from 'node:path'

/** Files, and what a client has to trust. */
export interface Certificate {
  readonly key: string
  readonly certificate: string
  /** PEM. */
  readonly ca: string
}

/** @param isOver whether it ends in the moment in which it is made. */
export function makeCertificate(folder: string, name: string, isOver = false): Certificate {
  const [key, certificate] = [join(folder, 'server.key'), join(folder, 'server.crt')]
  const openssl = (...words: readonly string[]): void => {
    execFileSync('openssl', [...words, '-out', certificate], { stdio: 'pipe' })
  }
  const request = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '30', '-subj', `/CN=${name}`]
  const kind = isIP(name) === 0 ? 'DNS' : 'IP'
  openssl(...request, '-addext', `subjectAltName=${kind}:${name}`, '-keyout', key)
  if (isOver) openssl('x509', '-in', certificate, '-signkey', key, '-days', '0')
  return { key, certificate, ca: readFileSync(certificate, 'utf8') }
}
