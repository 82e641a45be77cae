// The help texts, made from the declarations of the commands, for a screen of some width. Pure: from values to lines.

import { argumentText, GLOBAL_OPTIONS } from './arguments.ts'
import type { Command, Example } from './command.ts'
import { EXIT_MEANINGS } from './exit-codes.ts'
import type { Options } from './option.ts'

/** Where a help is read. */
interface Screen {
  readonly style: (format: 'bold' | 'dim', text: string) => string
  /** Columns; null: no limit. */
  readonly width: number | null
}

/** Of the overview of everything: it shows how to begin, and each group and command has its own. */
const FIRST_STEPS: ReadonlySet<string> = new Set(['dev', 'start', 'proxy', 'invoke', 'actors list'])

/** Texts are no wider: longer lines are hard to read, on a wide screen too. */
const WIDEST = 120

/** What stands beside something must have so much room; else it stands below. */
const LEAST_ROOM = 30

/** `spawn start <module> [options]`. */
export function usageLine(command: Command): string {
  return ['spawn', command.name, ...command.args.map(argumentText), '[options]'].join(' ')
}

/** The help of everything, or of a group such as `actors`. */
export function overviewText(commands: readonly Command[], group: string | null, screen: Screen): string {
  const { style } = screen
  const shown = commands.filter(({ name }) => group === null || name.startsWith(`${group} `))
  const rows = shown.map((command): Row => {
    return [[command.name, ...command.args.map(argumentText)].join(' '), command.summary]
  })
  const examples = shown
    .filter(({ name }) => group !== null || FIRST_STEPS.has(name))
    .flatMap(({ examples: [first] }) => (first === undefined ? [] : [first]))
  const sections = [
    group === null ? `${style('bold', 'spawn')}: durable actors` : style('bold', `spawn ${group}`),
    section('Commands', aligned(rows, screen), screen),
    section('Examples', exampleLines(examples, screen), screen),
  ]
  if (group === null) sections.push(...generalSections(screen))
  else sections.push(`More: spawn ${group} <command> --help`)
  return sections.join('\n\n')
}

function generalSections(screen: Screen): string[] {
  const options: Row[] = [
    ['--help, -h', 'This help; after a command, its own, with examples'],
    ['--version, -v', 'The version'],
    ['--json', GLOBAL_OPTIONS.json.help],
  ]
  const environment: Row[] = [
    [
      'SPAWN_URL',
      'The server that all commands but dev, start, proxy and store speak to; default http://127.0.0.1:9001',
    ],
    ['SPAWN_SYSTEM', 'The system there; default: the one that the server says'],
    ['PROXY_STORE', 'The URL of the store that dev, start, proxy and store use, unless the line names one'],
    ['NO_COLOR', 'Set to anything: no colours'],
  ]
  const codes = EXIT_MEANINGS.map(([code, meaning]): Row => [String(code), meaning])
  return [
    section('Options', aligned(options, screen), screen),
    section('Environment', aligned(environment, screen), screen),
    section('Exit codes', aligned(codes, screen), screen),
  ]
}

export function commandText(command: Command, screen: Screen): string {
  const usage = wrapped(usageLine(command), widthOf(screen) - 4)
  const sections = [
    aboutText(command.about, screen),
    section(
      'Usage',
      usage.map((line, at) => `${at === 0 ? '  ' : '    '}${line}`),
      screen,
    ),
  ]
  if (command.args.length > 0) {
    const rows = command.args.map((argument): Row => [argumentText(argument), argument.help])
    sections.push(section('Arguments', aligned(rows, screen), screen))
  }
  const options: Options = { ...command.options, ...GLOBAL_OPTIONS }
  const rows = Object.entries(options).map((entry): Row => [optionText(...entry), entry[1].help])
  sections.push(section('Options', aligned(rows, screen), screen))
  sections.push(section('Examples', exampleLines(command.examples, screen), screen))
  return sections.join('\n\n')
}

/** Never broken: they are there to be pasted. */
function exampleLines(examples: readonly Example[], { style }: Screen): string[] {
  return examples.flatMap(({ line, what }) => [`  ${style('dim', `# ${what}`)}`, `  ${line}`])
}

/** Its paragraphs, as wide as the screen. */
function aboutText(about: string, screen: Screen): string {
  const paragraphs = about.split('\n\n').map((paragraph) => paragraph.replaceAll('\n', ' '))
  return paragraphs.map((paragraph) => wrapped(paragraph, widthOf(screen)).join('\n')).join('\n\n')
}

function optionText(name: string, { short, value, many }: Options[string]): string {
  const long = `--${name}${short === undefined ? '' : `, -${short}`}`
  return value === null ? long : `${long} <${value}>${many ? ' …' : ''}`
}

type Row = readonly [left: string, right: string]

function section(title: string, lines: readonly string[], { style }: Screen): string {
  return [style('bold', title), ...lines].join('\n')
}

const widthOf = ({ width }: Screen): number => Math.min(width ?? WIDEST, WIDEST)

/** Two columns; on a narrow screen, the one below the other. */
function aligned(rows: readonly Row[], screen: Screen): string[] {
  const widest = Math.max(...rows.map(([left]) => left.length))
  const room = widthOf(screen) - widest - 4
  return rows.flatMap(([left, right]) => {
    if (room < LEAST_ROOM)
      return [`  ${left}`, ...wrapped(right, widthOf(screen) - 6).map((line) => `      ${line}`)]
    const [first = '', ...more] = wrapped(right, room)
    return [`  ${left.padEnd(widest)}  ${first}`, ...more.map((line) => `${' '.repeat(widest + 4)}${line}`)]
  })
}

/** Broken between words; a word that is longer than the room stands on a line of its own. */
function wrapped(text: string, room: number): string[] {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + 1 + word.length <= room)
      lines[lines.length - 1] = `${last} ${word}`
    else lines.push(word)
  }
  return lines
}
