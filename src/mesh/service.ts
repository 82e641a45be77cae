// What other members ask of this one. Decides whether it is this member's to do: under the asker's view, or a later one; who
// asks by a view that is not known here yet waits for it. What is done is the engine's.

import { type CancelSignal, isSpawnError } from '../base/index.ts'
import type { RemoteCall, Tenant } from '../ports/index.ts'
import { waitsOn } from './call-routing.ts'
import type { PeerReply, PeerRequest } from './peers/peer-request.ts'
import type { MeshGround } from './ground.ts'
import type { SystemCluster } from './system-cluster.ts'

const DONE: PeerReply = Object.freeze({ kind: 'done' })

export class Service {
  readonly #ground: () => MeshGround
  readonly #clusters: ReadonlyMap<string, SystemCluster>

  constructor(ground: () => MeshGround, clusters: ReadonlyMap<string, SystemCluster>) {
    this.#ground = ground
    this.#clusters = clusters
  }

  async serve(from: string, request: PeerRequest, signal: CancelSignal): Promise<PeerReply> {
    const { membership, timing } = this.#ground()
    const { body, epoch, system } = request
    const isKnown = (): boolean => membership.view.epoch >= epoch
    if (!isKnown() && !(await membership.reached(isKnown, timing.viewWaitMs, signal))) return this.#notOwner()
    const cluster = this.#clusters.get(system)
    const tenant = cluster?.tenant ?? null
    // What is not running here holds nothing, and finds what was sent to it in the store when it starts.
    if (cluster === undefined || tenant === null) return body.kind === 'call' ? this.#notOwner() : DONE
    switch (body.kind) {
      case 'call':
        return this.#call(cluster, tenant, body.call, signal)
      case 'release':
        return this.#release(cluster, tenant, body.definition, body.name)
      case 'hand':
        if (!body.envelopes.every((handed) => cluster.receiverOf(handed) === cluster.self))
          return this.#notOwner()
        if (body.afresh) tenant.poked()
        if (body.envelopes.length > 0) tenant.handed(from, body.envelopes)
        return DONE
      case 'told':
        tenant.told(body.envelope, body.end)
        return DONE
      case 'poke':
        tenant.poked()
        return DONE
      case 'announce':
        tenant.announced(body.announcement)
    }
    return DONE
  }

  async #call(
    cluster: SystemCluster,
    tenant: Tenant,
    call: RemoteCall,
    signal: CancelSignal,
  ): Promise<PeerReply> {
    const { clock, counts } = this.#ground()
    const fromMs = clock.elapsedMs()
    const isMine = cluster.isMine(call.definition, call.name)
    // A turn of it may wait here for this very call, and lets it in, or not.
    const comesBack = !isMine && waitsOn(call) === cluster.self
    if (!cluster.holdsLease || !(isMine || comesBack)) return this.#notOwner()
    try {
      if (isMine && !cluster.isHere(call.definition, call.name))
        await cluster.whenHere(call.definition, call.name)
      if (signal.aborted) return this.#notOwner()
      const timeoutMs = Math.max(1, call.timeoutMs - (clock.elapsedMs() - fromMs))
      counts.received += 1
      return { kind: 'answer', answer: await tenant.receive({ ...call, timeoutMs }, signal) }
    } catch (thrown) {
      if (!isSpawnError(thrown)) throw thrown
      return thrown.code === 'NOT_OWNER' ? this.#notOwner() : { kind: 'failed', error: thrown }
    }
  }

  /** What is this member's again under a later view than the asker's is kept. */
  async #release(
    cluster: SystemCluster,
    tenant: Tenant,
    definition: string,
    name: string,
  ): Promise<PeerReply> {
    if (cluster.isMine(definition, name)) return this.#notOwner()
    await tenant.release(definition, name)
    return DONE
  }

  #notOwner(): PeerReply {
    return { kind: 'notOwner', epoch: this.#ground().membership.view.epoch }
  }
}
