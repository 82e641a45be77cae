// The work of `spawn proxy`: read the configuration, show it, import the module if there is one, run the proxy, and stop
// when the process is asked to.

import { type Clock, isSpawnError, systemClock, systemRandom } from '../../base/index.ts'
import type { Logger } from '../../ports/index.ts'
import type { Proxy } from '../../proxy/compose.ts'
import type { Mistake } from '../../proxy/config/config-file.ts'
import type { ProxyConfig } from '../../proxy/config/proxy-config.ts'
import { type ReadConfig, readProxyConfig } from '../../proxy/config/read.ts'
import type { Shown } from '../../proxy/config/shown.ts'
import type { ActorDefinition } from '../../sdk/index.ts'
import { EXIT, type ExitCode } from '../exit-codes.ts'
import { Failure, usageFailure } from '../failure.ts'
import { tableLines } from '../table.ts'
import { printable, type Terminal } from '../terminal.ts'
import { version } from '../../sdk/version.ts'
import { exportedBy } from './exported.ts'
import { stopInOrder, watchProcess } from './lifecycle.ts'
import { loggerFor } from './log.ts'
import { importModule, moduleFile, shortPath } from './module.ts'

export interface ProxyLine {
  /** By their names; the module is one of them. */
  readonly flags: Readonly<Record<string, string | undefined>>
  /** The configuration file that the line names. */
  readonly file: string | undefined
  /** Show the configuration and stop. */
  readonly check: boolean
  readonly json: boolean
}

type GoodConfig = Extract<ReadConfig, { readonly config: ProxyConfig }>

/** Runs until the process is asked to stop. */
export async function serveProxy(line: ProxyLine, terminal: Terminal): Promise<ExitCode> {
  const sources = { flags: line.flags, env: terminal.env, file: line.file }
  const first = good(readProxyConfig(sources))
  const { logLevel, module } = first.config
  const clock = systemClock
  const logger = await loggerFor({ json: line.json, least: logLevel }, terminal, clock)
  const lifecycle = watchProcess(logger)
  const embedded = module === null ? NOTHING : await embeddedOf(module, logger)
  const read = good(readProxyConfig({ ...sources, module: embedded.origin }))
  checkSystem(read, embedded)
  await show(read, line, logger, terminal)
  if (line.check) return EXIT.ok
  const proxy = await started(read.config, embedded.actors, logger, clock)
  await announce(proxy, read.config, embedded.actors, line, logger, terminal)
  return stopInOrder(() => proxy.stop(), await lifecycle.ended, logger)
}

function good(read: ReadConfig): GoodConfig {
  if (read.config === undefined) throw configFailure(read.mistakes)
  return read
}

function configFailure(mistakes: readonly Mistake[]): Failure {
  const [first, ...more] = mistakes
  const texts = mistakes.map(({ problem, where }) => `${where}: ${problem}`)
  const message =
    more.length === 0 && first !== undefined
      ? `the configuration is wrong: ${texts[0]}`
      : `the configuration has ${mistakes.length} mistakes`
  return new Failure(message, {
    exit: EXIT.usage,
    code: 'CONFIG',
    lines: more.length === 0 ? [] : texts,
    hint: 'all settings: spawn proxy --help',
    details: { mistakes },
  })
}

/** Before anything is opened: what is wrong then is easier to find. */
async function show(
  { misspelt, shown, unused }: GoodConfig,
  { check, json }: ProxyLine,
  logger: Logger,
  terminal: Terminal,
): Promise<void> {
  if (json && check) await terminal.print(JSON.stringify({ settings: byKey(shown) }))
  else if (json) logger.info('configuration', { settings: byKey(shown) })
  else await showTable(shown, terminal)
  for (const { meant, name } of misspelt) {
    logger.warn('a variable has no meaning here; it may be misspelt', { name, meant })
  }
  if (unused.length > 0) logger.warn('variables that are set have no effect yet', { names: unused.join(' ') })
}

async function showTable(shown: readonly Shown[], terminal: Terminal): Promise<void> {
  const rows = shown.map(({ from, key, value }) => [key, printable(value), printable(from)])
  const [heading = '', ...lines] = tableLines([['SETTING', 'VALUE', 'FROM'], ...rows], terminal.width)
  await terminal.print(terminal.style('dim', heading))
  for (const [at, text] of lines.entries()) {
    await terminal.print(shown[at]?.from === 'default' ? terminal.style('dim', text) : text)
  }
}

function byKey(shown: readonly Shown[]): Record<string, Pick<Shown, 'value' | 'from'>> {
  return Object.fromEntries(shown.map(({ from, key, value }) => [key, { value, from }]))
}

/** What a module has for the proxy. */
interface Embedded {
  readonly actors: readonly ActorDefinition[]
  /** When it exports a system, its name and the module's. */
  readonly origin: { readonly system: string; readonly from: string } | undefined
}

const NOTHING: Embedded = { actors: [], origin: undefined }

async function embeddedOf(module: string, logger: Logger): Promise<Embedded> {
  const file = moduleFile(module)
  const from = shortPath(file)
  const exported = exportedBy(await importModule(file), from)
  if (exported.kind === 'actors') return { actors: exported.actors, origin: undefined }
  const { name: system, options } = exported.builder
  const ignored = (['store', 'encryption', 'http', 'limits', 'workers'] as const).filter(
    (option) => options[option] !== undefined,
  )
  if (ignored.length > 0) {
    logger.warn('options of the system have no effect in a proxy; its settings count', {
      options: ignored.join(' '),
    })
  }
  return { actors: options.actors, origin: { system, from } }
}

function checkSystem({ config: { system }, shown }: GoodConfig, { origin }: Embedded): void {
  if (origin === undefined || origin.system === system) return
  const from = shown.find(({ key }) => key === 'system')?.from
  throw usageFailure(`${origin.from} exports the system "${origin.system}", and ${from} says "${system}"`)
}

async function started(
  config: ProxyConfig,
  actors: readonly ActorDefinition[],
  logger: Logger,
  clock: Clock,
): Promise<Proxy> {
  const { composeProxy } = await import('../../proxy/compose.ts')
  try {
    return await composeProxy(config, { logger, clock, random: systemRandom, version: version(), actors })
  } catch (thrown) {
    // What the runtime refuses has a message that says what to do.
    if (!isSpawnError(thrown) || thrown.code === 'DEFECT') throw thrown
    throw new Failure(thrown.message, { exit: EXIT.failed, code: thrown.code, cause: thrown })
  }
}

async function announce(
  { url }: Proxy,
  { system }: ProxyConfig,
  actors: readonly ActorDefinition[],
  { json }: ProxyLine,
  logger: Logger,
  terminal: Terminal,
): Promise<void> {
  const names = actors.map(({ name }) => name)
  if (json) {
    logger.info('serving', { url, system, actors: names })
    return
  }
  const own = names.length === 0 ? '' : `, with ${names.map(printable).join(', ')} of its own`
  await terminal.print(`${terminal.style('bold', printable(system))} waits for hosts at ${url}${own}`)
}
