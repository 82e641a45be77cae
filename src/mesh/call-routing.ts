// How a call comes to where its actor lives, while that may change: to this member's engine or to another member, again after
// every "not mine", until its deadline. Decides when a call may be made again: surely when it has not run, and else only
// when running twice does no harm.

import { Cancellation, type CancelSignal, isSpawnError, SpawnError } from '../base/index.ts'
import type { RemoteAnswer, RemoteCall } from '../ports/index.ts'
import type { PeerReply } from './peers/peer-request.ts'
import { vacancyError } from './placement.ts'
import type { MeshGround, Standpoint } from './ground.ts'

/** Nothing tells when a member that said no will say yes: the first and the longest wait before it is asked again. */
const FIRST_PAUSE_MS = 5
const LONGEST_PAUSE_MS = 500

/** One call under way. */
interface Errand {
  readonly call: RemoteCall
  readonly endMs: number
  readonly signal: CancelSignal
  pauseMs: number
  /** Where a turn of the very actor waits for it, as its chain says; null: nowhere, or it was not let in there. */
  within: string | null
  /** Some attempt may have run, and was made again because that does no harm. */
  mayHaveRun: boolean
}

/** What an attempt that was not answered says: the view to wait for, at least. */
interface Refused {
  readonly epoch: number
}

export class CallRouting {
  readonly #cluster: Standpoint
  readonly #ground: MeshGround

  constructor(cluster: Standpoint, ground: MeshGround) {
    this.#cluster = cluster
    this.#ground = ground
  }

  async call(call: RemoteCall, signal: CancelSignal | undefined): Promise<RemoteAnswer> {
    const { clock, counts } = this.#ground
    const errand: Errand = {
      call,
      endMs: clock.elapsedMs() + call.timeoutMs,
      signal: signal ?? NEVER,
      pauseMs: FIRST_PAUSE_MS,
      within: waitsOn(call),
      mayHaveRun: false,
    }
    for (;;) {
      if (!this.#ground.membership.serves) await this.#ready(errand)
      const outcome = await this.#attempt(errand)
      if (!('epoch' in outcome)) return outcome
      counts.rerouted += 1
      await this.#pause(errand, outcome.epoch)
    }
  }

  /** While the lease is lost, nothing is known: who may serve what is decided without this member. */
  async #ready(errand: Errand): Promise<void> {
    const { membership, timing } = this.#ground
    const leftMs = this.#leftMs(errand)
    const limitMs = Math.min(timing.leaseWaitMs, leftMs)
    if (await membership.reached(() => membership.serves, limitMs, errand.signal)) return
    if (errand.signal.aborted) throw this.#cancelled(errand)
    if (this.#leftMs(errand) <= 0) throw this.#tooLate(errand)
    const happened = errand.mayHaveRun
      ? 'may have happened, and was not brought to its actor again'
      : 'has not run'
    throw new SpawnError(
      'LEASE_LOST',
      `${this.#text(errand)} ${happened}: this member has had no lease for ${limitMs} ms, ` +
        'because it does not reach the register of the cluster in time',
    )
  }

  #attempt(errand: Errand): Promise<RemoteAnswer | Refused> {
    const { call } = errand
    const { directory, epoch, self, system } = this.#cluster
    if (errand.signal.aborted) throw this.#cancelled(errand)
    const timeoutMs = this.#leftMs(errand)
    if (timeoutMs <= 0) throw this.#tooLate(errand)
    const owner = directory.owner(call.definition, call.name)
    // Its owner has not got it before that turn has ended, which waits for this call.
    const { within } = errand
    if (within !== null && within !== owner?.id && this.#cluster.has(within))
      return this.#backFirst(within, { ...call, timeoutMs }, errand)
    if (owner === null) {
      const place = directory.place(call.definition)
      const vacancy = vacancyError(place, system, call.definition, call.name)
      throw errand.mayHaveRun ? this.#doubtful(errand, vacancy) : vacancy
    }
    if (owner.id === self) return this.#here(errand)
    return this.#elsewhere(owner.id, epoch, { ...call, timeoutMs }, errand)
  }

  async #backFirst(member: string, call: RemoteCall, errand: Errand): Promise<RemoteAnswer | Refused> {
    const outcome = await this.#back(member, call, errand)
    if (!('epoch' in outcome)) return outcome
    errand.within = null
    return this.#attempt(errand)
  }

  async #here(errand: Errand): Promise<RemoteAnswer | Refused> {
    const { tenant } = this.#cluster
    const { call, signal } = errand
    if (tenant === null)
      throw new SpawnError('MEMBER_UNAVAILABLE', `${this.#text(errand)} came before its system had started`)
    try {
      await this.#inTime(errand, this.#cluster.whenHere(call.definition, call.name))
      return await tenant.receive({ ...call, timeoutMs: Math.max(1, this.#leftMs(errand)) }, signal)
    } catch (thrown) {
      return this.#refused(errand, thrown)
    }
  }

  /** To the turn that waits for it, which may let it in although its actor is to live elsewhere. */
  async #back(member: string, call: RemoteCall, errand: Errand): Promise<RemoteAnswer | Refused> {
    const { epoch, self, tenant } = this.#cluster
    if (member !== self) return this.#elsewhere(member, epoch, call, errand)
    if (tenant === null) return { epoch }
    try {
      return await tenant.receive(call, errand.signal)
    } catch (thrown) {
      return this.#refused(errand, thrown)
    }
  }

  async #elsewhere(
    to: string,
    epoch: number,
    call: RemoteCall,
    errand: Errand,
  ): Promise<RemoteAnswer | Refused> {
    const { counts, links } = this.#ground
    counts.forwarded += 1
    const request = { system: this.#cluster.system, epoch, body: { kind: 'call', call } } as const
    let reply: PeerReply
    try {
      reply = await links.request(to, request, { timeoutMs: call.timeoutMs, signal: errand.signal })
    } catch (thrown) {
      return this.#gone(errand, thrown)
    }
    if (reply.kind === 'answer') return reply.answer
    if (reply.kind === 'notOwner') return reply
    if (reply.kind === 'failed') return this.#refused(errand, reply.error)
    throw new SpawnError('DEFECT', `the member "${to}" answered a call as if it were something else`)
  }

  /** What an engine has answered. @throws it, but when the call is to be made again. */
  #refused(errand: Errand, thrown: unknown): Refused {
    if (isSpawnError(thrown)) {
      if (thrown.code === 'NOT_OWNER') return { epoch: this.#cluster.epoch }
      // It was under way when its member lost the lease.
      if (thrown.code === 'LEASE_LOST' && this.#mayRepeat(errand)) return { epoch: this.#cluster.epoch }
      // Its turn has found that nothing was kept of it: it had not happened.
      if (errand.mayHaveRun && thrown.code !== 'ACTION_FAILED') throw this.#undecided(errand, thrown)
    }
    throw thrown
  }

  /** The attempt that failed did not come so far as to find out what became of the one before. */
  #undecided(errand: Errand, cause: SpawnError): SpawnError {
    return new SpawnError(
      cause.code,
      `${this.#text(errand)} may have happened: its member went away before it answered, ` +
        `and when it was made again: ${cause.message}`,
      { cause, details: { ...cause.details, mayHaveRun: true }, retryable: cause.retryable },
    )
  }

  /** No answer came. @throws when the call may have run, and must not run twice; or its time is over. */
  #gone(errand: Errand, thrown: unknown): Refused {
    if (!isSpawnError(thrown)) throw thrown
    const mayHaveRun = thrown.details['mayHaveRun'] !== false
    if (thrown.code === 'MEMBER_UNAVAILABLE') {
      if (!mayHaveRun || this.#mayRepeat(errand)) return { epoch: this.#cluster.epoch }
      throw this.#doubtful(errand, thrown)
    }
    errand.mayHaveRun ||= mayHaveRun
    if (thrown.code === 'DEADLINE_EXCEEDED') throw this.#tooLate(errand)
    throw thrown.code === 'CANCELLED' ? this.#cancelled(errand) : thrown
  }

  #doubtful(errand: Errand, cause: SpawnError): SpawnError {
    return new SpawnError(
      'MEMBER_UNAVAILABLE',
      `${this.#text(errand)} may have happened: its member went away before it answered; ` +
        'with an idempotency key it is made again',
      { cause, details: { ...cause.details, mayHaveRun: true } },
    )
  }

  #mayRepeat(errand: Errand): boolean {
    const { idempotencyKey, operation, repeatable } = errand.call
    if (!repeatable && operation !== 'inspect' && idempotencyKey === null) return false
    errand.mayHaveRun = true
    return true
  }

  /** Until the view is the one that the other member has; or, when it is, until something changes. */
  async #pause(errand: Errand, epoch: number): Promise<void> {
    const { membership } = this.#ground
    const standing = membership.view.epoch
    const { signal } = errand
    const leftMs = this.#leftMs(errand)
    if (leftMs <= 0) throw this.#tooLate(errand)
    if (epoch > standing) {
      await membership.reached(() => membership.view.epoch >= epoch, leftMs, signal)
      return
    }
    const pauseMs = Math.min(errand.pauseMs, leftMs)
    errand.pauseMs = Math.min(errand.pauseMs * 2, LONGEST_PAUSE_MS)
    await membership.reached(() => membership.view.epoch > standing, pauseMs, signal)
  }

  /** Waits for what has no deadline of its own. */
  #inTime(errand: Errand, work: Promise<void>): Promise<void> {
    const { signal } = errand
    return new Promise((resolve, reject) => {
      const abort = (): void => reject(this.#cancelled(errand))
      const timer = this.#ground.clock.after(this.#leftMs(errand), () => reject(this.#tooLate(errand)))
      signal.addEventListener('abort', abort, { once: true })
      work.then(resolve, reject).finally(() => {
        timer.cancel()
        signal.removeEventListener('abort', abort)
      })
    })
  }

  #leftMs(errand: Errand): number {
    return errand.endMs - this.#ground.clock.elapsedMs()
  }

  #tooLate(errand: Errand): SpawnError {
    const { timeoutMs } = errand.call
    const happened = errand.mayHaveRun ? 'may have happened, and' : 'has not run:'
    return new SpawnError(
      'DEADLINE_EXCEEDED',
      `${this.#text(errand)} ${happened} was not answered by a member within ${timeoutMs} ms`,
    )
  }

  #cancelled(errand: Errand): SpawnError {
    const happened = errand.mayHaveRun ? 'it may have happened' : 'it has not run'
    return new SpawnError('CANCELLED', `${this.#text(errand)} was cancelled: ${happened}`)
  }

  #text({ call }: Errand): string {
    const { action, definition, name, operation } = call
    const actor = definition === name ? `"${name}"` : `"${definition}/${name}"`
    return operation === 'call' ? `the call of "${action}" of ${actor}` : `the ${operation} of ${actor}`
  }
}

/** The member on which a turn of the actor that is called waits for the call; null: none does. */
export function waitsOn({ chain, definition, name }: RemoteCall): string | null {
  const link = chain.find(
    ({ actor, aside }) =>
      !aside && actor.name === name && (actor.parent === '' ? name : actor.parent) === definition,
  )
  return link?.member ?? null
}

const NEVER: CancelSignal = new Cancellation()
