// A cluster of real processes on one machine: members of one module over one Postgres and one NATS server, each behind cables
// of its own to both. It begins and ends them; what is done to them in between is chaos.ts's.

import { Server } from '../crash/server.ts'
import type { TestDatabase } from '../servers/postgres.ts'
import { Cable, type Place } from './cable.ts'
import type { Door } from './callers.ts'
import { MutedSubjects } from './muted-subjects.ts'

export interface MemberOptions {
  readonly database: TestDatabase
  readonly nats: Place
  readonly leaseMs: number
}

export class Member implements Door {
  readonly node: string
  readonly server: Server
  readonly toNats: Cable
  readonly toDatabase: Cable
  /** Nodes of members that get nothing of what this one sends them. */
  readonly deafTo: Set<string>
  /** Whether it should take calls. */
  isOpen = false

  private constructor(node: string, server: Server, toNats: Cable, toDatabase: Cable, deafTo: Set<string>) {
    this.node = node
    this.server = server
    this.toNats = toNats
    this.toDatabase = toDatabase
    this.deafTo = deafTo
  }

  static async of(node: string, { database, leaseMs, nats }: MemberOptions): Promise<Member> {
    const { host, port, user } = database.options
    const toDatabase = await Cable.to({ host, port })
    const deafTo = new Set<string>()
    const isMuted = (subject: string): boolean => deafTo.has(/\.members\.([^.-]+)-/.exec(subject)?.[1] ?? '')
    const toNats = await Cable.to(nats, () => {
      const subjects = new MutedSubjects(isMuted)
      return (chunk) => subjects.sift(chunk)
    })
    const store = `postgres://${user}:${database.options.password}@127.0.0.1:${toDatabase.port}/${database.options.database}`
    const server = await Server.over(store, new URL('ledger.ts', import.meta.url), [
      '--cluster',
      `nats://127.0.0.1:${toNats.port}`,
      '--node',
      node,
      '--lease',
      `${leaseMs}ms`,
      '--log-level',
      'info',
    ])
    return new Member(node, server, toNats, toDatabase, deafTo)
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
    await this.toNats.stop()
    await this.toDatabase.stop()
  }
}
