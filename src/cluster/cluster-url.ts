// The URL of a cluster: `nats://user:password@host:4222,other:4222?ca=/etc/ca.pem`, or `tls://…`. It decides which part of a
// text means what, and how a plan is shown to people.
//
// Invariants: a problem names the part that is wrong and quotes none, and nothing that is shown has a secret in it.

import { didYouMean } from '../base/index.ts'
import { percentDecoded } from '../protocol/paths.ts'
import type { NatsIdentity, NatsPlan, NatsTlsPlan } from './cluster-plan.ts'

export type ClusterReading = { readonly nats: NatsPlan } | { readonly problem: string }

/** What may be said where a cluster is meant. */
export const CLUSTER_FORMS = 'nats://host:4222, with user:password@ or token@ before the host'

const DEFAULT_PORT = 4_222
const ENCODING = 'in a name, password or token, / ? # @ : % are written %2F %3F %23 %40 %3A %25'

const CHECKED: NatsTlsPlan = { verify: true, caFile: null, certFile: null, keyFile: null }

const PARAMETERS = ['tls', 'ca', 'cert', 'key', 'nkey', 'credentials'] as const
type Parameter = (typeof PARAMETERS)[number]
type Parameters = Partial<Readonly<Record<Parameter, string>>>

export function readClusterUrl(text: string): ClusterReading {
  const [, scheme = '', rest = ''] = /^([^:/]*):\/\/(.*)$/s.exec(text) ?? []
  if (scheme !== 'nats' && scheme !== 'tls')
    return { problem: `must be ${CLUSTER_FORMS}${didYouMean(scheme, ['nats', 'tls'])}` }
  if (rest.includes('#')) return { problem: `must not have a #; ${ENCODING}` }
  const [, authority = '', query = ''] = /^([^/?]*)\/?(?:\?(.*))?$/s.exec(rest) ?? []
  const at = authority.lastIndexOf('@')
  const servers = readServers(authority.slice(at + 1))
  if ('problem' in servers) return servers
  const parameters = readParameters(query)
  if ('problem' in parameters) return parameters
  const identity = readIdentity(at < 0 ? '' : authority.slice(0, at), parameters)
  if (identity !== null && 'problem' in identity) return identity
  const tls = readTls(scheme === 'tls', parameters)
  if (tls !== null && 'problem' in tls) return tls
  return { nats: { ...servers, identity, tls } }
}

function readServers(text: string): { servers: readonly string[] } | { problem: string } {
  const servers: string[] = []
  for (const part of text.split(',')) {
    const [, host = '', digits] = /^(\[[\da-f:.]+\]|[\w.-]+)(?::(\d{1,5}))?$/i.exec(part) ?? []
    const port = digits === undefined ? DEFAULT_PORT : Number(digits)
    if (host === '' || port < 1 || port > 65_535)
      return { problem: `must name its servers as host or host:port, with commas between; ${ENCODING}` }
    servers.push(`${host}:${port}`)
  }
  return { servers }
}

function readParameters(query: string): Parameters | { problem: string } {
  const found: Partial<Record<Parameter, string>> = {}
  for (const [name, value] of new URLSearchParams(query)) {
    const known = PARAMETERS.find((one) => one === name)
    if (known === undefined)
      return {
        problem: `has a parameter that there is not${didYouMean(name, PARAMETERS)}; known are ${PARAMETERS.join(', ')}`,
      }
    if (found[known] !== undefined) return { problem: `says ${known} twice` }
    if (value === '') return { problem: `says nothing with ${known}` }
    found[known] = value
  }
  return found
}

function readIdentity(
  text: string,
  { credentials, nkey }: Parameters,
): NatsIdentity | null | { problem: string } {
  const said = [text, credentials ?? '', nkey ?? ''].filter((one) => one !== '')
  if (said.length > 1) return { problem: 'says in more than one way who connects' }
  if (credentials !== undefined) return { kind: 'credentials', file: credentials }
  if (nkey !== undefined) return { kind: 'nkey', seedFile: nkey }
  if (text === '') return null
  const colon = text.indexOf(':')
  const user = percentDecoded(colon < 0 ? text : text.slice(0, colon))
  const password = percentDecoded(colon < 0 ? '' : text.slice(colon + 1))
  if (user === null || password === null)
    return { problem: `says who connects, and cannot be read; ${ENCODING}` }
  return colon < 0 ? { kind: 'token', token: user } : { kind: 'password', user, password }
}

function readTls(
  isMeant: boolean,
  { ca, cert, key, tls }: Parameters,
): NatsTlsPlan | null | { problem: string } {
  if (tls !== undefined && !['verify', 'no-verify', 'off'].includes(tls))
    return { problem: 'has a parameter tls that must be verify, no-verify (whoever answers) or off' }
  const isSaid = isMeant || ca !== undefined || cert !== undefined || key !== undefined
  if (tls === 'off' && isSaid) return { problem: 'says how the connection is encrypted, and that it is not' }
  if ((cert === undefined) !== (key === undefined)) return { problem: 'must say cert and key together' }
  if (tls === 'off' || (tls === undefined && !isSaid)) return null
  return {
    ...CHECKED,
    verify: tls !== 'no-verify',
    caFile: ca ?? null,
    certFile: cert ?? null,
    keyFile: key ?? null,
  }
}

/** As it could be written, without what is secret. */
export function clusterText({ identity, servers, tls }: NatsPlan): string {
  const who =
    identity?.kind === 'password'
      ? `${encodeURIComponent(identity.user)}:***@`
      : identity?.kind === 'token' || identity?.kind === 'jwt'
        ? '***@'
        : ''
  const parameters: (readonly [Parameter, string | null])[] = [
    ['tls', tls === null ? null : tls.verify ? 'verify' : 'no-verify'],
    ['ca', tls?.caFile ?? null],
    ['cert', tls?.certFile ?? null],
    ['key', tls?.keyFile ?? null],
    ['nkey', identity?.kind === 'nkey' ? identity.seedFile : null],
    ['credentials', identity?.kind === 'credentials' ? identity.file : null],
  ]
  const said = parameters.flatMap(([name, text]) =>
    text === null ? [] : [`${name}=${encodeURIComponent(text)}`],
  )
  const where = servers.map((server) => server.replace(/:4222$/, '')).join(',')
  return `nats://${who}${where}${said.length === 0 ? '' : `?${said.join('&')}`}`
}
