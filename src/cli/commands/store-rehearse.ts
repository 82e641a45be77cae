// `spawn store rehearse`: what the code of a module would make of the states that a store has, before it is deployed.

import { command } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import { text, whole } from '../option.ts'
import type { Tally } from '../rehearsal/rehearse.ts'
import { STORE_OPTIONS } from '../store-options.ts'
import { printable, type Terminal } from '../terminal.ts'

export const storeRehearse = command({
  name: 'store rehearse',
  summary: 'Load the stored states with the code of a module, changing nothing',
  about: `Takes the states of a store through the code of a module, as a load and the next commit would: read, brought up by the
steps of \`upgrade\`, looked at by the schema, written, and read again. Tells which actors would not start, and by which field.
No action runs and nothing is changed; beside a running system it sees what stands. Exit code 1: some would fail.`,
  args: [{ name: 'module', help: 'the TypeScript or JavaScript file that exports the actors, or a system' }],
  options: {
    ...STORE_OPTIONS,
    system: text('name', "The system; default the module's, else the only one that is stored", 's'),
    sample: whole('count', 'So many actors of each definition, from all over; default all', {
      least: 1,
      most: 1e9,
    }),
  },
  examples: [
    { line: 'spawn store rehearse shop.ts --store sqlite:shop.db', what: 'every state that is stored' },
    { line: 'spawn store rehearse shop.ts --sample 1000', what: 'a thousand of each definition' },
    {
      line: 'spawn store rehearse shop.ts --json | jq -r .actor.name',
      what: 'the actors that would not start',
    },
  ],
  async run({ args: [module = ''], options, json }, terminal) {
    const { exportedBy } = await import('../serving/exported.ts')
    const { importModule, moduleFile, shortPath } = await import('../serving/module.ts')
    const { startToRead, withStore } = await import('../store-line.ts')
    const { Faults } = await import('../rehearsal/faults.ts')
    const { rehearse } = await import('../rehearsal/rehearse.ts')
    const { rehearsedSystem } = await import('../rehearsal/system.ts')
    const { systemRandom } = await import('../../base/index.ts')
    const file = moduleFile(module)
    return withStore(options, terminal, async (line) => {
      const exported = exportedBy(await importModule(file), shortPath(file))
      await startToRead(line)
      const { store } = line
      const system = await rehearsedSystem(exported, options.system, store)
      const definitions = exported.kind === 'actors' ? exported.actors : exported.builder.options.actors
      const faults = new Faults()
      const plan = { store, system, definitions, sample: options.sample ?? null, random: systemRandom }
      const tallies = await rehearse(plan, {
        async failing(failing) {
          const { id, ...rest } = failing
          if (json)
            await terminal.print(JSON.stringify({ actor: { parent: id.parent, name: id.name }, ...rest }))
          else faults.add(failing)
        },
        progress: (looked, of) => terminal.progress(`looked at ${looked} of ${of}`),
      })
      terminal.progress('')
      const known = tallies.reduce((sum, { stored }) => sum + stored, 0)
      const others = (await store.count({ system })) - known
      const failing = tallies.reduce((sum, tally) => sum + tally.failing, 0)
      if (json) await terminal.print(JSON.stringify({ system, definitions: tallies, others, failing }))
      else await show({ system, tallies, others, failing, lines: faults.lines() }, terminal)
      return failing === 0 ? EXIT.ok : EXIT.failed
    })
  },
})

interface Rehearsal {
  readonly system: string
  readonly tallies: readonly Tally[]
  /** Stored actors that belong to no definition of the module. */
  readonly others: number
  readonly failing: number
  readonly lines: readonly string[]
}

async function show(
  { failing, lines, others, system, tallies }: Rehearsal,
  terminal: Terminal,
): Promise<void> {
  const { tableLines } = await import('../table.ts')
  const heading = ['DEFINITION', 'STORED', 'LOOKED AT', 'FINE', 'UPGRADED', 'FAILING', 'BY VERSION']
  const rows = tallies.map(({ definition, stored, looked, fine, upgraded, failing: failed, versions }) => {
    const counts = Object.entries(versions).map(([version, count]) => `${version}: ${count}`)
    return [printable(definition), ...[stored, looked, fine, upgraded, failed].map(String), counts.join(', ')]
  })
  const [head = '', ...table] = tableLines([heading, ...rows], terminal.width)
  await terminal.print(terminal.style('bold', head))
  for (const line of table) await terminal.print(line)
  if (lines.length > 0) await terminal.print('')
  for (const line of lines) await terminal.print(printable(line))
  if (others > 0)
    terminal.note(`${others} stored actors of ${printable(system)} belong to no definition of the module`)
  const looked = tallies.reduce((sum, tally) => sum + tally.looked, 0)
  terminal.note(failing === 0 ? 'all of them would start' : `${failing} of ${looked} would not start`)
}
