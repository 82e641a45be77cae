// One server of each kind for a whole run of tests: starting one takes seconds, a database in it none. Decides which are
// needed, by what the test files import, and tells the tests of them by the variables that an operator may set, too.
import { readFileSync } from 'node:fs'
import { PrivateMariadb } from './mariadb.ts'
import { PrivateNats } from './nats.ts'
import { PrivatePostgres } from './postgres.ts'

interface Server {
  readonly url: string
  readonly end: () => Promise<void>
}

const KINDS: readonly {
  readonly variable: string
  /** What a test file that needs it imports. */
  readonly module: string
  readonly start: () => Promise<Server>
}[] = [
  { variable: 'SPAWN_TEST_POSTGRES', module: 'servers/postgres.ts', start: () => PrivatePostgres.start() },
  { variable: 'SPAWN_TEST_MARIADB', module: 'servers/mariadb.ts', start: () => PrivateMariadb.start() },
  { variable: 'SPAWN_TEST_NATS', module: 'servers/nats.ts', start: () => PrivateNats.start() },
]

/** Starts what these files need and nobody has named. @returns what ends it all. */
export async function startServers(files: readonly string[]): Promise<() => Promise<void>> {
  const texts = files.map((file) => readFileSync(file, 'utf8'))
  const needed = KINDS.filter(
    ({ module, variable }) =>
      process.env[variable] === undefined && texts.some((text) => text.includes(module)),
  )
  const started = await Promise.all(
    needed.map(async ({ start, variable }) => {
      const server = await start()
      process.env[variable] = server.url
      console.log(`started a private server for ${variable}`)
      return server
    }),
  )
  return async () => {
    await Promise.all(started.map((server) => server.end()))
  }
}
