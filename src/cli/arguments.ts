// From the words of the command line to a command's input. Every word is accounted for: one that no declaration knows
// is an error with a suggestion, never ignored. Values are read by their option (option.ts).

import { parseArgs } from 'node:util'
import type { Argument, Command, Input } from './command.ts'
import { usageFailure } from './failure.ts'
import { flag, type Options } from './option.ts'
import { didYouMean } from '../base/index.ts'

/** Options that every command has. */
export const GLOBAL_OPTIONS = {
  json: flag('Machine-readable output, errors too: one JSON document per line'),
  help: flag('This help', 'h'),
} as const satisfies Options

export interface ParsedLine {
  readonly wantsHelp: boolean
  readonly json: boolean
  /** Reads the options; @throws Failure USAGE. Apart, so that --help works whatever else stands on the line. */
  readonly input: () => Input<Options>
}

/** @param words what follows the command's name. */
export function parseLine(command: Command, words: readonly string[]): ParsedLine {
  const options: Options = { ...command.options, ...GLOBAL_OPTIONS }
  const { tokens } = parseArgs({
    args: [...words],
    strict: false,
    allowPositionals: true,
    tokens: true,
    options: Object.fromEntries(Object.entries(options).map(([name, option]) => [name, shapeOf(option)])),
  })
  const has = (name: string): boolean =>
    tokens.some((token) => token.kind === 'option' && token.name === name)
  return {
    wantsHelp: has('help'),
    json: has('json'),
    input: () => {
      const given = new Map<string, string[]>()
      const args: string[] = []
      for (const token of tokens) {
        if (token.kind === 'positional') args.push(token.value)
        if (token.kind === 'option') take(token, options, given)
      }
      checkArguments(args, command)
      const read = Object.entries(command.options).map(
        ([name, option]) => [name, option.read(given.get(name) ?? [], name)] as const,
      )
      return { args, options: Object.fromEntries(read), words, json: has('json') }
    },
  }
}

function shapeOf(option: Options[string]): { type: 'string' | 'boolean'; short?: string; multiple: true } {
  const type = option.value === null ? 'boolean' : 'string'
  return { type, multiple: true, ...(option.short !== undefined && { short: option.short }) }
}

interface OptionToken {
  readonly name: string
  readonly rawName: string
  readonly value: string | undefined
  readonly inlineValue: boolean | undefined
}

function take(token: OptionToken, options: Options, given: Map<string, string[]>): void {
  const { name, rawName, value } = token
  const option = Object.hasOwn(options, name) ? options[name] : undefined
  if (option === undefined) throw unknownOption(rawName, options)
  if (option.value === null) {
    if (value !== undefined) throw usageFailure(`${rawName} is a flag and takes no value`)
  } else if (value === undefined || value === '') {
    throw usageFailure(`${rawName} needs a value: ${rawName} <${option.value}>`)
  } else if (token.inlineValue === false && value.startsWith('-') && value !== '-') {
    throw usageFailure(
      `${rawName} needs a value, and ${value} looks like an option`,
      `if it is the value, write ${rawName}=${value}`,
    )
  }
  const before = given.get(name) ?? []
  if (before.length > 0 && !option.many && option.value !== null)
    throw usageFailure(`${rawName} is given twice`)
  given.set(name, [...before, value ?? ''])
}

function unknownOption(rawName: string, options: Options): Error {
  const hint = /^-\d/.test(rawName) ? 'a negative number as an argument stands after --' : undefined
  const letter = /^-([a-z])$/.exec(rawName)?.[1]
  const likely = Object.keys(options).filter((name) => letter !== undefined && name.startsWith(letter))
  const suggestion =
    likely.length === 1
      ? `; did you mean --${likely[0]}?`
      : didYouMean(rawName.replace(/^-+/, ''), Object.keys(options), '--')
  return usageFailure(`unknown option ${rawName}${suggestion}`, hint)
}

function checkArguments(args: readonly string[], { args: declared }: Command): void {
  const missing = declared.find((argument, index) => argument.optional !== true && args[index] === undefined)
  if (missing !== undefined) throw usageFailure(`${argumentText(missing)} is missing: ${missing.help}`)
  const extra = args[declared.length]
  if (extra !== undefined) {
    const takesJson = declared.some(({ name }) => name === 'json')
    const split = takesJson && !/\s/.test(args.join(''))
    const hint = split ? 'quote an argument that has spaces, such as JSON' : undefined
    throw usageFailure(`unexpected argument ${JSON.stringify(withoutSecret(extra))}`, hint)
  }
  const empty = declared.find((_, index) => args[index] === '')
  if (empty !== undefined) throw usageFailure(`${argumentText(empty)} is empty: ${empty.help}`)
}

/** The URL of a store may have a password in it, and errors are kept in logs. */
function withoutSecret(word: string): string {
  return word.replace(/:\/\/.*@/s, '://***@')
}

/** `<actor>`, or `[json]` for one that may be left out. */
export function argumentText(argument: Argument): string {
  return argument.optional === true ? `[${argument.name}]` : `<${argument.name}>`
}
