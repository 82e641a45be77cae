// The house rules as functions from a file's facts to violations. Decides what is forbidden where; which room may
// know which comes as a table from tidy.test.ts, the files' facts from source.ts. Pure: no file is read here.
import type { Source } from './source.ts'

export interface Violation {
  readonly rule: string
  readonly file: string
  readonly line: number
  readonly message: string
  /** The measured size, for the rules that have a limit. */
  readonly size?: number
}

export interface House {
  /** For each room of src/: the rooms that its files may import besides their own. */
  readonly knows: Readonly<Record<string, readonly string[]>>
  /** Rooms whose subfolders are concrete adapters; only composition roots may import one. */
  readonly adapterRooms: readonly string[]
  /** Subfolders of these that are no adapter: what several adapters are made of. */
  readonly sharedByAdapters: readonly string[]
  readonly compositionRoots: readonly RegExp[]
  /** Rooms that compute and never touch files, sockets, processes or threads. */
  readonly withoutIo: readonly string[]
  readonly limits: { readonly fileLines: number; readonly functionLines: number }
}

const IO_MODULES =
  /^(node:)?(fs|fs\/promises|net|tls|http|https|http2|dgram|dns|sqlite|child_process|worker_threads|cluster)$|^undici$/
const BANNED_WORDS = ['util', 'utils', 'common', 'manager', 'helper', 'helpers', 'impl', 'misc']
const BANNED_SUFFIX = /(Utils?|Common|Manager|Helpers?|Impl)$/
// written so that this line is not an example of itself
const UNFINISHED = /\b(TO[D]O|FIX[M]E)\b/

/** Every house rule over one file. */
export function violationsIn(source: Source, house: House): Violation[] {
  return [
    ...nameViolations(source),
    ...sizeViolations(source, house),
    ...textViolations(source),
    ...importViolations(source, house),
    ...ambientViolations(source),
  ]
}

const isTest = (path: string): boolean => path.endsWith('.test.ts') || path.startsWith('test/')
const roomOf = (path: string): string => /^src\/([^/]+)\//.exec(path)?.[1] ?? ''

function nameViolations({ path, declared }: Source): Violation[] {
  const found: Violation[] = []
  const rule = 'names'
  const steps = path.split('/')
  if (!steps.every((step) => /^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9]+(-[a-z0-9]+)*)*$/.test(step))) {
    found.push({ rule, file: path, line: 1, message: 'file and folder names are kebab-case' })
  }
  const word = path.split(/[-./]/).find((part) => BANNED_WORDS.includes(part))
  if (word !== undefined) {
    found.push({
      rule,
      file: path,
      line: 1,
      message: `'${word}' says nothing: name the noun that the file is about`,
    })
  }
  for (const { name, line } of declared) {
    if (BANNED_SUFFIX.test(name))
      found.push({ rule, file: path, line, message: `'${name}': name what it is` })
  }
  return found
}

function sizeViolations({ path, lines, functions }: Source, { limits }: House): Violation[] {
  const found: Violation[] = []
  if (lines > limits.fileLines) {
    const message = `${lines} lines, at most ${limits.fileLines}`
    found.push({ rule: 'file size', file: path, line: 1, message, size: lines })
  }
  if (isTest(path)) return found
  for (const { name, line, lines: size } of functions) {
    if (size <= limits.functionLines) continue
    const message = `${name} has ${size} lines, at most ${limits.functionLines}`
    found.push({ rule: 'function size', file: path, line, message, size })
  }
  return found
}

function textViolations({ path, text, focused }: Source): Violation[] {
  const found: Violation[] = []
  if (!/^(#!.*\n)?\s*(\/\/|\/\*)\s*\S/.test(text) && !path.endsWith('.test.ts')) {
    const message = 'opens with a comment: what it decides, what it does not, the invariant it keeps'
    found.push({ rule: 'opening comment', file: path, line: 1, message })
  }
  for (const [index, content] of text.split('\n').entries()) {
    const mark = UNFINISHED.exec(content)?.[1]
    if (mark === undefined) continue
    found.push({
      rule: 'unfinished',
      file: path,
      line: index + 1,
      message: `${mark}: finish it, or open an issue`,
    })
  }
  for (const { name, line } of focused) {
    found.push({ rule: 'focused test', file: path, line, message: `${name} hides other tests or itself` })
  }
  return found
}

function importViolations(source: Source, house: House): Violation[] {
  const { path: file, imports } = source
  const room = roomOf(file)
  return imports.flatMap(({ specifier, target, line }): Violation[] => {
    if (target === undefined) {
      const isIo = IO_MODULES.test(specifier) && house.withoutIo.includes(room) && !isTest(file)
      return isIo
        ? [{ rule: 'no I/O', file, line, message: `${room} computes only; ${specifier} is I/O` }]
        : []
    }
    if (!/\.(ts|js|json)$/.test(target) || (target.endsWith('.js') && target.startsWith('src/'))) {
      return [{ rule: 'extension', file, line, message: `'${specifier}': imports of source files say .ts` }]
    }
    const reason = isTest(file) ? undefined : directionBroken(file, target, house)
    return reason === undefined ? [] : [{ rule: 'direction', file, line, message: reason }]
  })
}

function directionBroken(file: string, target: string, house: House): string | undefined {
  if (!file.startsWith('src/')) {
    const isExample = file.startsWith('examples/') && target.startsWith('src/')
    return isExample ? "examples import 'spawn-mesh', as an application would" : undefined
  }
  if (!target.startsWith('src/')) return `${target} is not part of the package`
  const [from, to] = [roomOf(file), roomOf(target)]
  const knows = house.knows[from]
  if (knows === undefined) return `the room '${from}' is not in the table of test/tidy.test.ts`
  const isRoot = house.compositionRoots.some((root) => root.test(file))
  const adapter = adapterOf(target, house)
  if (adapter !== undefined && !isRoot && adapter !== adapterOf(file, house)) {
    return `only composition roots name a concrete adapter, and ${adapter} is one`
  }
  if (from === to || isRoot || knows.includes(to)) return undefined
  return `${from} does not know ${to}`
}

/** `stores/sqlite` for a file in it; undefined for files that belong to no concrete adapter. */
function adapterOf(path: string, { adapterRooms, sharedByAdapters }: House): string | undefined {
  const [, room = '', adapter, rest] = path.split('/')
  const isAdapter = adapterRooms.includes(room) && rest !== undefined
  return isAdapter && !sharedByAdapters.includes(`${room}/${adapter}`) ? `${room}/${adapter}` : undefined
}

function ambientViolations({ path: file, ambient, environment }: Source): Violation[] {
  const isSource = file.startsWith('src/') && !isTest(file)
  if (!isSource || file.startsWith('src/base/') || file.startsWith('src/testing/')) return []
  const found = ambient.map(({ name, line }): Violation => {
    return {
      rule: 'ambient',
      file,
      line,
      message: `${name}: time and randomness come from base/, by parameter`,
    }
  })
  const isConfiguration = file.startsWith('src/cli/') || /\/config[^/]*\.ts$/.test(file)
  if (isConfiguration) return found
  for (const { name, line } of environment) {
    found.push({ rule: 'environment', file, line, message: `${name} is read in config*.ts and cli/ only` })
  }
  return found
}
