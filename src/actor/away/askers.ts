// Who waits for the end of an envelope that another member delivers: the call that was passed on waits on one member, the
// actor that answers lives on another. Decides how the end comes back; whether there is one, the delivery does.

import { SpawnError } from '../../base/index.ts'
import type { ChainLink, Cluster, HandedEnvelope, RemoteAnswer } from '../../ports/index.ts'
import { asSpawnError } from '../../protocol/index.ts'
import type { Abroad } from './abroad.ts'
import { AwayCall } from './away-call.ts'
import { foreignAction } from './carried.ts'
import type { Catalog } from '../catalog.ts'
import type { Inflight } from '../inflight.ts'
import type { Message } from '../message.ts'
import type { Parcel } from '../post/parcel.ts'
import { answerOf, receiptOf } from './remote-answer.ts'
import { TurnReceipt } from '../turn-receipt.ts'

export interface AskersOptions {
  readonly cluster: Cluster
  readonly catalog: Catalog
  readonly inflight: Inflight
  readonly abroad: Abroad
}

interface Asking {
  readonly call: Message
  /** What the turn that waits for the call is known by. */
  readonly turn: number
}

/** Calls remembered before those that are settled are forgotten. */
const CALLS = 64

export class Askers {
  private readonly options: AskersOptions
  /** Calls of this member that other members are to tell of, by their envelopes. */
  private readonly calls = new Map<string, Asking>()
  private callsAtMost = CALLS

  constructor(options: AskersOptions) {
    this.options = options
  }

  /** What is said of the call that waits for an envelope that leaves. */
  asks({ asker, id }: Parcel): Pick<HandedEnvelope, 'asksForMs' | 'chain'> {
    if (asker === null || asker.stage === 'settled') return { asksForMs: null, chain: [] }
    if (this.calls.size >= this.callsAtMost) this.forget()
    const { abroad } = this.options
    const turn = this.calls.get(id)?.turn ?? abroad.leave(asker.cause)
    this.calls.set(id, { call: asker, turn })
    return { asksForMs: Math.max(1, asker.leftMs), chain: abroad.links(asker.cause, turn) }
  }

  /** How one of them has ended. */
  told(envelope: string, end: RemoteAnswer | SpawnError): void {
    const asking = this.calls.get(envelope)
    if (asking === undefined) return
    this.calls.delete(envelope)
    const { call, turn } = asking
    this.options.abroad.returned(turn)
    if (end instanceof SpawnError) {
      call.fail(end)
      return
    }
    try {
      call.answeredAway(receiptOf(end, this.options.catalog))
    } catch (thrown) {
      call.fail(asSpawnError(thrown))
    }
  }

  /** In the place of a call that waits on another member. */
  standIn(member: string, parcel: Parcel, chain: readonly ChainLink[], forMs: number): Message {
    const { abroad, catalog, cluster, inflight } = this.options
    const { action, to } = parcel.letter
    const id = catalog.idOf({ kind: to[0] === '' ? 'named' : 'unnamed', name: to[0] }, to[1])
    const cause = abroad.causeOf(chain, inflight.clock.elapsedMs() + forMs)
    const destination = { definition: to[0] === '' ? to[1] : to[0], id, action: foreignAction(action) }
    const call = new AwayCall(inflight, destination, { receipt: true }, null, cause, forMs)
    call.passOn()
    const tell = (end: RemoteAnswer | SpawnError): void => cluster.tell(member, parcel.id, end)
    call.answer().then(
      (answer) => {
        if (answer instanceof TurnReceipt) tell(answerOf(answer))
      },
      (thrown: unknown) => tell(asSpawnError(thrown)),
    )
    return call
  }

  private forget(): void {
    for (const [envelope, { call, turn }] of this.calls) {
      if (call.stage !== 'settled') continue
      this.calls.delete(envelope)
      this.options.abroad.returned(turn)
    }
    this.callsAtMost = Math.max(CALLS, 2 * this.calls.size)
  }
}
