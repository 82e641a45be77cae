// One run of `spawn`: finds the command, shows help or runs it, and answers with the exit code. Decides nothing of what
// a command does. Every failure ends here, as a line for people or a JSON document, never as an uncaught exception.

import { parseLine } from './arguments.ts'
import type { Command } from './command.ts'
import { COMMANDS } from './commands/index.ts'
import { EXIT, type ExitCode } from './exit-codes.ts'
import { Failure, usageFailure } from './failure.ts'
import { commandText, overviewText } from './help.ts'
import { reportFailure } from './report.ts'
import { didYouMean } from '../base/index.ts'
import type { Terminal } from './terminal.ts'

/** @param words the command line without the interpreter and the script. */
export async function runProgram(words: readonly string[], terminal: Terminal): Promise<ExitCode> {
  // `--json` is looked for here too, because the line may be too wrong to be parsed.
  let json = words.includes('--json')
  try {
    const { name, rest } = commandOf(words)
    if (name === null) return await general(rest, terminal)
    const command = COMMANDS.find((candidate) => candidate.name === name)
    if (command === undefined) return await group(name, rest, terminal)
    const line = parseLine(command, rest)
    json = line.json
    if (line.wantsHelp) return await show(commandText(command, terminal.style), terminal)
    return await runCommand(command, line.input, terminal)
  } catch (thrown) {
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

const isGroup = (word: string): boolean => COMMANDS.some(({ name }) => name.startsWith(`${word} `))

function commandOf(words: readonly string[]): Found {
  // `spawn help start` and `spawn --json start` are what people type.
  if (words[0] === 'help') return commandOf([...words.slice(1), '--help'])
  if (words[0] === '--json' && words.length > 1) return commandOf([...words.slice(1), '--json'])
  const [first = '', second = ''] = words
  if (first === '' || first.startsWith('-')) return { name: null, rest: words }
  const names = COMMANDS.map(({ name }) => name)
  if (names.includes(first)) return { name: first, rest: words.slice(1) }
  if (names.includes(`${first} ${second}`)) return { name: `${first} ${second}`, rest: words.slice(2) }
  if (isGroup(first)) return { name: first, rest: words.slice(1) }
  const known = [...names, ...names.map((name) => name.split(' ')[0] ?? '')]
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
  const overview = overviewText(COMMANDS, null, terminal.style)
  if (option === '--help' || option === '-h') return show(overview, terminal)
  if (option === undefined || option === '--json') {
    terminal.note(overviewText(COMMANDS, null, (_, text) => text))
    return EXIT.usage
  }
  const suggestion = didYouMean(option.replace(/^-+/, ''), ['help', 'version', 'json'], '--')
  throw usageFailure(`unknown option ${option}${suggestion}`, 'see: spawn --help')
}

async function group(name: string, [word]: readonly string[], terminal: Terminal): Promise<ExitCode> {
  const overview = overviewText(COMMANDS, name, terminal.style)
  if (word === '--help' || word === '-h') return show(overview, terminal)
  const members = COMMANDS.filter((command) => command.name.startsWith(`${name} `))
  const verbs = members.map((command) => command.name.slice(name.length + 1))
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
