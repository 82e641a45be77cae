// Real NATS servers for the tests: the one that the environment names, or a private instance of the binary that is found, on
// a free port, with its data in a temporary folder; on Debian, as root, it is installed if it is missing. Where none of that
// works it fails: nothing is skipped.
//
//   SPAWN_TEST_NATS   a URL of a server with JetStream that lets everybody in, e.g. nats://127.0.0.1:4222
//
// A private server ends with the process that started it, however that ends.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { createConnection, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { until } from '../../src/testing/index.ts'
import { install } from './apt.ts'

export interface NatsServer {
  readonly url: string
  /** `host:port` */
  readonly address: string
  readonly end: () => Promise<void>
}

const WANTED = { name: 'NATS server', package: 'nats-server', variable: 'SPAWN_TEST_NATS' }

let shared: Promise<NatsServer> | null = null

/** The server that all tests of a run share, or this process has for itself. `endNats` ends it. */
export function natsServer(): Promise<NatsServer> {
  const { SPAWN_TEST_NATS: url } = process.env
  shared ??=
    url === undefined
      ? PrivateNats.start()
      : Promise.resolve({ url, address: new URL(url).host, end: async () => undefined })
  return shared
}

/** For the end of each test file that uses a server. */
export async function endNats(): Promise<void> {
  await (await shared)?.end()
}

let clusters = 0

/** The name of a cluster that no other test has. */
export function ownCluster(): string {
  clusters += 1
  return `test ${process.pid}.${clusters} ${Date.now()}`
}

/** The server ends when the script's input does, which happens however this process ends. Ctrl-C is for this process alone. */
const SCRIPT = `trap '' INT; folder=$1; shift; exec 3<&0
"$@" >> "$folder/log" 2>&1 & server=$!
echo $server > "$folder/pid"
(read -r _ <&3; true > "$folder/ended"; kill -KILL $server) & reader=$!
wait $server
if [ -e "$folder/ended" ]; then rm -rf "$folder"; else kill $reader; fi`

/** An instance of its own, that may be stopped, killed, frozen and started again. */
export class PrivateNats implements NatsServer {
  readonly folder: string
  port: number
  #settings: string
  #process: ChildProcess | null = null

  private constructor(folder: string, port: number, settings: string) {
    this.folder = folder
    this.port = port
    this.#settings = settings
  }

  /** @param settings lines of its configuration; with a place `FOLDER` that is its own. */
  static async start(settings = JETSTREAM): Promise<PrivateNats> {
    const folder = await mkdtemp(join(tmpdir(), 'spawn-nats-'))
    const server = new PrivateNats(folder, await freePort(), settings)
    await server.start()
    return server
  }

  get address(): string {
    return `127.0.0.1:${this.port}`
  }

  get url(): string {
    return `nats://${this.address}`
  }

  /** All that it has written to its log. */
  get output(): string {
    return readFileSync(join(this.folder, 'log'), 'utf8')
  }

  /** Starts it again, after it was stopped, with its data. @param settings from now on. */
  async start(settings = this.#settings): Promise<void> {
    this.#settings = settings
    const file = join(this.folder, 'nats.conf')
    const text = settings.replaceAll('FOLDER', this.folder)
    writeFileSync(file, `listen: "127.0.0.1:${this.port}"\n${text}\n`)
    const binary = found() ?? install({ ...WANTED, find: found })
    const child = spawn('sh', ['-c', SCRIPT, 'sh', this.folder, binary, '-c', file], {
      stdio: ['pipe', 'ignore', 'ignore'],
    })
    this.#process = child
    for (const one of [child, child.stdin]) (one as { unref?: () => void }).unref?.()
    const isUp = async (): Promise<boolean> => {
      if (child.exitCode !== null) throw new Error(`NATS did not start: ${this.output}`)
      return greets(this.port)
    }
    await until('NATS is up', isUp, { timeoutMs: 60_000 })
  }

  /** SIGTERM ends it as it should be, SIGKILL is a crash. Its data stays. */
  async halt(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
    const child = this.#process
    if (child === null || child.exitCode !== null) return
    const exited = once(child, 'exit')
    child.ref()
    process.kill(this.#pid, signal)
    await exited
  }

  /** Resolves when it answers nothing any more; its connections stay open, until `thaw`. */
  async freeze(): Promise<void> {
    const pid = this.#pid
    process.kill(pid, 'SIGSTOP')
    // Each of its threads stops for itself, and one that runs may answer until then.
    const tasks = readdirSync(`/proc/${pid}/task`)
    const isFrozen = (): boolean =>
      tasks.every((task) => /\) [Tt] /.test(readFileSync(`/proc/${pid}/task/${task}/stat`, 'utf8')))
    await until('NATS stands still', isFrozen)
  }

  thaw(): void {
    process.kill(this.#pid, 'SIGCONT')
  }

  /** Ends it and removes its data. */
  async end(): Promise<void> {
    const child = this.#process
    if (child === null || child.exitCode !== null) return
    child.ref()
    const exited = once(child, 'exit')
    child.stdin?.end()
    await exited
  }

  get #pid(): number {
    return Number(readFileSync(join(this.folder, 'pid'), 'utf8'))
  }
}

export const JETSTREAM = 'jetstream { store_dir: "FOLDER/data" }'

/** Whether a server says its first words there. */
async function greets(port: number): Promise<boolean> {
  const socket = createConnection(port, '127.0.0.1')
  try {
    const [chunk] = (await once(socket, 'data')) as [Buffer]
    return chunk.toString().startsWith('INFO ')
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}

function found(): string | null {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/usr/local/bin']
  return folders.map((folder) => join(folder, 'nats-server')).find((path) => existsSync(path)) ?? null
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  if (address === null || typeof address === 'string') throw new Error('no port is free')
  return address.port
}
