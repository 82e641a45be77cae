// Real Postgres servers for the tests: the one that the environment names, or a private instance of the binaries that are
// found, on a free port, with its data in a temporary folder; on Debian, as root, they are installed if they are missing.
// Where none of that works it fails: nothing is skipped.
//
//   SPAWN_TEST_POSTGRES   a URL with a user who may create databases, e.g. postgres://postgres@127.0.0.1:5432/postgres
//
// A private server keeps its promises to processes that die, not to a machine that does: it does not sync. It ends with the
// process that started it, however that ends.
import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, chownSync } from 'node:fs'
import { appendFile, chmod, chown, mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'pg'
import type { DatabaseOptions } from '../../src/stores/postgres/index.ts'
import { until } from '../../src/testing/index.ts'
import { type Owner, ownerOfServers, postgresBinaries } from './postgres-binaries.ts'

type Address = Pick<DatabaseOptions, 'host' | 'port' | 'user' | 'password'>

/** A database of its own for one test. */
export interface TestDatabase {
  readonly options: DatabaseOptions
  /** Runs a statement, on a session that is not the store's. */
  readonly query: (text: string, values?: unknown[]) => Promise<unknown[]>
  /** Resolves when no session of a store is left, whatever was under way in it. */
  readonly isAlone: () => Promise<void>
  /** Removes all that a store has made in it; the next one makes it anew. */
  readonly forget: () => Promise<void>
  /** Hands it back: to drop it and make another would take most of a test's time. */
  readonly release: () => Promise<void>
}

const TABLES = ['actors', 'past', 'outcomes', 'outbox', 'writers']
const OTHERS =
  'SELECT FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = $1'

export class PostgresServer {
  address: Address
  readonly #admin: string
  /** By database. */
  readonly #sessions = new Map<string, Promise<Client>>()
  readonly #free: string[] = []
  readonly #made: string[] = []

  constructor(url: string) {
    const { hostname, port, username, password, pathname } = new URL(url)
    this.address = {
      host: decodeURIComponent(hostname),
      port: Number(port || 5432),
      user: decodeURIComponent(username),
      password: decodeURIComponent(password),
    }
    this.#admin = pathname.slice(1) || 'postgres'
  }

  async takeDatabase(): Promise<TestDatabase> {
    const database = this.#free.pop() ?? (await this.#create())
    const query = (text: string, values?: unknown[]): Promise<unknown[]> => this.query(text, values, database)
    const isAlone = async (): Promise<void> => {
      const nobody = async (): Promise<boolean> => (await query(OTHERS, ['client backend'])).length === 0
      await until('the sessions of the store to end', nobody, { timeoutMs: 60_000 })
    }
    return {
      options: { ...this.address, database, tls: null, poolSize: 4 },
      query,
      isAlone,
      forget: async () => {
        await query('DROP SCHEMA IF EXISTS spawn CASCADE')
      },
      release: async () => {
        // Files that share a process end what they have in turns: another one may have dropped all databases by now.
        if (!this.#made.includes(database)) return
        await isAlone()
        // Without them no store has started here: why not is the test's to say.
        const [tables] = await query("SELECT to_regclass('spawn.actors') AS actors")
        const emptied = TABLES.map((table) => `DELETE FROM spawn.${table}`)
        if ((tables as { readonly actors: string | null }).actors !== null)
          await query([...emptied, 'ALTER SEQUENCE spawn.place RESTART'].join('; '))
        this.#free.push(database)
      },
    }
  }

  async query(text: string, values: unknown[] = [], database = this.#admin): Promise<unknown[]> {
    const session = this.#sessions.get(database) ?? this.#connect(database)
    this.#sessions.set(database, session)
    const client = await session
    // With values it is one statement, without there may be several.
    const result = values.length === 0 ? await client.query(text) : await client.query(text, values)
    return Array.isArray(result) ? [] : (result.rows as unknown[])
  }

  /** Drops what was made, and ends the sessions. */
  async end(): Promise<void> {
    this.#free.length = 0
    for (const database of this.#made.splice(0)) {
      await this.#disconnect(database)
      await this.query(`DROP DATABASE IF EXISTS ${database} WITH (FORCE)`)
    }
    await this.#disconnect(this.#admin)
  }

  protected async disconnectAll(): Promise<void> {
    await Promise.all([...this.#sessions.keys()].map((database) => this.#disconnect(database)))
  }

  async #create(): Promise<string> {
    const database = `spawn_test_${process.pid}_${this.#made.length + 1}`
    await this.query(`CREATE DATABASE ${database}`)
    this.#made.push(database)
    return database
  }

  async #connect(database: string): Promise<Client> {
    const client = new Client({ ...this.address, database })
    const gone = (): void => {
      this.#sessions.delete(database)
    }
    client.on('error', gone)
    client.on('end', gone)
    try {
      await client.connect()
    } catch (thrown) {
      gone()
      throw thrown
    }
    return client
  }

  async #disconnect(database: string): Promise<void> {
    const client = await this.#sessions.get(database)?.catch(() => null)
    await client?.end()
  }
}

let shared: Promise<PostgresServer> | null = null

/** The server that all tests of a run share, or this process has for itself. `endPostgres` ends it. */
export function postgresServer(): Promise<PostgresServer> {
  shared ??= sharedServer()
  return shared
}

/** For the end of each test file that uses a server. */
export async function endPostgres(): Promise<void> {
  await (await shared)?.end()
}

async function sharedServer(): Promise<PostgresServer> {
  const { SPAWN_TEST_POSTGRES: url } = process.env
  return url === undefined ? PrivatePostgres.start() : new PostgresServer(url)
}

/** An instance of its own, that may be stopped, killed and started again. */
export class PrivatePostgres extends PostgresServer {
  readonly url: string
  readonly #binaries: string
  readonly #folder: string
  readonly #owner: Owner
  #process: ChildProcess | null = null
  #output = ''

  private constructor(binaries: string, folder: string, owner: Owner, port: number) {
    const url = `postgres://postgres@127.0.0.1:${port}/postgres`
    super(url)
    this.url = url
    this.#binaries = binaries
    this.#folder = folder
    this.#owner = owner
  }

  /**
   * @param settings lines for postgresql.conf; the last one counts.
   * @param parent where its folder is made.
   */
  static async start(settings: readonly string[] = [], parent = tmpdir()): Promise<PrivatePostgres> {
    const server = await PrivatePostgres.#inFolder(parent)
    const options = [
      '-D',
      server.data,
      '-U',
      'postgres',
      '-A',
      'trust',
      '-E',
      'UTF8',
      '--no-locale',
      '--no-sync',
    ]
    server.#run('initdb', options)
    await appendFile(
      join(server.data, 'postgresql.conf'),
      [...SETTINGS, `port = ${server.address.port}`, ...settings, ''].join('\n'),
    )
    await server.start()
    return server
  }

  /** A standby of another one, whose commits are acknowledged from now on when this one has them, too. */
  static async standbyOf(primary: PrivatePostgres): Promise<PrivatePostgres> {
    const standby = await PrivatePostgres.#inFolder(tmpdir())
    const { host, port, user } = primary.address
    const from = ['-h', host, '-p', String(port), '-U', user]
    standby.#run('pg_basebackup', [
      ...from,
      '-D',
      standby.data,
      '-R',
      '-X',
      'stream',
      '-c',
      'fast',
      '--no-sync',
    ])
    // One that is promoted in such a pause sleeps it out first.
    await appendFile(join(standby.data, 'postgresql.conf'), "wal_retrieve_retry_interval = '100ms'\n")
    await standby.start()
    await primary.query(`ALTER SYSTEM SET synchronous_standby_names = '*'`)
    await primary.query('SELECT pg_reload_conf()')
    const inStep = `SELECT FROM pg_stat_replication WHERE sync_state = 'sync'`
    const isInStep = async (): Promise<boolean> => (await primary.query(inStep)).length === 1
    await until('the standby to be in step', isInStep, { timeoutMs: 60_000 })
    return standby
  }

  static async #inFolder(parent: string): Promise<PrivatePostgres> {
    const binaries = postgresBinaries()
    const owner = ownerOfServers()
    const folder = await mkdtemp(join(parent, 'spawn-postgres-'))
    await chmod(folder, 0o700)
    if (owner.uid !== undefined && owner.gid !== undefined) await chown(folder, owner.uid, owner.gid)
    return new PrivatePostgres(binaries, folder, owner, await freePort())
  }

  get data(): string {
    return join(this.#folder, 'data')
  }

  /** Hands files in its folder to the user whom it runs as; keys must be nobody else's. */
  own(...files: string[]): void {
    const { gid, uid } = this.#owner
    for (const file of files) {
      chmodSync(file, 0o600)
      if (uid !== undefined && gid !== undefined) chownSync(file, uid, gid)
    }
  }

  /** All that it has written to its log. */
  get output(): string {
    return this.#output
  }

  /** Starts it again, after it was stopped. @param port default: the same as before. */
  async start(port = this.address.port): Promise<void> {
    this.address = { ...this.address, port }
    const command = [join(this.#binaries, 'postgres'), this.data, String(port)]
    const child = spawn('sh', ['-c', RUN, 'sh', ...command], {
      ...this.#owner,
      cwd: this.#folder,
      stdio: ['pipe', 'ignore', 'pipe'],
    })
    this.#process = child
    const collect = (chunk: Buffer): void => {
      this.#output += chunk.toString()
    }
    child.stderr.on('data', collect)
    for (const one of [child, child.stdin, child.stderr]) (one as { unref?: () => void }).unref?.()
    const isUp = async (): Promise<boolean> => {
      if (child.exitCode !== null) throw new Error(`Postgres did not start: ${this.#output}`)
      return this.query('SELECT 1').then(
        () => true,
        () => false,
      )
    }
    await until('Postgres is up', isUp, { timeoutMs: 60_000 })
  }

  /** `fast` ends all sessions, `immediate` is a crash, after which it recovers, and so is `kill`. Its data stays. */
  async halt(how: 'fast' | 'immediate' | 'kill'): Promise<void> {
    await this.#stop(`${how}\n`)
  }

  /** All of its processes stand still, and its connections stay open; until `thaw`. */
  async freeze(): Promise<void> {
    const first = await this.#first()
    process.kill(first, 'SIGSTOP')
    for (const pid of await childrenOf(first)) process.kill(pid, 'SIGSTOP')
  }

  async thaw(): Promise<void> {
    const first = await this.#first()
    for (const pid of await childrenOf(first)) process.kill(pid, 'SIGCONT')
    process.kill(first, 'SIGCONT')
  }

  /** Ends it and removes its data. */
  override async end(): Promise<void> {
    await this.disconnectAll()
    await this.#stop('')
    await rm(this.#folder, { recursive: true, force: true })
  }

  #run(binary: string, options: readonly string[]): void {
    execFileSync(join(this.#binaries, binary), options, {
      ...this.#owner,
      stdio: ['ignore', 'ignore', 'inherit'],
      cwd: this.#folder,
    })
  }

  /** The process that starts all others: while it stands still there are no new ones. */
  async #first(): Promise<number> {
    const [pid = ''] = (await readFile(join(this.data, 'postmaster.pid'), 'utf8')).split('\n')
    return Number(pid)
  }

  async #stop(order: string): Promise<void> {
    const child = this.#process
    if (child === null || child.exitCode !== null) return
    child.ref()
    const exited = once(child, 'exit')
    child.stdin?.end(order)
    await exited
  }
}

/** Runs a server until its input ends, which happens however this process ends, or says how to halt it; Ctrl-C does not. */
const RUN = `trap '' INT
  "$1" -D "$2" -p "$3" &
  read -r order
  case "$order" in fast) kill -INT $! ;; kill) kill -KILL $! ;; *) kill -QUIT $! ;; esac
  wait
  [ -n "$order" ] || rm -rf "$(dirname "$2")"`

const SETTINGS = [
  "listen_addresses = '127.0.0.1'",
  "unix_socket_directories = ''",
  'fsync = off',
  'full_page_writes = off',
  'max_connections = 200',
  'shared_buffers = 32MB',
  'log_checkpoints = off',
]

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  if (address === null || typeof address === 'string') throw new Error('no port is free')
  return address.port
}

async function childrenOf(pid: number): Promise<number[]> {
  const pids = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')
  return pids.split(' ').filter(Boolean).map(Number)
}
