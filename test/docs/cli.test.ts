// docs/cli.md and the help of every command say what the command line takes: each of their lines is read by the command
// that it names, and every command and every option of `invoke` stands on the page.

import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'

import { argumentText, parseLine } from '../../src/cli/arguments.ts'
import { ERROR_CODES } from '../../src/base/index.ts'
import { allCommands, NAMES } from '../../src/cli/commands/index.ts'
import { blocksOf } from './blocks.ts'
import { ROOT } from './programs.ts'

const COMMANDS = await allCommands()
const page = readFileSync(new URL('../../docs/cli.md', import.meta.url), 'utf8')

/** The words of a `spawn` command within a line of a shell; null: there is none. */
function wordsOf(line: string): string[] | null {
  const [, command] = /(?:^|[|$] )spawn ((?:'[^']*'|[^|#'])*)/.exec(line) ?? []
  if (command === undefined) return null
  return [...command.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '')
}

function read(line: string): void {
  const words = wordsOf(line) ?? assert.fail(`no command: ${line}`)
  const command = COMMANDS.find(({ name }) => `${words.join(' ')} `.startsWith(`${name} `))
  assert.ok(command !== undefined, `no such command: ${line}`)
  const { input } = parseLine(command, words.slice(command.name.split(' ').length))
  assert.doesNotThrow(input, line)
}

test('each command is found by the words that it says itself', () => {
  assert.deepEqual(
    NAMES,
    COMMANDS.map(({ name }) => name),
  )
})

test('every line of docs/cli.md is one that its command takes', () => {
  const lines = blocksOf(page)
    .filter(({ language }) => language === 'sh')
    .flatMap(({ text }) => text.split('\n'))
    .filter((line) => line.includes('spawn '))
  assert.ok(lines.length >= 25)
  for (const line of lines) read(line)
})

describe('every example of the help is one that its command takes', () => {
  for (const { name, examples } of COMMANDS) {
    test(name, () => {
      for (const { line } of examples) {
        assert.equal(wordsOf(line)?.slice(0, name.split(' ').length).join(' '), name, line)
        read(line)
      }
    })
  }
})

test('docs/cli.md has every command, and every option of invoke', () => {
  for (const { name, args } of COMMANDS) {
    const [first] = args
    // One that may be left out may be shown as given.
    const usages = first === undefined ? [''] : [` ${argumentText(first)}`, ` <${first.name}>`]
    assert.ok(
      usages.some((usage) => page.includes(`| [\`spawn ${name}${usage}`)),
      name,
    )
  }
  const invoke = COMMANDS.find(({ name }) => name === 'invoke') ?? assert.fail('no invoke')
  for (const name of Object.keys(invoke.options)) assert.match(page, new RegExp(`--${name}\\b`), name)
})

test('every code that an error of the command can have stands on the page, or is one of the runtime', () => {
  const sources = globSync('src/cli/**/*.ts', { cwd: ROOT }).map((file) =>
    readFileSync(join(ROOT, file), 'utf8'),
  )
  const codes = new Set(
    sources.flatMap((source) => [...source.matchAll(/\bcode: '([A-Z_]+)'/g)].map(([, code = '']) => code)),
  )
  assert.ok(codes.has('USAGE') && codes.has('STORE'), [...codes].join())
  for (const code of codes) assert.ok(Object.hasOwn(ERROR_CODES, code) || page.includes(`\`${code}\``), code)
})
