// The URL of a store: `memory`, `sqlite:<path>`, `postgres://user:password@host:5432/database?sslmode=verify-full`,
// `mariadb://…` (or `mysql://…`). It decides which part of a text means what, and how a plan is shown to people.
//
// Invariants: a problem names the part that is wrong and quotes none, and nothing that is shown has the password in it.

import { didYouMean } from '../base/index.ts'
import { percentDecoded } from '../protocol/paths.ts'
import type { ServerAddress } from './sql/options.ts'
import { parametersOf, withParameters } from './database-parameters.ts'
import { type DatabaseKind, type DatabasePlan, type StorePlan, usualDatabase } from './store-plan.ts'

export type StoreReading = { readonly plan: StorePlan } | { readonly problem: string }

/** What may be said where a store is meant. */
export const STORE_FORMS = 'memory, sqlite:<path>, postgres://… or mariadb://…'

const SCHEMES: ReadonlyMap<string, DatabaseKind> = new Map([
  ['postgres', 'postgres'],
  ['postgresql', 'postgres'],
  ['mariadb', 'mariadb'],
  ['mysql', 'mariadb'],
])

/** What is wrong most often, for who wonders. */
const ENCODING = 'in a name or password, / ? # @ : % are written %2F %3F %23 %40 %3A %25'

export function readStoreUrl(text: string): StoreReading {
  if (text === 'memory') return { plan: { kind: 'memory' } }
  const [, scheme = '', rest = ''] = /^([^:/]*):(.*)$/s.exec(text) ?? []
  if (scheme === 'sqlite') return readFile(rest)
  const kind = SCHEMES.get(scheme.toLowerCase())
  if (kind === undefined) {
    return { problem: `must be ${STORE_FORMS}${didYouMean(scheme, ['memory', 'sqlite', ...SCHEMES.keys()])}` }
  }
  if (!rest.startsWith('//')) return { problem: `must have // behind ${kind}:, as in ${exampleOf(kind)}` }
  return readDatabase(kind, rest.slice(2))
}

function readFile(rest: string): StoreReading {
  if (rest === '') return { problem: 'must be sqlite:<path>: the path is missing' }
  if (rest === ':memory:') return { problem: 'must name a file behind sqlite:; to keep nothing, say memory' }
  if (/^\/\/[^/]/.test(rest)) {
    return {
      problem: 'must be sqlite:<path>, without // before the path: sqlite:shop.db or sqlite:/data/shop.db',
    }
  }
  return { plan: { kind: 'sqlite', file: rest } }
}

function readDatabase(kind: DatabaseKind, rest: string): StoreReading {
  if (rest.includes('#')) return { problem: `must not have a #; ${ENCODING}` }
  const [, authority = '', path = '', , query = ''] = /^([^/?]*)([^?]*)(\?(.*))?$/s.exec(rest) ?? []
  const at = authority.lastIndexOf('@')
  const user = readUser(authority.slice(0, Math.max(at, 0)))
  if ('problem' in user) return user
  const addresses = readAddresses(authority.slice(at + 1), kind)
  if ('problem' in addresses) return addresses
  const database = percentDecoded(path.slice(1))
  if (database === null || /[/\0]/.test(database))
    return { problem: `has a database that cannot be read; ${ENCODING}` }
  const parameters = readQuery(query)
  if (parameters === null) return { problem: `has parameters that cannot be read; ${ENCODING}` }
  const applied = withParameters({ ...usualDatabase(kind), ...user, ...addresses, database }, parameters)
  if ('problem' in applied) return applied
  if (database === '') return { problem: `names no database: ${exampleOf(kind)}` }
  return applied
}

function readUser(text: string): { user: string; password: string } | { problem: string } {
  const colon = text.indexOf(':')
  const user = percentDecoded(colon < 0 ? text : text.slice(0, colon))
  const password = percentDecoded(colon < 0 ? '' : text.slice(colon + 1))
  if (user === null) return { problem: `has a user that cannot be read; ${ENCODING}` }
  if (password === null) return { problem: `has a password that cannot be read; ${ENCODING}` }
  return { user, password }
}

/** As libpq has them: `a,b:5433`, each with the usual port unless it says another one. */
function readAddresses(
  text: string,
  kind: DatabaseKind,
): (ServerAddress & { readonly others: readonly ServerAddress[] }) | { readonly problem: string } {
  const addresses: ServerAddress[] = []
  const texts = text.split(',')
  for (const one of texts) {
    const address = readAddress(one, kind)
    if ('problem' in address) return address
    if (texts.length > 1 && (one === '' || address.host.startsWith('/')))
      return {
        problem: 'has several hosts, one of which is empty or a path; each must be a name or an address',
      }
    const isTwice = addresses.some(({ host, port }) => host === address.host && port === address.port)
    if (isTwice) return { problem: 'names a host twice' }
    addresses.push(address)
  }
  const [first = usualDatabase(kind), ...others] = addresses
  return { host: first.host, port: first.port, others }
}

function readAddress(text: string, kind: DatabaseKind): ServerAddress | { readonly problem: string } {
  const usual = usualDatabase(kind)
  if (text === '') return { host: usual.host, port: usual.port }
  const [, bracketed, plain = '', digits] = /^(?:\[([\da-f:.]+)\]|([^:]*))(?::(.*))?$/is.exec(text) ?? []
  const host = bracketed ?? percentDecoded(plain)
  if (host === null || !(bracketed !== undefined || /^([\w.-]+|\/.*)$/s.test(host))) {
    return { problem: `has a host that is none; ${ENCODING}` }
  }
  if (digits === undefined || digits === '') return { host, port: usual.port }
  const port = /^\d{1,5}$/.test(digits) ? Number(digits) : 0
  if (port < 1 || port > 65_535)
    return { problem: `has a port that is no number from 1 to 65535; ${ENCODING}` }
  return { host, port }
}

function readQuery(query: string): (readonly [string, string])[] | null {
  const pairs: (readonly [string, string])[] = []
  for (const part of query.split('&')) {
    if (part === '') continue
    const equal = part.indexOf('=')
    const name = percentDecoded(equal < 0 ? part : part.slice(0, equal))
    const text = percentDecoded(equal < 0 ? '' : part.slice(equal + 1))
    if (name === null || text === null) return null
    pairs.push([name, text])
  }
  return pairs
}

function exampleOf(kind: DatabaseKind): string {
  return `${kind}://user:password@host/database`
}

/** What a plan lacks that only its surroundings can say: who connects. */
export function completed(
  plan: StorePlan,
  {
    user = '',
    password = '',
  }: { readonly user?: string | undefined; readonly password?: string | undefined },
): StoreReading {
  if (plan.kind !== 'postgres' && plan.kind !== 'mariadb') return { plan }
  const known = { ...plan, user: plan.user || user, password: plan.password || password }
  return known.user === '' ? { problem: `names no user: ${exampleOf(plan.kind)}` } : { plan: known }
}

/** As it could be written, without the password. */
export function storeText(plan: StorePlan): string {
  if (plan.kind === 'memory' || plan.kind === 'served') return plan.kind
  return plan.kind === 'sqlite' ? `sqlite:${plan.file}` : databaseText(plan)
}

function databaseText(plan: DatabasePlan): string {
  const { database, kind, password, user } = plan
  const usual = usualDatabase(kind)
  const who = user === '' ? '' : `${encodeURIComponent(user)}${password === '' ? '' : ':***'}@`
  const where = [plan, ...plan.others].map((address) => addressText(address, usual.port)).join(',')
  const parameters = parametersOf(plan, usual).map(([key, text]) => `${key}=${encodeURIComponent(text)}`)
  const query = parameters.length === 0 ? '' : `?${parameters.join('&')}`
  return `${kind}://${who}${where}/${encodeURIComponent(database)}${query}`
}

function addressText({ host, port }: ServerAddress, usualPort: number): string {
  // A path stands among the parameters.
  const name = host.startsWith('/') ? '' : host.includes(':') ? `[${host}]` : host
  return name + (port === usualPort ? '' : `:${port}`)
}
