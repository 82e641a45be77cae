// `spawn store status`: which store it is, how its tables stand, and how much is in them.

import type { SchemaStatus, SystemHoldings } from '../../ports/index.ts'
import { command } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import { STORE_OPTIONS } from '../store-options.ts'
import { noteWarning, printable, type Terminal } from '../terminal.ts'

export const storeStatus = command({
  name: 'store status',
  summary: 'Show a store, its tables and how much is in them',
  about: `Shows which store is meant, the version of its tables, which migrations a start would apply, and for each system how
many actors, revisions of the past, messages and facts stand there. It counts them, which takes its time with a large store, and
changes nothing. Of a database that is set up so that it may lose what it acknowledges, it warns. An SQLite file belongs to one process at a time: stop the one that has it first.`,
  args: [],
  options: STORE_OPTIONS,
  examples: [
    { line: 'spawn store status --store sqlite:my-system.db', what: 'a file' },
    { line: 'spawn store status', what: 'what the environment names, as a proxy would take it' },
    { line: 'spawn store status --json | jq .schema.pending', what: 'what a start would do first' },
  ],
  async run({ options, json }, terminal) {
    const { startToRead, withStore } = await import('../store-line.ts')
    const { storeText } = await import('../../stores/store-url.ts')
    return withStore(options, terminal, async (line) => {
      const { plan, store } = line
      const schema = (await store.schema?.status()) ?? null
      const isReady = schema === null || (schema.version > 0 && schema.version === schema.newest)
      if (isReady) await startToRead(line)
      const holdings = isReady ? ((await store.holdings?.()) ?? null) : null
      const warnings = (await store.warnings?.()) ?? []
      const bytes = holdings?.bytes ?? null
      const systems = holdings?.systems ?? null
      const where = storeText(plan)
      if (json)
        await terminal.print(
          JSON.stringify({ store: where, kind: plan.kind, schema, bytes, systems, warnings }),
        )
      else await show({ where, schema, bytes, systems, warnings }, terminal)
      return EXIT.ok
    })
  },
})

interface Shown {
  readonly where: string
  readonly schema: SchemaStatus | null
  readonly bytes: number | null
  /** Null: not counted. */
  readonly systems: readonly SystemHoldings[] | null
  /** What endangers what stands there. */
  readonly warnings: readonly string[]
}

async function show({ bytes, schema, systems, warnings, where }: Shown, terminal: Terminal): Promise<void> {
  const { tableLines } = await import('../table.ts')
  await terminal.print(`store   ${printable(where)}`)
  if (schema !== null) await terminal.print(`schema  ${schemaText(schema)}`)
  for (const { title, version } of schema?.pending ?? []) {
    await terminal.print(terminal.style('dim', `        ${version}: ${title}`))
  }
  if (bytes !== null) await terminal.print(`size    ${bytesText(bytes)}`)
  for (const warning of warnings) noteWarning(terminal, warning)
  if (systems === null) return
  if (systems.length === 0) {
    terminal.note('nothing is stored there')
    return
  }
  const heading = ['SYSTEM', 'ACTORS', 'PAST', 'DELIVERIES', 'SCHEDULES', 'TIMERS', 'DEAD', 'FACTS']
  const rows = systems.map(({ actors, envelopes, past, system }) => {
    const { dead, delivery, fact, schedule, timer } = envelopes
    return [printable(system), ...[actors, past, delivery, schedule, timer, dead, fact].map(String)]
  })
  const [head = '', ...lines] = tableLines([heading, ...rows], terminal.width)
  await terminal.print('')
  await terminal.print(terminal.style('bold', head))
  for (const line of lines) await terminal.print(line)
}

function schemaText({ newest, pending, version }: SchemaStatus): string {
  if (version > newest) return `${version}, of a newer release: this one knows up to ${newest}`
  if (pending.length === 0) return `${version}, up to date`
  const what = version === 0 ? 'nothing is there yet' : `${version}, behind`
  return `${what}; a start, or \`spawn store migrate\`, brings it to ${newest}:`
}

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB']

function bytesText(bytes: number): string {
  let amount = bytes
  let unit = 0
  while (amount >= 1_024 && unit < UNITS.length - 1) {
    amount /= 1_024
    unit += 1
  }
  return `${unit === 0 ? amount : amount.toFixed(1)} ${UNITS[unit]}`
}
