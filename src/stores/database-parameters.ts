// What can be said of a database beside its address: each parameter of a store's URL, with the variable that says the same.
// Names are taken as the databases' own tools write them: `sslmode`, `ssl-mode` and `sslMode` are one.
//
// Invariant: a problem names the parameter and what it takes, and quotes nothing: a password that was not encoded may have
// been torn apart at a `?` or `&`.

import { didYouMean, millisecondsOf, spanText, truthOf } from '../base/index.ts'
import type { DatabasePlan, TlsPlan } from './store-plan.ts'

export type Applied = { readonly plan: DatabasePlan } | { readonly problem: string }

interface Parameter {
  /** Other names for it, as URLs have them. */
  readonly also?: readonly string[]
  /** The end of the variable that says the same. */
  readonly variable?: string
  /** What it takes, after "must be". */
  readonly takes: string
  /** Null: the text is not one of those. */
  readonly apply: (plan: DatabasePlan, text: string) => DatabasePlan | null
  /** As it could be written; null: as usual. */
  readonly show: (plan: DatabasePlan, usual: DatabasePlan) => string | null
}

const POOL = { least: 1, most: 1_000 }
const OUTAGE = { least: 0, most: 3_600_000 }
const REQUEST = { least: 1, most: 3_600_000 }
const MIGRATION = { least: 1, most: 604_800_000 }

const CHECKED: TlsPlan = { verify: true, caFile: null, serverName: null }

const MODES: ReadonlyMap<string, 'off' | 'encrypt' | 'verify'> = new Map([
  ['disable', 'off'],
  ['disabled', 'off'],
  ['require', 'encrypt'],
  ['required', 'encrypt'],
  ['trust', 'encrypt'],
  ['no-verify', 'encrypt'],
  ['verify-ca', 'verify'],
  ['verify-full', 'verify'],
  ['verify-identity', 'verify'],
])

/** In the order in which they count: what says more of the same comes later. */
const PARAMETERS = {
  ssl: {
    also: ['tls', 'usessl'],
    variable: 'SSL',
    takes: 'true or false',
    apply: (plan, text) => switched(text, (on) => ({ ...plan, tls: on ? (plan.tls ?? CHECKED) : null })),
    show: () => null,
  },
  sslmode: {
    takes:
      'disable, require (encrypted, whoever answers) or verify-full (and the certificate is checked); prefer and allow ' +
      'promise nothing',
    apply(plan, text) {
      const mode = MODES.get(text.toLowerCase().replaceAll('_', '-'))
      if (mode === undefined) return null
      return { ...plan, tls: mode === 'off' ? null : { ...(plan.tls ?? CHECKED), verify: mode === 'verify' } }
    },
    show: ({ tls }) => (tls === null ? null : tls.verify ? 'verify-full' : 'require'),
  },
  sslrootcert: {
    also: ['sslca'],
    variable: 'SSL_CA',
    takes: 'the path of a file',
    apply: (plan, text) =>
      text === '' ? null : { ...plan, tls: { ...(plan.tls ?? CHECKED), verify: true, caFile: text } },
    show: ({ tls }) => tls?.caFile ?? null,
  },
  sslservername: {
    variable: 'SSL_SERVER_NAME',
    takes: 'a host name',
    apply: (plan, text) =>
      /^[\w.-]+$/.test(text) ? { ...plan, tls: { ...(plan.tls ?? CHECKED), serverName: text } } : null,
    show: ({ tls }) => tls?.serverName ?? null,
  },
  sslverify: {
    variable: 'SSL_VERIFY',
    takes: 'true or false',
    apply: (plan, text) =>
      switched(text, (verify) => (plan.tls === null ? plan : { ...plan, tls: { ...plan.tls, verify } })),
    show: () => null,
  },
  socket: {
    also: ['host', 'socketpath', 'unixsocket'],
    takes: 'the path of a Unix socket, from / on; any other host stands before the database',
    apply: (plan, text) =>
      text.startsWith('/') && plan.others.length === 0 ? { ...plan, host: text } : null,
    show: ({ host }) => (host.startsWith('/') ? host : null),
  },
  target_session_attrs: {
    also: ['targetservertype'],
    takes: 'read-write or primary, which is what the store looks for anyway',
    apply: (plan, text) => (/^(read-write|primary)$/i.test(text) ? plan : null),
    show: () => null,
  },
  pool_size: {
    also: ['pool', 'poolmax', 'connectionlimit'],
    variable: 'POOL_SIZE',
    takes: `a number of connections from ${POOL.least} to ${POOL.most}`,
    apply: (plan, text) => counted(text, POOL, (poolSize) => ({ ...plan, poolSize })),
    show: ({ poolSize }, usual) => (poolSize === usual.poolSize ? null : String(poolSize)),
  },
  outage: {
    variable: 'OUTAGE',
    takes: `a time from ${spanText(OUTAGE.least)} to ${spanText(OUTAGE.most)}, such as 500ms or 30s`,
    apply: (plan, text) => spanned(text, OUTAGE, (outageMs) => ({ ...plan, outageMs })),
    show: ({ outageMs }, usual) => (outageMs === usual.outageMs ? null : spanText(outageMs)),
  },
  request_timeout: {
    also: ['statementtimeout', 'querytimeout'],
    variable: 'REQUEST_TIMEOUT',
    takes: `a time from ${spanText(REQUEST.least)} to ${spanText(REQUEST.most)}, such as 500ms or 30s`,
    apply: (plan, text) => spanned(text, REQUEST, (requestMs) => ({ ...plan, requestMs })),
    show: ({ requestMs }, usual) => (requestMs === usual.requestMs ? null : spanText(requestMs)),
  },
  migration_timeout: {
    variable: 'MIGRATION_TIMEOUT',
    takes: `a time from ${spanText(MIGRATION.least)} to ${spanText(MIGRATION.most)}, such as 10m or 3h`,
    apply: (plan, text) => spanned(text, MIGRATION, (migrationMs) => ({ ...plan, migrationMs })),
    show: ({ migrationMs }, usual) => (migrationMs === usual.migrationMs ? null : spanText(migrationMs)),
  },
  migrate: {
    variable: 'MIGRATE',
    takes: 'true or false',
    apply: (plan, text) => switched(text, (migrates) => ({ ...plan, migrates })),
    show: ({ migrates }, usual) => (migrates === usual.migrates ? null : String(migrates)),
  },
} as const satisfies Readonly<Record<string, Parameter>>

type Name = keyof typeof PARAMETERS

// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the keys of the constant above
const NAMES = Object.keys(PARAMETERS) as Name[]

/** The ends of the variables that say a parameter. */
export const PARAMETER_VARIABLES: readonly string[] = NAMES.flatMap((name) => variableOf(name) ?? [])

/** @param given by name, as they were written: from a URL, decoded. Each name once. */
export function withParameters(
  plan: DatabasePlan,
  given: Iterable<readonly [name: string, text: string]>,
): Applied {
  const texts = new Map<Name, string>()
  for (const [written, text] of given) {
    const name = nameOf(written)
    if (name === undefined) {
      return {
        problem: `has a parameter that there is not${didYouMean(written, NAMES)}; known are ${NAMES.join(', ')}`,
      }
    }
    if (texts.has(name)) return { problem: `says ${name} twice` }
    texts.set(name, text)
  }
  return applied(plan, texts)
}

function applied(plan: DatabasePlan, texts: ReadonlyMap<Name, string>): Applied {
  let made = plan
  for (const name of NAMES) {
    const text = texts.get(name)
    if (text === undefined) continue
    if (name === 'sslrootcert' || name === 'sslservername') {
      const saysOff = made.tls === null && (texts.has('ssl') || texts.has('sslmode'))
      if (saysOff) return { problem: `says ${name}, and that the connection is not encrypted` }
    }
    const next = PARAMETERS[name].apply(made, text)
    if (next === null) return { problem: `has a parameter ${name} that must be ${PARAMETERS[name].takes}` }
    made = next
  }
  return { plan: made }
}

/** @param texts by the ends of the variables. @returns what of them can be read; `mistake` is told of all others. */
export function withVariables(
  plan: DatabasePlan,
  texts: ReadonlyMap<string, string>,
  mistake: (variable: string, problem: string) => void,
): DatabasePlan {
  let made = plan
  for (const name of NAMES) {
    const variable = variableOf(name)
    const text = variable === undefined ? undefined : texts.get(variable)
    if (variable === undefined || text === undefined) continue
    const next = PARAMETERS[name].apply(made, text)
    if (next === null) mistake(variable, `must be ${PARAMETERS[name].takes}`)
    else made = next
  }
  return made
}

function variableOf(name: Name): string | undefined {
  const { variable }: Parameter = PARAMETERS[name]
  return variable
}

/** What of a plan is not as usual, as parameters. */
export function parametersOf(
  plan: DatabasePlan,
  usual: DatabasePlan,
): readonly (readonly [string, string])[] {
  return NAMES.flatMap((name) => {
    const text = PARAMETERS[name].show(plan, usual)
    return text === null ? [] : [[name, text] as const]
  })
}

function nameOf(written: string): Name | undefined {
  const plain = plainName(written)
  return NAMES.find((name) => {
    const { also = [] }: Parameter = PARAMETERS[name]
    return plainName(name) === plain || also.includes(plain)
  })
}

function plainName(name: string): string {
  return name.toLowerCase().replaceAll(/[-_]/g, '')
}

function switched<T>(text: string, make: (on: boolean) => T): T | null {
  const on = truthOf(text)
  return on === null ? null : make(on)
}

interface Range {
  readonly least: number
  readonly most: number
}

function counted<T>(text: string, range: Range, make: (count: number) => T): T | null {
  return /^\d{1,9}$/.test(text) ? within(Number(text), range, make) : null
}

function spanned<T>(text: string, range: Range, make: (ms: number) => T): T | null {
  return within(millisecondsOf(text), range, make)
}

function within<T>(value: number | null, { least, most }: Range, make: (value: number) => T): T | null {
  return value === null || value < least || value > most ? null : make(value)
}
