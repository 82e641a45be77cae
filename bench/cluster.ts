// The cluster that is measured: real members over a private NATS server and a private Postgres, this process one of them. It
// begins and ends them; what is called, and when one goes, is each subject's.

import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

import { actor, system, type System, type SystemBuilder, Value } from 'spawn-mesh'

import { PrivateNats } from '../test/servers/nats.ts'
import { startPostgres } from './private-postgres.ts'

interface Addition {
  readonly value: number
}

const add = (ctx: { readonly state: { readonly total: number } }, { value }: Addition) => {
  const total = ctx.state.total + value
  return Value.of().state({ total }).response({ total })
}
const state = { total: 0 }

/** On any member. */
const spread = actor('spread', { kind: 'unnamed', stateful: false, state, actions: { add } })
/** On those that were started. */
const away = actor('away', {
  kind: 'unnamed',
  stateful: false,
  state,
  placement: { zone: 'away' },
  actions: { add, process: { query: true, handler: () => ({ id: process.pid }) } },
})
/** On any member, and stored. */
const kept = actor('kept', { kind: 'unnamed', state, actions: { add } })

/** Where the servers are. */
export interface Surroundings {
  readonly nats: string
  readonly postgres: `postgres://${string}`
  /** Of the member's own door; null: it has none. */
  readonly http: number | null
}

export function memberOf({ http, nats, postgres }: Surroundings, node: string, zone: string): SystemBuilder {
  return system('bench', {
    actors: [spread, away, kept],
    store: postgres,
    cluster: { url: nats, node, zone },
    http: http ?? false,
  })
}

export class BenchCluster {
  /** The member that this process is. */
  readonly own: System
  readonly #surroundings: Surroundings
  readonly #others = new Set<ChildProcess>()
  readonly #end: () => Promise<void>

  private constructor(own: System, surroundings: Surroundings, end: () => Promise<void>) {
    this.own = own
    this.#surroundings = surroundings
    this.#end = end
  }

  /** @param others members beside this one. */
  static async start(directory: string, others: number, http: number | null = null): Promise<BenchCluster> {
    const nats = await PrivateNats.start()
    const postgres = await startPostgres(directory)
    const { host, password, port, user } = postgres.address
    const surroundings: Surroundings = {
      nats: `nats://${nats.address}`,
      postgres: `postgres://${user}:${password}@${host}:${port}/postgres`,
      http: null,
    }
    const own = await memberOf({ ...surroundings, http }, 'own', 'here').start()
    const cluster = new BenchCluster(own, surroundings, async () => {
      await own.stop()
      await postgres.end()
      await nats.end()
    })
    for (let at = 0; at < others; at += 1) await cluster.join()
    return cluster
  }

  /** One more member, in the zone `away`. */
  async join(): Promise<ChildProcess> {
    const surroundings = JSON.stringify({ ...this.#surroundings, node: 'other', zone: 'away' })
    const member = fork(fileURLToPath(new URL('cluster-member.ts', import.meta.url)), [surroundings], {
      stdio: ['ignore', 2, 2, 'ipc'],
    })
    this.#others.add(member)
    const gone = new AbortController()
    member.once('exit', (code) => gone.abort(new Error(`a member ended with code ${code}`)))
    await once(member, 'message', { signal: gone.signal })
    return member
  }

  /** In order: its actors have moved when it is gone. */
  async leave(member: ChildProcess): Promise<void> {
    this.#others.delete(member)
    const exited = once(member, 'exit')
    member.send('stop')
    await exited
  }

  /** The member with this process id, at once. */
  kill(pid: number): void {
    for (const member of this.#others) {
      if (member.pid !== pid) continue
      this.#others.delete(member)
      member.kill('SIGKILL')
    }
  }

  async stop(): Promise<void> {
    for (const member of this.#others) await this.leave(member)
    await this.#end()
  }
}
