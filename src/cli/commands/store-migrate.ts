// `spawn store migrate`: brings a store's tables up to date, or shows what that would take.

import type { Migration } from '../../ports/index.ts'
import { command } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import { flag } from '../option.ts'
import { STORE_OPTIONS } from '../store-options.ts'
import type { Terminal } from '../terminal.ts'

export const storeMigrate = command({
  name: 'store migrate',
  summary: 'Bring the tables of a store up to date',
  about: `Makes the tables of a store, or brings them up to date. A start does the same by itself, unless it is told not to: then
this is how, by a user who may change tables. Nothing that is stored is lost; many that migrate at once wait for one another.
With --dry-run it shows the statements, as SQL, and changes nothing.`,
  args: [],
  options: {
    ...STORE_OPTIONS,
    'dry-run': flag('Show what would be done, and do nothing'),
  },
  examples: [
    {
      line: 'spawn store migrate --dry-run',
      what: 'the statements, as SQL',
    },
    {
      line: 'spawn store migrate --store postgres://owner@db/shop',
      what: 'by another user than the system has',
    },
  ],
  async run({ options, json }, terminal) {
    const { withStore } = await import('../store-line.ts')
    return withStore(options, terminal, async ({ store: { schema } }) => {
      if (schema === undefined) return tell([], { json, isDone: true, version: 0 }, terminal)
      const { newest, pending } = await schema.status()
      if (!options['dry-run']) {
        // Also when nothing is pending: a schema that is newer is refused, with what to do.
        const applied = await schema.migrate()
        return tell(applied, { json, isDone: true, version: newest }, terminal)
      }
      return tell(pending, { json, isDone: false, version: newest }, terminal)
    })
  },
})

async function tell(
  migrations: readonly Migration[],
  { isDone, json, version }: { readonly isDone: boolean; readonly json: boolean; readonly version: number },
  terminal: Terminal,
): Promise<typeof EXIT.ok> {
  if (json) {
    await terminal.print(JSON.stringify({ version, applied: isDone, migrations }))
    return EXIT.ok
  }
  for (const { statements, title, version: to } of migrations) {
    await terminal.print(isDone ? `${to}: ${title}` : `-- ${to}: ${title}`)
    if (!isDone) for (const statement of statements) await terminal.print(`${dedented(statement)};\n`)
  }
  if (migrations.length === 0) terminal.note('the tables are up to date')
  else terminal.note(isDone ? `the tables have version ${version} now` : 'nothing was changed')
  return EXIT.ok
}

/** Without what it was indented by where it was written. */
function dedented(statement: string): string {
  const [first = '', ...rest] = statement.split('\n')
  const indents = rest
    .filter((line) => line.trim() !== '')
    .map((line) => line.length - line.trimStart().length)
  const indent = Math.min(...indents, ...(rest.length === 0 ? [0] : []))
  return [first, ...rest.map((line) => line.slice(indent))].join('\n')
}
