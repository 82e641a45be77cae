// Which store is meant by who needs nothing else of a configuration: a URL on the line, the environment, or the proxy's
// file, in this order. A proxy itself reads all of its settings together (read.ts), by the same rules.

import type { StorePlan } from '../../stores/store-plan.ts'
import { completed, readStoreUrl } from '../../stores/store-url.ts'
import { credentialsIn, readStoreVariables } from '../../stores/store-variables.ts'
import { type Mistake, readConfigFile } from './config-file.ts'
import { CONFIG_VARIABLE, type Environment, valuesIn } from './environment.ts'
import { type Reading, store as storeForm } from './form.ts'
import { SETTINGS } from './settings.ts'

export interface StoreSources {
  /** The URL on the line, and what it is called there. */
  readonly line: { readonly text: string | undefined; readonly where: string }
  readonly env: Environment
  /** Whether the file that the environment names is looked at, too. */
  readonly readsFile: boolean
}

export type ReadStore =
  | { readonly mistakes: readonly Mistake[] }
  /** Null: nobody says a store. */
  | { readonly mistakes?: undefined; readonly plan: StorePlan | null }

export function readStore({ env, line, readsFile }: StoreSources): ReadStore {
  const set = valuesIn(env)
  const variable = SETTINGS.store.variable
  const found =
    said(line.text, line.where) ??
    said(set.get(variable), variable) ??
    variables(set) ??
    (readsFile ? inFile(set) : null)
  if (found === null) return { plan: null }
  if ('mistakes' in found) return found
  const whole = completed(found.plan, credentialsIn(set))
  return 'plan' in whole ? whole : { mistakes: [{ where: found.where, problem: whole.problem }] }
}

type Found = { readonly plan: StorePlan; readonly where: string } | { readonly mistakes: readonly Mistake[] }

function said(text: string | undefined, where: string): Found | null {
  if (text === undefined) return null
  const reading = readStoreUrl(text)
  return 'plan' in reading ? { ...reading, where } : { mistakes: [{ where, problem: reading.problem }] }
}

function variables(set: ReadonlyMap<string, string>): Found | null {
  const { from: where, mistakes, plan } = readStoreVariables(set)
  if (mistakes.length > 0) return { mistakes }
  return plan === null ? null : { plan, where }
}

function inFile(set: ReadonlyMap<string, string>): Found | null {
  const path = set.get(CONFIG_VARIABLE)
  if (path === undefined) return null
  const { given, mistakes } = readConfigFile(path)
  // What is wrong elsewhere in it is not our business, if it can be read at all.
  const unreadable = mistakes.filter(({ where }) => where === path)
  if (unreadable.length > 0) return { mistakes: unreadable }
  const json = given.get('store')
  if (json === undefined) return null
  const where = `${path} store`
  const reading: Reading<StorePlan> = storeForm.fromJson(json)
  return 'value' in reading
    ? { plan: reading.value, where }
    : { mistakes: [{ where, problem: reading.problem }] }
}
