// How an actor that moved comes here: whoever may still hold it is asked to let go of it, one request each, at the first call
// that needs it. Decides whom to ask and when again; from when on it is here is holdings.ts's. Nothing is asked for what nobody
// calls: the others let go of all of it by themselves, and acknowledge.

import { messageOf, SpawnError } from '../base/index.ts'
import { actorKey } from './holdings.ts'
import type { MeshGround, Standpoint } from './ground.ts'
import type { ViewMember } from './view.ts'

/** What one who holds an actor may take to let go of it: its turns, and their commits. It goes on however long it takes. */
const RELEASE_TIMEOUT_MS = 30_000

/** An actor that somebody waits for. */
interface Awaited {
  readonly definition: string
  readonly name: string
  readonly done: PromiseWithResolvers<void>
  /** The sessions that are asked, or not to be asked again yet. */
  readonly asked: Set<string>
}

export class Handoff {
  readonly #cluster: Standpoint
  readonly #ground: MeshGround
  readonly #awaited = new Map<string, Awaited>()

  constructor(cluster: Standpoint, ground: MeshGround) {
    this.#cluster = cluster
    this.#ground = ground
  }

  /** @throws SpawnError NOT_OWNER when it is not to live here, or no longer waits: there is no lease. */
  whenHere(definition: string, name: string): Promise<void> {
    if (this.#cluster.isHere(definition, name)) return Promise.resolve()
    const key = actorKey(definition, name)
    const known = this.#awaited.get(key)
    if (known !== undefined) return known.done.promise
    const awaited: Awaited = { definition, name, done: Promise.withResolvers(), asked: new Set() }
    this.#awaited.set(key, awaited)
    this.#lookAt(key, awaited)
    return awaited.done.promise
  }

  /** Something has changed that may have brought actors here, or elsewhere. */
  look(): void {
    for (const [key, awaited] of this.#awaited) this.#lookAt(key, awaited)
  }

  #lookAt(key: string, awaited: Awaited): void {
    const { definition, done, name } = awaited
    if (this.#cluster.isHere(definition, name)) {
      this.#awaited.delete(key)
      done.resolve()
    } else if (!this.#cluster.holdsLease || !this.#cluster.isMine(definition, name)) {
      this.#awaited.delete(key)
      done.reject(notHere(awaited, this.#cluster))
    } else {
      for (const holder of this.#cluster.holdings.holders(definition, name)) this.#ask(key, awaited, holder)
    }
  }

  #ask(key: string, awaited: Awaited, holder: ViewMember): void {
    const session = `${holder.id} ${holder.session} ${this.#cluster.epoch}`
    if (awaited.asked.has(session)) return
    awaited.asked.add(session)
    const again = (): void => {
      this.#ground.clock.after(this.#ground.timing.retryMs, () => {
        awaited.asked.delete(session)
        if (this.#awaited.get(key) === awaited) this.#lookAt(key, awaited)
      })
    }
    this.#request(awaited, holder).then(
      (released) => {
        if (!released) again()
        else if (this.#awaited.get(key) === awaited) this.#lookAt(key, awaited)
      },
      (thrown: unknown) => {
        const { name, definition } = awaited
        const fields = { definition, name, member: holder.id, error: messageOf(thrown) }
        this.#ground.logger.debug('a member did not answer whether it lets go of an actor', fields)
        again()
      },
    )
  }

  async #request({ definition, name }: Awaited, holder: ViewMember): Promise<boolean> {
    const { counts, links } = this.#ground
    const { epoch, holdings, system } = this.#cluster
    counts.fetched += 1
    const reply = await links.request(
      holder.id,
      { system, epoch, body: { kind: 'release', definition, name } },
      { timeoutMs: RELEASE_TIMEOUT_MS },
    )
    if (reply.kind !== 'done') return false
    // What it said counts under later views, too.
    holdings.released(holder, definition, name, epoch)
    return true
  }
}

function notHere({ definition, name }: Awaited, cluster: Standpoint): SpawnError {
  const actor = definition === name ? name : `${definition}/${name}`
  const owner = cluster.directory.owner(definition, name)
  const why = cluster.holdsLease ? `it is that of "${owner?.id ?? 'nobody'}"` : 'this member has no lease'
  return new SpawnError('NOT_OWNER', `"${actor}" is not this member's to serve: ${why}`)
}
