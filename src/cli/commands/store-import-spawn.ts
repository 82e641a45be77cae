// `spawn store import-spawn`: the actors that Spawn's Elixir runtime keeps in a database, into a store.

import type { SpawnNotice } from '../../archive/index.ts'
import { systemClock } from '../../base/index.ts'
import { valuesIn } from '../../proxy/config/environment.ts'
import { readStateKeys, STATE_KEY_VARIABLE } from '../../stores/state-keys.ts'
import { storeText } from '../../stores/store-url.ts'
import { command } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import { usageFailure } from '../failure.ts'
import { text } from '../option.ts'
import { noteWarning, printable, type Terminal } from '../terminal.ts'

export const storeImportSpawn = command({
  name: 'store import-spawn',
  summary: "Take over the actors of Spawn's Elixir runtime from its database",
  about: `Reads the tables snapshots and historical_snapshots that Spawn's Elixir runtime has in Postgres or MariaDB, and
writes their actors with state, tags, revision and past into a store that is empty. The tables are only read.
Encrypted states (AES.GCM.V1) are opened with SPAWN_STATESTORE_KEY, which encrypts them in the new store, too,
or with --key. The tables do not say of which definition an actor is: all become named ones. What does not come
along is printed, one row a line, with why. Stop that system first.`,
  args: [],
  options: {
    from: text('url', 'The database of Spawn: postgres://… or mariadb://…'),
    to: text('url', 'The new store: sqlite:<path>, postgres://… or mariadb://…'),
    key: text('base64', `The key of the states there; default $${STATE_KEY_VARIABLE}`),
  },
  examples: [
    {
      line: 'spawn store import-spawn --from $OLD_URL --to sqlite:shop.db',
      what: 'a URL such as postgres://…',
    },
    {
      line: 'spawn store import-spawn --from postgres://admin@db/eigr-functions-db --to sqlite:my-system.db',
      what: 'into a file; the password in PROXY_DATABASE_SECRET',
    },
    {
      line: 'spawn store import-spawn --from mariadb://admin@db/eigr-functions-db --to postgres://owner@db/shop --json',
      what: 'what did not come along as JSON, one row a line',
    },
  ],
  async run({ options, json }, terminal) {
    const { from, key, to } = options
    if (from === undefined)
      throw usageFailure(
        '--from is missing',
        'name the database of Spawn: --from postgres://admin@db/eigr-functions-db',
      )
    if (to === undefined)
      throw usageFailure('--to is missing', 'name a store that is empty: --to sqlite:my-system.db')
    const keys = keysOf(key, terminal)
    const { planOnLine, withStore } = await import('../store-line.ts')
    const { SpawnSource, takeIn } = await import('../../archive/index.ts')
    const { countsText, progressOn } = await import('../moving.ts')
    const plan = planOnLine(from, '--from', terminal)
    let rejected = 0
    let recovered = 0
    const notice = async (told: SpawnNotice): Promise<void> => {
      if (told.kind === 'rejected') rejected += 1
      else recovered += 1
      await tellRow(told, terminal, json)
    }
    return withStore({ store: to, where: '--to' }, terminal, async (line) => {
      const { spawnTables } = await import('../../stores/open.ts')
      const tables = await spawnTables(plan)
      try {
        await tables.open()
        await line.store.start()
        const source = new SpawnSource({ tables, name: storeText(plan), target: line.store, keys, notice })
        const { rows } = await takeIn({
          source,
          target: line.store,
          targetName: storeText(line.plan),
          merges: false,
          clock: systemClock,
          progress: progressOn(terminal, systemClock, 'taking over'),
        })
        if (json) await terminal.print(JSON.stringify({ rows, counts: { rejected, recovered } }))
        else terminal.note(`took over ${countsText(rows)}`)
        if (rejected > 0 && !json) tellRejected(rejected, terminal)
        return rejected > 0 ? EXIT.failed : EXIT.ok
      } finally {
        await tables.close()
      }
    })
  },
})

function keysOf(given: string | undefined, { env }: Terminal): Uint8Array[] {
  const text = given ?? valuesIn(env).get(STATE_KEY_VARIABLE)
  if (text === undefined) return []
  const reading = readStateKeys(text)
  if ('plan' in reading) return reading.plan.keys.map(({ secret }) => secret)
  throw usageFailure(`${given === undefined ? STATE_KEY_VARIABLE : '--key'} ${reading.problem}`)
}

async function tellRow(notice: SpawnNotice, terminal: Terminal, json: boolean): Promise<void> {
  const { actor, id, isPast, kind, reason, revision, system } = notice
  if (json) {
    await terminal.print(JSON.stringify({ [kind]: { system, actor, id, revision, isPast, reason } }))
    return
  }
  const row = isPast ? `past revision ${revision ?? '?'}` : `revision ${revision ?? '?'}`
  const where = id === null ? '' : ` (id ${id})`
  await terminal.print(
    `${kind} ${printable(`${system ?? '?'} ${actor ?? '?'}`)}, ${row}${where}: ${printable(reason)}`,
  )
}

function tellRejected(rejected: number, terminal: Terminal): void {
  const rows = `${rejected.toLocaleString('en')} ${rejected === 1 ? 'row' : 'rows'}`
  noteWarning(terminal, `${rows} did not come along; they are in the tables still`)
}
