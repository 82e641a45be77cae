// Members that only ask each other, on a virtual clock, over a wire with faults: what runs where, and how often. Decides
// nothing about what is right; the tests do.
import { below, type Random, seededRandom } from '../../src/base/index.ts'
import { MemoryNetwork } from '../../src/cluster/memory/index.ts'
import type { PeerReply, PeerRequest, ServePeer } from '../../src/mesh/peers/peer-request.ts'
import { Peers } from '../../src/mesh/peers/peers.ts'
import { type LogFields, silentLogger } from '../../src/ports/index.ts'
import { FaultyWire, VirtualClock, type WireFaults } from '../../src/testing/index.ts'
import { answerOf } from './peer-requests.ts'

export interface PeerWorldOptions {
  readonly seed?: number
  readonly maxBytes?: number
  readonly faults?: Partial<WireFaults>
}

/** A member's process. */
export interface MemberProcess {
  readonly id: string
  readonly peers: Peers
  readonly wire: FaultyWire
  readonly warnings: LogFields[]
  /** What it does with a request; by default it answers at once. */
  serve: ServePeer
}

export class PeerWorld {
  readonly random: Random
  readonly clock: VirtualClock
  readonly network: MemoryNetwork
  /** How often each request has run, by its name, on whichever member. */
  readonly runs = new Map<string, number>()
  readonly #options: PeerWorldOptions

  constructor(options: PeerWorldOptions = {}) {
    this.#options = options
    this.random = seededRandom(options.seed ?? 1)
    this.clock = new VirtualClock({ random: this.random })
    const { maxBytes } = options
    this.network = new MemoryNetwork({ clock: this.clock, ...(maxBytes !== undefined && { maxBytes }) })
  }

  /** Starts a member, or the next process of one. */
  async start(id: string): Promise<MemberProcess> {
    const { clock, random } = this
    const { faults } = this.#options
    const wire = new FaultyWire(this.network.wire(), { clock, random, ...(faults && { faults }) })
    const warnings: LogFields[] = []
    const process: MemberProcess = {
      id,
      wire,
      warnings,
      serve: async (_from, request) => answerOf(nameOf(request)),
      peers: new Peers({
        wire,
        clock,
        random,
        logger: { ...silentLogger, warn: (_message, fields = {}) => warnings.push(fields) },
        serve: (from, request, signal) => {
          const name = nameOf(request)
          this.runs.set(name, (this.runs.get(name) ?? 0) + 1)
          return process.serve(from, request, signal)
        },
      }),
    }
    await process.peers.start(id)
    return process
  }

  /** A time from 0 to `mostMs`, mostly short. */
  pause(mostMs: number): Promise<void> {
    return this.clock.sleep(Math.floor(this.random.next() ** 4 * below(this.random, mostMs + 1)))
  }
}

export function nameOf({ body }: PeerRequest): string {
  return body.kind === 'call' ? body.call.name : body.kind
}

export function answeredName(reply: PeerReply): string | null {
  return reply.kind === 'answer' ? reply.answer.actor.name : null
}
