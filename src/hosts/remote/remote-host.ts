// The host of one definition whose code runs in other processes: one or several that registered it. It decides which of
// them the next turn goes to; how one turn fares is remote-turn.ts's.

import { assert, isSpawnError, LIMITS, SpawnError } from '../../base/index.ts'
import type { Host, Outcome, Turn } from '../../ports/index.ts'
import { type ActorId, anyCodec, type Packed } from '../../protocol/index.ts'
import { hostInvocationBytes } from '../../protocol/protobuf/index.ts'
import { labelOf } from './failure.ts'
import type { HostProcess } from './host-process.ts'
import { RemoteTurn } from './remote-turn.ts'
import type { RemoteSettings } from './settings.ts'
import type { WaitingRoom } from './waiting-room.ts'

/** Turns of one actor that run on some host: workers of a pool are one actor. */
export interface Running {
  turns: number
  /** How many actions wait for them, one for another, at most. */
  depth: number
}

export interface RemoteHostOptions {
  readonly definition: string
  readonly settings: RemoteSettings
  readonly room: WaitingRoom
  readonly running: Map<ActorId, Running>
  /** Whether other members of the cluster reach its code. */
  readonly isElsewhere: () => boolean
}

export class RemoteHost implements Host {
  readonly definition: string
  readonly settings: RemoteSettings
  readonly room: WaitingRoom
  /** Those that registered the definition. */
  readonly processes: HostProcess[] = []
  private readonly running: Map<ActorId, Running>
  private readonly isElsewhere: () => boolean
  private picks = 0

  constructor({ definition, isElsewhere, room, running, settings }: RemoteHostOptions) {
    this.isElsewhere = isElsewhere
    this.definition = definition
    this.settings = settings
    this.room = room
    this.running = running
  }

  /** Whether a turn may wait until one of them is there. What others reach is not waited for: its actor goes there. */
  get awaited(): boolean {
    return this.settings.whenNoHost === 'wait' && this.processes.length > 0 && !this.isElsewhere()
  }

  get isOutOfReach(): boolean {
    return this.processes.length > 0 && !this.processes.some(({ live }) => live)
  }

  run(turn: Turn): Promise<Outcome> {
    const { caller, self } = turn
    const body = bodyOf(turn)
    const waits = caller === null ? undefined : this.running.get(caller)
    const depth = waits === undefined ? 0 : Math.min(waits.depth + 1, LIMITS.callDepth)
    const own = this.running.get(self)
    if (own === undefined) {
      this.running.set(self, { turns: 1, depth })
    } else {
      own.turns += 1
      own.depth = Math.max(own.depth, depth)
    }
    return new RemoteTurn(this, turn, body, depth).outcome
  }

  /** A turn has ended. */
  left({ self }: Turn): void {
    const own = this.running.get(self)
    assert(own !== undefined, 'a turn that ends has begun')
    own.turns -= 1
    if (own.turns === 0) this.running.delete(self)
  }

  /** Of the hosts that are there, the one with the least to do; among equals, each in its turn. Null: none is. */
  pick(): HostProcess | null {
    const { processes } = this
    const count = processes.length
    this.picks = (this.picks + 1) % Math.max(count, 1)
    let best: HostProcess | null = null
    for (let at = 0; at < count; at += 1) {
      const process = processes[(this.picks + at) % count]
      if (process?.live === true && (best === null || process.load < best.load)) best = process
    }
    return best
  }
}

function bodyOf(turn: Turn): Uint8Array {
  const { action, caller, metadata, self, state, tags } = turn
  return hostInvocationBytes({
    self,
    caller,
    action: action.name,
    payload: payloadOf(turn),
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the codec of these definitions makes no other states
    state: state as Packed | undefined,
    metadata,
    tags,
  })
}

function payloadOf(turn: Turn): Packed | undefined {
  try {
    return anyCodec.accept(turn.payload)
  } catch (thrown) {
    if (!isSpawnError(thrown)) throw thrown
    const { code, details, message } = thrown
    throw new SpawnError(code, `${labelOf(turn)} cannot be sent its payload: ${message}`, {
      cause: thrown,
      details,
    })
  }
}
