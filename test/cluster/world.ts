// A cluster of real processes on one machine: members of one module over one Postgres and one NATS server, each with a way of its
// own to both. It begins and ends them; what is done to them in between is chaos.ts's.

import { type Place, Server } from '../crash/server.ts'
import type { TestDatabase } from '../servers/postgres.ts'
import { Cable, type Place as Address } from './cable.ts'
import type { Door } from './callers.ts'
import { MutedSubjects } from './muted-subjects.ts'

export interface MemberOptions {
  readonly database: TestDatabase
  readonly nats: Address
  readonly leaseMs: number
}

/** How a member gets to a server, and how it does not. */
export interface Way {
  pull(): void
  plug(): void
}

export class Member implements Door {
  readonly node: string
  readonly host: string
  readonly server: Server
  readonly toNats: Way
  readonly toDatabase: Way
  /** Whether it should take calls. */
  isOpen = false

  constructor(node: string, host: string, server: Server, ways: Pick<Member, 'toNats' | 'toDatabase'>) {
    this.node = node
    this.host = host
    this.server = server
    this.toNats = ways.toNats
    this.toDatabase = ways.toDatabase
  }

  get port(): number {
    return this.server.port
  }

  async start(): Promise<void> {
    await this.server.start()
    this.isOpen = true
  }

  async kill(): Promise<void> {
    this.isOpen = false
    await this.server.kill()
  }

  /** An orderly end. @returns the exit code. */
  async stop(): Promise<number | null> {
    this.isOpen = false
    return this.server.stop()
  }

  async end(): Promise<void> {
    this.server.thaw()
    await this.kill()
  }
}

/** The program of a member, not running yet. @param reached where it finds the servers. */
export function memberServer(
  node: string,
  { database, leaseMs }: MemberOptions,
  reached: { readonly database: Address; readonly nats: Address },
  place?: Place,
): Promise<Server> {
  const { database: name, password, user } = database.options
  const store = `postgres://${user}:${password}@${reached.database.host}:${reached.database.port}/${name}`
  const options = [
    '--cluster',
    `nats://${reached.nats.host}:${reached.nats.port}`,
    '--node',
    node,
    '--lease',
    `${leaseMs}ms`,
    '--log-level',
    'info',
    ...(place === undefined ? [] : ['--host', place.host]),
  ]
  return Server.over(store, new URL('ledger.ts', import.meta.url), options, place)
}

/** One that runs on this machine as it is. Nothing stands in its way, so nothing of that is paid for where times are measured. */
export async function plainMember(node: string, options: MemberOptions): Promise<Member> {
  const { database, nats } = options
  const server = await memberServer(node, options, { database: database.options, nats })
  return new Member(node, '127.0.0.1', server, { toNats: FREE_WAY, toDatabase: FREE_WAY })
}

const FREE_WAY: Way = {
  pull: () => {
    throw new Error('this member is behind no cable')
  },
  plug: () => {},
}

/** One that runs on this machine as it is, behind cables to both servers. */
export class CabledMember extends Member {
  /** Nodes of members that get nothing of what this one sends them. */
  readonly deafTo: Set<string>
  readonly #cables: readonly Cable[]

  private constructor(node: string, server: Server, toNats: Cable, toDatabase: Cable, deafTo: Set<string>) {
    super(node, '127.0.0.1', server, { toNats, toDatabase })
    this.deafTo = deafTo
    this.#cables = [toNats, toDatabase]
  }

  static async of(node: string, options: MemberOptions): Promise<CabledMember> {
    const { database, nats } = options
    const toDatabase = await Cable.to({ host: database.options.host, port: database.options.port })
    const deafTo = new Set<string>()
    const isMuted = (subject: string): boolean => deafTo.has(/\.members\.([^.-]+)-/.exec(subject)?.[1] ?? '')
    const toNats = await Cable.to(nats, () => {
      const subjects = new MutedSubjects(isMuted)
      return (chunk) => subjects.sift(chunk)
    })
    const host = '127.0.0.1'
    const server = await memberServer(node, options, {
      database: { host, port: toDatabase.port },
      nats: { host, port: toNats.port },
    })
    return new CabledMember(node, server, toNats, toDatabase, deafTo)
  }

  override async end(): Promise<void> {
    await super.end()
    for (const cable of this.#cables) await cable.stop()
  }
}
