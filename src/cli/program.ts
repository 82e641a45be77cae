// One run of `spawn`: finds the command, shows help or runs it, and answers with the exit code. Decides nothing of what
// a command does. Every failure ends here, as a line for people or a JSON document, never as an uncaught exception.

import { parseLine } from './arguments.ts'
import type { Command } from './command.ts'
import { allCommands, commandOf, NAMES } from './commands/index.ts'
import { EXIT, type ExitCode } from './exit-codes.ts'
import { Failure, usageFailure } from './failure.ts'
import { didYouMean } from '../base/index.ts'
import type { Terminal } from './terminal.ts'

/** @param words the command line without the interpreter and the script. */
export async function runProgram(words: readonly string[], terminal: Terminal): Promise<ExitCode> {
  // `--json` is looked for here too, because the line may be too wrong to be parsed.
  let json = words.includes('--json')
  try {
    const { name, rest } = meant(words)
    if (name === null) return await general(rest, terminal)
    const command = await commandOf(name)
    if (command === null) return await group(name, rest, terminal)
    const line = parseLine(command, rest)
    json = line.json
    if (line.wantsHelp) {
      const { commandText } = await import('./help.ts')
      return await show(commandText(command, terminal), terminal)
    }
    return await runCommand(command, line.input, terminal)
  } catch (thrown) {
    const { reportFailure } = await import('./report.ts')
    return reportFailure(thrown, terminal, json)
  }
}

async function runCommand(
  command: Command,
  input: ReturnType<typeof parseLine>['input'],
  terminal: Terminal,
): Promise<ExitCode> {
  let read
  try {
    read = input()
  } catch (thrown) {
    throw withHint(thrown, `see: spawn ${command.name} --help`)
  }
  return command.run(read, terminal)
}

interface Found {
  /** A command, a group of commands, or null when the line begins with an option or is empty. */
  readonly name: string | null
  readonly rest: readonly string[]
}

const isGroup = (word: string): boolean => NAMES.some((name) => name.startsWith(`${word} `))

function meant(words: readonly string[]): Found {
  // `spawn help start` and `spawn --json start` are what people type.
  if (words[0] === 'help') return meant([...words.slice(1), '--help'])
  if (words[0] === '--json' && words.length > 1) return meant([...words.slice(1), '--json'])
  const [first = '', second = ''] = words
  if (first === '' || first.startsWith('-')) return { name: null, rest: words }
  if (NAMES.includes(first)) return { name: first, rest: words.slice(1) }
  if (NAMES.includes(`${first} ${second}`)) return { name: `${first} ${second}`, rest: words.slice(2) }
  if (isGroup(first)) return { name: first, rest: words.slice(1) }
  const known = [...NAMES, ...NAMES.map((name) => name.split(' ')[0] ?? '')]
  throw usageFailure(
    `unknown command ${JSON.stringify(first)}${didYouMean(first, known)}`,
    'see: spawn --help',
  )
}

async function general([option, extra]: readonly string[], terminal: Terminal): Promise<ExitCode> {
  if (extra !== undefined && !extra.startsWith('-')) {
    throw usageFailure(
      `options stand after the command: ${option} comes before ${extra}`,
      'see: spawn --help',
    )
  }
  if (option === '--version' || option === '-v' || option === '-V') {
    const { version } = await import('../sdk/version.ts')
    return show(version(), terminal)
  }
  const { overviewText } = await import('./help.ts')
  const commands = await allCommands()
  if (option === '--help' || option === '-h') return show(overviewText(commands, null, terminal), terminal)
  if (option === '--json') throw usageFailure('no command is named', 'see: spawn --help')
  if (option === undefined) {
    terminal.note(overviewText(commands, null, { ...terminal, style: (_, text) => text }))
    return EXIT.usage
  }
  const suggestion = didYouMean(option.replace(/^-+/, ''), ['help', 'version', 'json'], '--')
  throw usageFailure(`unknown option ${option}${suggestion}`, 'see: spawn --help')
}

async function group(name: string, [word]: readonly string[], terminal: Terminal): Promise<ExitCode> {
  if (word === '--help' || word === '-h') {
    const { overviewText } = await import('./help.ts')
    return show(overviewText(await allCommands(), name, terminal), terminal)
  }
  const members = NAMES.filter((each) => each.startsWith(`${name} `))
  const verbs = members.map((each) => each.slice(name.length + 1))
  if (word === undefined || word.startsWith('-')) {
    throw usageFailure(`spawn ${name} needs one of: ${verbs.join(', ')}`, `see: spawn ${name} --help`)
  }
  const suggestion = didYouMean(word, verbs, `spawn ${name} `)
  throw usageFailure(`unknown command "${name} ${word}"${suggestion}`, `see: spawn ${name} --help`)
}

async function show(text: string, terminal: Terminal): Promise<ExitCode> {
  await terminal.print(text)
  return EXIT.ok
}

function withHint(thrown: unknown, hint: string): unknown {
  if (!(thrown instanceof Failure) || thrown.hint !== undefined) return thrown
  return usageFailure(thrown.message, hint)
}
