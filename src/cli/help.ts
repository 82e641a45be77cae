// The help texts, made from the declarations of the commands. Pure: from values to lines.

import { argumentText, GLOBAL_OPTIONS } from './arguments.ts'
import type { Command } from './command.ts'
import { EXIT_MEANINGS } from './exit-codes.ts'
import type { Options } from './option.ts'

type Style = (format: 'bold' | 'dim', text: string) => string

/** `spawn start <module> [options]`. */
export function usageLine(command: Command): string {
  return ['spawn', command.name, ...command.args.map(argumentText), '[options]'].join(' ')
}

/** The help of everything, or of a group such as `actors`. */
export function overviewText(commands: readonly Command[], group: string | null, style: Style): string {
  const shown = commands.filter(({ name }) => group === null || name.startsWith(`${group} `))
  const rows = shown.map((command): Row => {
    return [[command.name, ...command.args.map(argumentText)].join(' '), command.summary]
  })
  const examples = shown.flatMap(({ examples: [first] }) => (first === undefined ? [] : [first]))
  const sections = [
    group === null ? `${style('bold', 'spawn')}: durable actors` : style('bold', `spawn ${group}`),
    section('Commands', aligned(rows), style),
    section(
      'Examples',
      aligned(examples.map(({ line, what }): Row => [line, style('dim', `# ${what}`)])),
      style,
    ),
  ]
  if (group === null) {
    const options: Row[] = [
      ['--help, -h', 'This help; after a command, its own'],
      ['--version, -v', 'The version'],
      ['--json', GLOBAL_OPTIONS.json.help],
    ]
    const codes = EXIT_MEANINGS.map(([code, meaning]): Row => [String(code), meaning])
    const environment: Row[] = [
      [
        'SPAWN_URL',
        'The server that all commands but dev, start, proxy and store speak to; default http://127.0.0.1:9001',
      ],
      ['SPAWN_SYSTEM', 'The system there; default: the one that the server says'],
      ['PROXY_STORE', 'The URL of the store that dev, start, proxy and store use, unless the line names one'],
      ['NO_COLOR', 'Set to anything: no colours'],
    ]
    sections.push(section('Options', aligned(options), style))
    sections.push(section('Environment', aligned(environment), style))
    sections.push(section('Exit codes', aligned(codes), style))
  }
  return sections.join('\n\n')
}

export function commandText(command: Command, style: Style): string {
  const sections = [command.about, section('Usage', [`  ${usageLine(command)}`], style)]
  if (command.args.length > 0) {
    const rows = command.args.map((argument): Row => [argumentText(argument), argument.help])
    sections.push(section('Arguments', aligned(rows), style))
  }
  const options: Options = { ...command.options, ...GLOBAL_OPTIONS }
  const rows = Object.entries(options).map((entry): Row => [optionText(...entry), entry[1].help])
  sections.push(section('Options', aligned(rows), style))
  const examples = command.examples.flatMap(({ line, what }) => [
    `  ${style('dim', `# ${what}`)}`,
    `  ${line}`,
  ])
  sections.push(section('Examples', examples, style))
  return sections.join('\n\n')
}

function optionText(name: string, { short, value, many }: Options[string]): string {
  const long = `--${name}${short === undefined ? '' : `, -${short}`}`
  return value === null ? long : `${long} <${value}>${many ? ' …' : ''}`
}

type Row = readonly [left: string, right: string]

function section(title: string, lines: readonly string[], style: Style): string {
  return [style('bold', title), ...lines].join('\n')
}

function aligned(rows: readonly Row[]): string[] {
  const width = Math.max(...rows.map(([left]) => left.length))
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`)
}
