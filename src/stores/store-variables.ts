// Which store the variables of Spawn's own proxy mean: PROXY_DATABASE_TYPE and what goes with it. Values are read for a
// database only when the type says one, and what is wrong with one is told without it.

import { PARAMETER_VARIABLES, withVariables } from './database-parameters.ts'
import { type DatabaseKind, type DatabasePlan, type StorePlan, usualDatabase } from './store-plan.ts'

const PREFIX = 'PROXY_DATABASE_'
const TYPE = `${PREFIX}TYPE`
const NAME = `${PREFIX}NAME`

/** Who connects, where a URL does not say it either. */
const CREDENTIALS = { user: `${PREFIX}USERNAME`, password: `${PREFIX}SECRET` } as const

/** All variables that say something of a store but its URL. */
export const STORE_VARIABLES: readonly string[] = [
  TYPE,
  NAME,
  ...Object.values(CREDENTIALS),
  ...['HOST', 'PORT', ...PARAMETER_VARIABLES].map((end) => PREFIX + end),
]

/** What a manifest of Spawn means when it says less. */
const USUAL = { database: 'eigr-functions-db', user: 'admin', password: 'admin' } as const

const KINDS: ReadonlyMap<string, DatabaseKind | 'memory' | 'sqlite'> = new Map([
  ['memory', 'memory'],
  ['sqlite', 'sqlite'],
  ['postgres', 'postgres'],
  ['postgresql', 'postgres'],
  ['mariadb', 'mariadb'],
  ['mysql', 'mariadb'],
])

export interface StoreVariables {
  /** Null: they name none, or not soundly. */
  readonly plan: StorePlan | null
  /** The variable that says most. */
  readonly from: string
  readonly mistakes: readonly { readonly where: string; readonly problem: string }[]
  /** Those that are set and say nothing here; who connects may be of use to a URL. */
  readonly unused: readonly string[]
}

/** @param set the variables that have a value. */
export function readStoreVariables(set: ReadonlyMap<string, string>): StoreVariables {
  const given = STORE_VARIABLES.filter((name) => set.has(name))
  const type = set.get(TYPE)
  const none = { plan: null, from: TYPE, mistakes: [], unused: given }
  if (type === undefined) return none
  const kind = KINDS.get(type.toLowerCase())
  if (kind === undefined) {
    return {
      ...none,
      unused: [],
      mistakes: [{ where: TYPE, problem: 'must be memory, sqlite, postgres or mariadb' }],
    }
  }
  const but = (...names: readonly string[]): string[] => given.filter((name) => !names.includes(name))
  if (kind === 'memory') return { ...none, plan: { kind }, unused: but(TYPE) }
  if (kind !== 'sqlite') return { ...databaseOf(kind, set), unused: [] }
  const file = set.get(NAME)
  return { ...none, plan: file === undefined ? null : { kind, file }, from: NAME, unused: but(TYPE, NAME) }
}

function databaseOf(kind: DatabaseKind, set: ReadonlyMap<string, string>): Omit<StoreVariables, 'unused'> {
  const mistakes: { where: string; problem: string }[] = []
  const mistake = (end: string, problem: string): void => void mistakes.push({ where: PREFIX + end, problem })
  const usual = usualDatabase(kind)
  const portText = set.get(`${PREFIX}PORT`) ?? String(usual.port)
  const port = /^\d{1,5}$/.test(portText) ? Number(portText) : 0
  if (port < 1 || port > 65_535) mistake('PORT', 'must be a port from 1 to 65535')
  const host = set.get(`${PREFIX}HOST`) ?? usual.host
  if (!/^([\w.-]+|[\da-f:.]+|\/.*)$/is.test(host))
    mistake('HOST', 'must be one host name or address, without a port')
  const addressed: DatabasePlan = {
    ...usual,
    host,
    port,
    database: set.get(NAME) ?? USUAL.database,
    user: set.get(CREDENTIALS.user) ?? USUAL.user,
    password: set.get(CREDENTIALS.password) ?? USUAL.password,
  }
  const texts = new Map(PARAMETER_VARIABLES.flatMap((end) => entryOf(end, set.get(PREFIX + end))))
  const plan = withVariables(addressed, texts, mistake)
  return { plan: mistakes.length === 0 ? plan : null, from: TYPE, mistakes }
}

function entryOf(end: string, text: string | undefined): (readonly [string, string])[] {
  return text === undefined ? [] : [[end, text]]
}

/** Who connects to a store whose URL does not say it. */
export interface Credentials {
  readonly user: string | undefined
  readonly password: string | undefined
  /** The variables that are set. */
  readonly from: readonly string[]
}

export function credentialsIn(set: ReadonlyMap<string, string>): Credentials {
  const { password, user } = CREDENTIALS
  return {
    user: set.get(user),
    password: set.get(password),
    from: [user, password].filter((name) => set.has(name)),
  }
}
