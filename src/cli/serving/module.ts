// Imports the module that `start` and `dev` serve. Decides how a module that cannot be imported is told: the place and
// the reason in a few lines, without the frames of the loader, because its author acts on it and nobody else.

import { existsSync, statSync } from 'node:fs'
import { basename, relative, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { assert, messageOf } from '../../base/index.ts'
import { EXIT } from '../exit-codes.ts'
import { Failure, usageFailure } from '../failure.ts'

/** Of the files that an import without one may mean. */
const ENDINGS = ['.ts', '.js', '.mts', '.mjs', '/index.ts', '/index.js']
const TYPESCRIPT = /\.[cm]?ts$/

export type Exports = Readonly<Record<string, unknown>>

/** The absolute path of a module's file. @throws Failure USAGE when there is none. */
export function moduleFile(given: string): string {
  const file = resolve(given)
  const found = statSync(file, { throwIfNoEntry: false })
  if (found?.isFile() === true) return file
  const what = found === undefined ? 'there is no file' : 'this is not a file:'
  throw usageFailure(`${what} ${given}`, 'name the TypeScript or JavaScript file that exports your actors')
}

/** @throws Failure MODULE */
export async function importModule(file: string): Promise<Exports> {
  quieten()
  try {
    // The namespace of whatever the application wrote.
    return (await import(pathToFileURL(file).href)) as Exports
  } catch (thrown) {
    throw new Failure(`${shortPath(file)} cannot be loaded: ${reasonOf(thrown)}`, {
      exit: EXIT.failed,
      code: 'MODULE',
      hint:
        [placeOf(thrown), hintOf(thrown, file)].filter((part) => part !== undefined).join('; ') || undefined,
      cause: thrown,
    })
  }
}

/**
 * What Node warns of when a package does not say what its modules are: that one is read twice, which nobody notices, and
 * that one is CommonJS, which the error says with what to do.
 */
const LOADER_WARNING = /^Module type of .* is not specified|^Failed to load the ES module/

let isQuiet = false

/**
 * Lets no such warning through from now on, whoever listens, and everything else. It goes by what the process emits, not by who
 * listens to it: that is others' to change, before, after, and while a module is imported.
 */
function quieten(): void {
  if (isQuiet) return
  isQuiet = true
  const emit: unknown = Reflect.get(process, 'emit')
  assert(typeof emit === 'function', 'a process tells its events')
  const heard = (...given: unknown[]): boolean => {
    const [event, what] = given
    const isLoaders = event === 'warning' && what instanceof Error && LOADER_WARNING.test(what.message)
    return isLoaders || Boolean(Reflect.apply(emit, process, given))
  }
  Reflect.set(process, 'emit', heard)
}

function reasonOf(thrown: unknown): string {
  const name = thrown instanceof Error ? thrown.name : ''
  const [first = ''] = messageOf(thrown).trim().split('\n')
  return name === '' || name === 'Error' || name === 'SpawnError' ? first : `${name}: ${first}`
}

/** This package's own code: `src/` in a checkout, the folder of the compiled code in a package. */
export const OWN = new URL('../..', import.meta.url).href

/**
 * `at counter.ts:12:3`. A syntax error has its place in front of its stack; anything else in the first frame of the
 * application.
 */
function placeOf(thrown: unknown): string | undefined {
  if (!(thrown instanceof Error) || thrown.stack === undefined) return undefined
  const head = /^(?:file:\/\/)?(\/[^\n]+?):(\d+)\n/.exec(thrown.stack)
  if (head !== null) return `at ${shortPath(decodeURI(head[1] ?? ''))}:${head[2]}`
  const frames = thrown.stack.matchAll(/\n\s+at (?:.*\()?(file:\/\/[^\s)]+):(\d+:\d+)\)?/g)
  for (const [, url = '', place] of frames) {
    if (!url.startsWith(OWN) && !url.includes('/node_modules/'))
      return `at ${shortPath(fileURLToPath(url))}:${place}`
  }
  return undefined
}

function hintOf(thrown: unknown, file: string): string | undefined {
  const message = messageOf(thrown)
  const [, missing] = /Cannot find package '([^']+)' imported from/.exec(message) ?? []
  if (missing !== undefined) return `install it beside the module: npm install ${missing}`
  const [, path] = /Cannot find module '([^']+)' imported from/.exec(message) ?? []
  const ending = ENDINGS.find((each) => path !== undefined && existsSync(`${path}${each}`))
  if (path !== undefined && ending !== undefined)
    return `an import names a file with its ending: ${basename(path)}${ending}`
  const written = path?.replace(/js$/, 'ts')
  if (written !== undefined && written !== path && existsSync(written))
    return `an import names the file that is there, no compiled one: ${basename(written)}`
  if (/does not provide an export named/.test(message) && TYPESCRIPT.test(file))
    return 'a type is imported as one: `import { type Name } from …`'
  if (/import statement outside a module|Unexpected token 'export'/.test(message))
    return 'its package.json makes it CommonJS: run `npm pkg set type=module`, or call the file .mts'
  if (/not supported in strip-only mode/.test(message))
    return 'TypeScript runs here as it is written, only its types are taken away: say it in plain JavaScript'
  // Node keeps the place of a fault in plain JavaScript to itself.
  return thrown instanceof SyntaxError && placeOf(thrown) === undefined
    ? '`node --check <file>` shows the place'
    : undefined
}

/** As one would type it. */
export function shortPath(file: string): string {
  const short = relative(process.cwd(), file)
  return short.startsWith('..') || short === '' ? file : short
}
