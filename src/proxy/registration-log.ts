// Registrations as they are kept in the store, so that a proxy that starts again knows the hosts it had: most SDKs register
// once, when they start, and never hear that a proxy was gone. It decides what is kept and what is too old; what a
// registration means is decided where it came in.
//
// Each host has one row for each system, under a system name that no host may register. In a cluster each node has rows of
// its own: an address such as 127.0.0.1 means another host there. A crash between a registration and its row leaves a host
// unknown after the next start, which was never told that it was accepted.

import { below, type Clock, messageOf, type Random } from '../base/index.ts'
import type { Commit, Logger, Statestore, StoredActor } from '../ports/index.ts'
import { type ActorId, Packed } from '../protocol/index.ts'

/** The system name of the rows. */
export const REGISTRATIONS = '(registrations)'

const TYPE_URL = 'type.googleapis.com/spawn.RegistrationRequest'

const PAGE = 100

/** The marks of incarnations are whole numbers from 1 to this. */
const BIRTHS = 2 ** 47 - 1

export interface KeptRegistration {
  readonly system: string
  readonly host: string
  readonly port: number
  /** The registration, as it came. */
  readonly body: Uint8Array
  readonly keptAtMs: number
}

export interface RegistrationLogOptions {
  readonly store: Statestore
  /** The node of the cluster whose hosts these are; null: the store is this proxy's alone. */
  readonly node: string | null
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
}

interface Row {
  readonly revision: number
  readonly birth: number
}

const NO_ROW: Row = { revision: 0, birth: 0 }

export class RegistrationLog {
  readonly #options: RegistrationLogOptions
  readonly #rows = new Map<string, Row>()
  /** Rows are written one after the other, each behind the one before. */
  #last: Promise<void> = Promise.resolve()

  constructor(options: RegistrationLogOptions) {
    this.#options = options
  }

  /** All that are kept. A row that cannot be read is left out, and said so. */
  async load(): Promise<readonly KeptRegistration[]> {
    const { logger, store } = this.#options
    const kept: KeptRegistration[] = []
    for (let after: string | null | undefined; after !== null;) {
      const page = await store.list(
        { system: REGISTRATIONS },
        { limit: PAGE, ...(after !== undefined && { after }) },
      )
      after = page.next
      const own = page.actors.map(({ id }) => id).filter((id) => nodeOf(id) === this.#options.node)
      for (const stored of own.length === 0 ? [] : await store.load(own)) {
        if (stored === null) continue
        this.#rows.set(keyOf(stored.id), stored)
        const one = read(stored)
        if (one === null) logger.warn('a registration that was kept cannot be read', { host: stored.id.name })
        else kept.push(one)
      }
    }
    return kept
  }

  /** Keeps a registration in the place of what that host had registered in that system. */
  keep({ body, host, port, system }: Omit<KeptRegistration, 'keptAtMs'>): Promise<void> {
    return this.#then(async () => {
      const { clock, random, store } = this.#options
      const id = this.#idOf(system, host, port)
      const row = this.#rows.get(keyOf(id)) ?? NO_ROW
      const next = {
        revision: row.revision + 1,
        birth: row.birth === 0 ? 1 + below(random, BIRTHS) : row.birth,
      }
      const commit: Commit = {
        id,
        follows: row.revision,
        ...next,
        epoch: 1,
        tags: {},
        state: new Packed(TYPE_URL, new Uint8Array(body)),
        committedAtMs: clock.now(),
        history: { revisions: 0, durationMs: 0 },
        outcomes: [],
        sends: [],
        takes: [],
      }
      const [verdict] = await store.commit([commit])
      if (verdict !== 'committed') throw new Error('another process has written it')
      this.#rows.set(keyOf(id), next)
    })
  }

  /** Keeps it no longer. */
  drop({ host, port, system }: Pick<KeptRegistration, 'host' | 'port' | 'system'>): Promise<void> {
    return this.#then(async () => {
      const id = this.#idOf(system, host, port)
      const row = this.#rows.get(keyOf(id))
      if (row === undefined) return
      await this.#options.store.delete(id, row.revision, row.birth)
      this.#rows.delete(keyOf(id))
    })
  }

  #idOf(system: string, host: string, port: number): ActorId {
    const { node } = this.#options
    const place = `${host} ${port}`
    return { system: REGISTRATIONS, parent: system, name: node === null ? place : `${place} ${node}` }
  }

  /** A row that cannot be written is no reason to refuse a host: it is missed only at the next start. */
  #then(write: () => Promise<void>): Promise<void> {
    this.#last = this.#last.then(write).catch((thrown: unknown) => {
      this.#options.logger.warn('a registration is not kept for the next start', { error: messageOf(thrown) })
    })
    return this.#last
  }
}

/** All that stands behind the host and the port. */
function nodeOf({ name }: ActorId): string | null {
  return /^\S* \S* (.*)$/s.exec(name)?.[1] ?? null
}

function keyOf({ name, parent }: ActorId): string {
  return `${name} ${parent}`
}

function read({ committedAtMs, id, state }: StoredActor): KeptRegistration | null {
  const [host = '', digits = ''] = id.name.split(' ')
  const port = Number(digits)
  if (state === null || host === '' || !(port > 0)) return null
  return { system: id.parent, host, port, body: state.value, keptAtMs: committedAtMs }
}
