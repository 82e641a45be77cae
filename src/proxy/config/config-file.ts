// A configuration file: JSON, with the settings by their keys, grouped by objects or not: `{ "listen": { "port": 80 } }` is
// `{ "listen.port": 80 }`. It decides what stands where in it; what a value means is its form's.
//
// Invariant: every value of the file is read or told as a mistake.

import { readFileSync } from 'node:fs'
import { didYouMean } from '../../base/index.ts'
import { syntaxFault } from '../json-syntax.ts'
import { SETTING_KEYS, type SettingKey } from './settings.ts'

export interface Mistake {
  /** The flag, the variable, or the place in the file. */
  readonly where: string
  readonly problem: string
}

export interface ConfigFile {
  readonly given: ReadonlyMap<SettingKey, unknown>
  readonly mistakes: readonly Mistake[]
}

/** Reads the file; what keeps it from being read is a mistake in it. */
export function readConfigFile(path: string): ConfigFile {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (thrown) {
    return unreadable(path, whyNot(thrown))
  }
  return parseConfigFile(path, text)
}

/** @param path how the file is called in mistakes. */
export function parseConfigFile(path: string, text: string): ConfigFile {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    return unreadable(path, `is no JSON: ${faultText(text)}`)
  }
  if (!isObject(json)) return unreadable(path, 'must have an object of settings')
  const given = new Map<SettingKey, unknown>()
  const mistakes: Mistake[] = []
  collect(json, '', path, given, mistakes)
  return { given, mistakes }
}

function collect(
  json: Readonly<Record<string, unknown>>,
  prefix: string,
  path: string,
  given: Map<SettingKey, unknown>,
  mistakes: Mistake[],
): void {
  for (const [name, value] of Object.entries(json)) {
    const written = prefix + name
    const where = `${path} ${written}`
    const key = SETTING_KEYS.find((known) => known === written)
    // Null says nothing, as a variable without a value does.
    if (key !== undefined) {
      if (given.has(key)) mistakes.push({ where, problem: 'is there twice, in a group and by its full key' })
      else if (value !== null) given.set(key, value)
    } else if (SETTING_KEYS.some((known) => known.startsWith(`${written}.`))) {
      if (isObject(value)) collect(value, `${written}.`, path, given, mistakes)
      else mistakes.push({ where, problem: `must be an object of settings: ${membersOf(written)}` })
    } else {
      mistakes.push({ where, problem: `there is no such setting${suggestion(written)}` })
    }
  }
}

function membersOf(group: string): string {
  const members = SETTING_KEYS.filter((key) => key.startsWith(`${group}.`))
  return members.map((key) => key.slice(group.length + 1)).join(', ')
}

/** The closest key, or the one that has this name in another group. */
function suggestion(written: string): string {
  const close = didYouMean(written, SETTING_KEYS)
  if (close !== '') return close
  const last = written.slice(written.lastIndexOf('.') + 1)
  const elsewhere = SETTING_KEYS.find((key) => key.endsWith(`.${last}`))
  return elsewhere === undefined ? `; there are ${SETTING_KEYS.join(', ')}` : `; did you mean ${elsewhere}?`
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function unreadable(path: string, problem: string): ConfigFile {
  return { given: new Map(), mistakes: [{ where: path, problem }] }
}

/** Where it stops being JSON, without a word of what stands there. */
function faultText(text: string): string {
  const fault = syntaxFault(text)
  if (fault === null) return 'it cannot be parsed'
  const before = text.slice(0, fault.at).split('\n')
  return `line ${before.length}, column ${(before.at(-1) ?? '').length + 1} should have ${fault.expected}`
}

function whyNot(thrown: unknown): string {
  const code: unknown = thrown instanceof Error ? Reflect.get(thrown, 'code') : undefined
  switch (code) {
    case 'ENOENT':
      return 'there is no such file'
    case 'EACCES':
      return 'may not be read'
    case 'EISDIR':
      return 'is a folder'
    default:
      return `cannot be read: ${String(code)}`
  }
}
