// Real MariaDB servers for the tests: the one that the environment names, or a private instance of the binaries that are
// found, on a free port, with its data in a temporary folder; on Debian, as root, they are installed if they are missing.
// Where none of that works it fails: nothing is skipped.
//
//   SPAWN_TEST_MARIADB   a URL with a user who may create databases and users, e.g. mariadb://root:secret@127.0.0.1:3306
//
// A private server keeps its promises to processes that die, not to a machine that does: it does not sync. It ends with the
// process that started it, however that ends.
import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { chmod, cp, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createConnection, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import * as mariadb from 'mariadb'
import type { DatabaseOptions } from '../../src/stores/mariadb/index.ts'
import { until } from '../../src/testing/index.ts'
import { type MariadbBinaries, mariadbBinaries } from './mariadb-binaries.ts'

export type MariadbAddress = Pick<DatabaseOptions, 'host' | 'port' | 'user' | 'password'>

/** A database of its own for one test. */
export interface TestDatabase {
  readonly options: DatabaseOptions
  /** Runs a statement, on a session that is not the store's. */
  readonly query: (sql: string, values?: readonly unknown[]) => Promise<unknown[][]>
  /** Resolves when no session of a store is left, whatever was under way in it. */
  readonly isAlone: () => Promise<void>
  /** Removes all that a store has made in it; the next one makes it anew. */
  readonly forget: () => Promise<void>
  /** Hands it back: to drop it and make another would take most of a test's time. */
  readonly release: () => Promise<void>
}

interface Session {
  readonly connection: mariadb.Connection
  readonly socket: Socket
}

const PATIENCE = { timeoutMs: 60_000 } as const
const TABLES = ['actors', 'past', 'outcomes', 'outbox', 'places', 'writers']

export class MariadbServer {
  address: MariadbAddress
  #session: Promise<Session> | null = null
  #asked = 0
  readonly #free: string[] = []
  readonly #made: string[] = []

  constructor(url: string) {
    const { hostname, port, username, password } = new URL(url)
    this.address = {
      host: decodeURIComponent(hostname),
      port: Number(port || 3_306),
      user: decodeURIComponent(username),
      password: decodeURIComponent(password),
    }
  }

  async takeDatabase(): Promise<TestDatabase> {
    const database = this.#free.pop() ?? (await this.#create())
    const isAlone = async (): Promise<void> => {
      const nobody = async (): Promise<boolean> =>
        (await this.query('SELECT id FROM information_schema.processlist WHERE db = ?', [database]))
          .length === 0
      await until('the sessions of the store to end', nobody, PATIENCE)
    }
    return {
      options: { ...this.address, database, tls: null, poolSize: 4 },
      query: async (sql, values) => this.query(sql.replaceAll('spawn_', `${database}.spawn_`), values),
      isAlone,
      forget: async () => {
        for (const table of [...TABLES, 'migrations'])
          await this.query(`DROP TABLE IF EXISTS ${database}.spawn_${table}`)
      },
      release: async () => {
        // Files that share a process end what they have in turns: another one may have dropped all databases by now.
        if (!this.#made.includes(database)) return
        await isAlone()
        for (const table of TABLES) await this.query(`DELETE FROM ${database}.spawn_${table}`)
        this.#free.push(database)
      },
    }
  }

  /** As the user who may do everything. */
  async query(sql: string, values: readonly unknown[] = []): Promise<unknown[][]> {
    this.#session ??= this.#connect()
    const { connection, socket } = await this.#session
    // Only while something is asked it keeps the process alive.
    this.#asked += 1
    socket.ref()
    try {
      const rows: unknown = await connection.query({ sql, rowsAsArray: true, bigIntAsNumber: true }, values)
      return Array.isArray(rows) ? (rows as unknown[][]) : []
    } finally {
      this.#asked -= 1
      if (this.#asked === 0) socket.unref()
    }
  }

  /** Drops what was made, and ends the session. */
  async end(): Promise<void> {
    this.#free.length = 0
    for (const database of this.#made.splice(0)) await this.query(`DROP DATABASE IF EXISTS ${database}`)
    await this.disconnect()
  }

  protected async disconnect(): Promise<void> {
    const session = await this.#session?.catch(() => null)
    this.#session = null
    session?.socket.ref()
    await session?.connection.end()
  }

  async #create(): Promise<string> {
    const database = `spawn_test_${process.pid}_${this.#made.length + 1}`
    await this.query(`CREATE DATABASE ${database}`)
    this.#made.push(database)
    return database
  }

  async #connect(): Promise<Session> {
    const { host, port } = this.address
    const socket = createConnection(port, host).setNoDelay()
    const gone = (): void => {
      this.#session = null
    }
    try {
      const options = { ...this.address, stream: () => socket, connectTimeout: 10_000 }
      const connection = await mariadb.createConnection(options)
      connection.on('error', gone)
      connection.on('end', gone)
      return { connection, socket }
    } catch (thrown) {
      gone()
      throw thrown
    }
  }
}

let shared: Promise<MariadbServer> | null = null

/** The server that all tests of a run share, or this process has for itself. `endMariadb` ends it. */
export function mariadbServer(): Promise<MariadbServer> {
  const { SPAWN_TEST_MARIADB: url } = process.env
  shared ??= url === undefined ? PrivateMariadb.start() : Promise.resolve(new MariadbServer(url))
  return shared
}

/** For the end of each test file that uses a server. */
export async function endMariadb(): Promise<void> {
  await (await shared)?.end()
}

/** With what has a meaning in URLs and in SQL. */
const PASSWORD = "s3cret/with:'@%?"
const USER = 'spawn tests'

const SETTINGS = [
  '--bind-address=127.0.0.1',
  '--skip-name-resolve',
  '--innodb-flush-method=nosync',
  '--sync-frm=OFF',
  '--innodb-log-file-size=96M',
  '--innodb-buffer-pool-size=128M',
  '--max-connections=300',
]

/** Of servers of which one is to follow another: an acknowledged commit waits for the other as long as it takes. */
export const PAIRED = (id: 1 | 2): readonly string[] => [
  `--server-id=${id}`,
  '--log-bin=log',
  '--sync-binlog=1',
  '--rpl-semi-sync-master-timeout=3600000',
  '--rpl-semi-sync-master-wait-point=AFTER_SYNC',
]

/** The server ends when the script's input does, which happens however this process ends. Ctrl-C is for this process alone. */
const SCRIPT = `trap '' INT; folder=$1; shift; exec 3<&0
"$@" & server=$!
(read -r _ <&3; true > "$folder/ended"; kill -KILL $server) & reader=$!
wait $server
if [ -e "$folder/ended" ]; then rm -rf "$folder"; else kill $reader; fi`

/** An instance of its own, that may be stopped, killed and started again. */
export class PrivateMariadb extends MariadbServer {
  readonly url: string
  readonly folder: string
  readonly #binaries: MariadbBinaries
  readonly #settings: string[]
  #process: ChildProcess | null = null

  private constructor(binaries: MariadbBinaries, folder: string, port: number, settings: readonly string[]) {
    const url = `mariadb://${encodeURIComponent(USER)}:${encodeURIComponent(PASSWORD)}@127.0.0.1:${port}`
    super(url)
    this.url = url
    this.#binaries = binaries
    this.folder = folder
    this.#settings = [...settings]
  }

  /**
   * @param settings as on the server's command line.
   * @param parent the folder for that of the server; else the system's temporary one.
   */
  static async start(settings: readonly string[] = [], parent = tmpdir()): Promise<PrivateMariadb> {
    const binaries = await mariadbBinaries()
    const folder = await mkdtemp(join(parent, 'spawn-mariadb-'))
    await chmod(folder, 0o755)
    const server = new PrivateMariadb(binaries, folder, await freePort(), settings)
    await cp(binaries.template, server.#data, { recursive: true })
    const password = PASSWORD.replaceAll("'", "''")
    const statements = [
      `CREATE USER IF NOT EXISTS '${USER}'@'%' IDENTIFIED BY '${password}';`,
      `GRANT ALL ON *.* TO '${USER}'@'%' WITH GRANT OPTION;`,
    ]
    await writeFile(join(folder, 'init.sql'), statements.join('\n'))
    if (binaries.user !== null) await promisify(execFile)('chown', ['-R', binaries.user, folder])
    await server.start()
    return server
  }

  /** The path of its Unix socket. */
  get socketPath(): string {
    return join(this.#data, 'server.sock')
  }

  /** All that it has written to its log. */
  get output(): string {
    return readFileSync(this.#log, 'utf8')
  }

  get #data(): string {
    return join(this.folder, 'data')
  }

  get #log(): string {
    return join(this.#data, 'server.log')
  }

  /**
   * Starts it again, after it was stopped.
   *
   * @param more settings, from now on. @param port default: the same as before.
   */
  async start(more: readonly string[] = [], port = this.address.port): Promise<void> {
    this.#settings.push(...more)
    this.address = { ...this.address, port }
    const { server, user } = this.#binaries
    const asked = [
      '--no-defaults',
      `--datadir=${this.#data}`,
      `--socket=${this.socketPath}`,
      `--pid-file=${this.#pidFile}`,
      `--log-error=${this.#log}`,
      `--port=${this.address.port}`,
      // A server that starts clears the folder of what others have there.
      `--tmpdir=${this.#data}`,
      `--init-file=${join(this.folder, 'init.sql')}`,
      ...(user === null ? [] : [`--user=${user}`]),
      ...SETTINGS,
      ...this.#settings,
    ]
    const child = spawn('sh', ['-c', SCRIPT, 'sh', this.folder, server, ...asked], {
      stdio: ['pipe', 'ignore', 'ignore'],
    })
    this.#process = child
    for (const one of [child, child.stdin]) (one as { unref?: () => void }).unref?.()
    const isUp = async (): Promise<boolean> => {
      if (child.exitCode !== null) throw new Error(`MariaDB did not start: ${this.output}`)
      return this.query('SELECT 1').then(
        () => true,
        () => false,
      )
    }
    await until('MariaDB is up', isUp, PATIENCE)
  }

  /** SIGTERM ends all sessions and then the server, SIGKILL is a crash, after which it recovers. */
  async halt(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const [child, pid] = [this.#process, this.#pid]
    if (child === null || pid === null) return
    const exited = once(child, 'exit')
    child.ref()
    process.kill(pid, signal)
    await exited
  }

  /** Gives files to the user whom the server runs as. */
  own(...files: readonly string[]): void {
    const { user } = this.#binaries
    if (user !== null) execFileSync('chown', [user, ...files])
  }

  /** It answers nothing any more, and its connections stay open; until `thaw`. */
  freeze(): void {
    if (this.#pid !== null) process.kill(this.#pid, 'SIGSTOP')
  }

  thaw(): void {
    if (this.#pid !== null) process.kill(this.#pid, 'SIGCONT')
  }

  /**
   * Follows another one, whose commits are acknowledged from now on when this one has them, too. Both were started with
   * `PAIRED`.
   */
  async follow(primary: PrivateMariadb): Promise<void> {
    const { host, password, port, user } = primary.address
    const [[file, position] = []] = await primary.query('SHOW MASTER STATUS')
    await this.query('SET GLOBAL rpl_semi_sync_slave_enabled = ON, read_only = ON')
    await this.query(
      `CHANGE MASTER TO master_host = ?, master_port = ${port}, master_user = ?, master_password = ?, master_log_file = ?, master_connect_retry = 1,
        master_log_pos = ${Number(position)}`,
      [host, user, password, file],
    )
    await this.query('START SLAVE')
    await primary.query('SET GLOBAL rpl_semi_sync_master_enabled = ON')
    const inStep = `SELECT 1 FROM information_schema.global_status
      WHERE variable_name = 'Rpl_semi_sync_master_clients' AND variable_value = 1`
    const isInStep = async (): Promise<boolean> => (await primary.query(inStep)).length === 1
    await until('the replica to be in step', isInStep, PATIENCE)
  }

  /** What it has received is applied, and it takes commits. */
  async becomePrimary(): Promise<void> {
    await this.query('STOP SLAVE IO_THREAD')
    const isApplied = async (): Promise<boolean> => {
      const rows = await this.query(`SELECT 1 FROM information_schema.processlist
        WHERE command = 'Slave_SQL' AND state LIKE 'Slave has read all relay log%'`)
      return rows.length === 1
    }
    await until('all that was received to be applied', isApplied, PATIENCE)
    await this.query('STOP SLAVE')
    await this.query('RESET SLAVE ALL')
    await this.query('SET GLOBAL read_only = OFF')
  }

  /** Ends it and removes its data. */
  override async end(): Promise<void> {
    const child = this.#process
    await this.disconnect()
    if (child !== null && child.exitCode === null) {
      child.ref()
      const exited = once(child, 'exit')
      child.stdin?.end()
      await exited
    }
    await rm(this.folder, { recursive: true, force: true })
  }

  get #pidFile(): string {
    return join(this.#data, 'server.pid')
  }

  get #pid(): number | null {
    return existsSync(this.#pidFile) ? Number(readFileSync(this.#pidFile, 'utf8')) : null
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  if (address === null || typeof address === 'string') throw new Error('no port is free')
  return address.port
}
