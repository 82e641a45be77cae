// The actors of a world: definitions from plain functions of a turn, with mishaps as the weather has them. A turn fails, takes
// its time, or takes longer than it may; and two turns of one actor at once are an alarm, in every world.

import { SpawnError } from '../../../src/base/index.ts'
import type { ActionDefinition, Definition, Host, Outcome, Turn, Workflow } from '../../../src/ports/index.ts'
import { addressText, jsonCodec, Packed } from '../../../src/protocol/index.ts'
import type { Weather } from './weather.ts'
import type { ProcessKit } from './world.ts'

/** A turn with its payload and state as the world's actors have them. */
export interface Scene<State> {
  readonly turn: Turn
  readonly self: string
  readonly state: State
  readonly nowMs: number
  /** As it was sent. */
  readonly payload: unknown
}

export interface Deed<State> {
  /** Absent: unchanged. */
  readonly state?: State
  readonly response?: unknown
  readonly workflow?: Partial<Workflow>
}

export type Act<State> = (scene: Scene<State>) => Deed<State>

export interface Role<State> {
  readonly name: string
  readonly kind: 'named' | 'unnamed'
  readonly initial: () => State
  readonly acts: Readonly<Record<string, Act<State>>>
  readonly channels?: Readonly<Record<string, string>>
  /** Milliseconds, by action. */
  readonly timers?: Readonly<Record<string, number>>
}

/** How long a turn may take: those that hang take ten times as long. */
const TURN_LIMIT_MS = 100

export function cast<State>(weather: Weather, kit: ProcessKit, role: Role<State>): Definition {
  const { acts, channels = {}, initial, kind, name, timers = {} } = role
  const action = (act: string): ActionDefinition => ({
    name: act,
    timeoutMs: TURN_LIMIT_MS,
    timerMs: timers[act] ?? null,
    query: false,
    payload: jsonCodec,
    response: jsonCodec,
  })
  const host: Host = {
    run(turn) {
      const act = acts[turn.action.name]
      if (act === undefined) throw new SpawnError('DEFECT', `no act "${turn.action.name}"`)
      return outcome(act(sceneOf<State>(turn, kit)))
    },
  }
  return {
    name,
    kind,
    stateful: true,
    durability: weather.durability,
    snapshotTimeoutMs: 200,
    idleTimeoutMs: weather.idleTimeoutMs,
    mailboxLimit: weather.mailboxLimit,
    tags: {},
    history: { revisions: 0, durationMs: 0 },
    state: { codec: jsonCodec, stored: jsonCodec, initial },
    actions: new Map(Object.keys(acts).map((act) => [act, action(act)])),
    initAction: null,
    channels: new Map(Object.entries(channels)),
    reentrancy: 'none',
    pool: null,
    host: withMishaps(host, weather, kit),
  }
}

/** A host whose turns fail, or take their time, before they do anything. */
export function withMishaps(host: Host, weather: Weather, kit: ProcessKit): Host {
  const running = new Map<string, Turn>()
  return {
    run(turn) {
      const actor = addressText(turn.self)
      const other = running.get(actor)
      if (other !== undefined && !other.signal.aborted && kit.alive())
        kit.alarm(`two turns of ${actor} at once: ${other.action.name} and ${turn.action.name}`)
      const delayMs = mishap(weather, kit)
      if (delayMs === null) throw failed(turn)
      if (delayMs === 0) return host.run(turn)
      running.set(actor, turn)
      return pause(kit, delayMs).then(() => {
        if (running.get(actor) === turn) running.delete(actor)
        return host.run(turn)
      })
    },
  }
}

/** How long a turn takes, in milliseconds; null: it fails. */
function mishap({ fails, hangs, slow, turnMs }: Weather, { fine, random }: ProcessKit): number | null {
  if (fine()) return 0
  let drawn = random.next()
  if ((drawn -= fails) < 0) return null
  if ((drawn -= hangs) < 0) return 10 * TURN_LIMIT_MS
  return drawn - slow < 0 ? 1 + Math.floor(random.next() * turnMs) : 0
}

function failed({ action, self }: Turn): SpawnError {
  return new SpawnError('ACTION_FAILED', `${addressText(self)} ${action.name} failed, as it was told to`)
}

function pause({ clock }: ProcessKit, delayMs: number): Promise<void> {
  return new Promise((resolve) => void clock.after(delayMs, resolve))
}

function sceneOf<State>(turn: Turn, { clock }: ProcessKit): Scene<State> {
  const payload = turn.payload instanceof Packed ? turn.action.payload.accept(turn.payload) : turn.payload
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- each world reads what it wrote
  return { turn, self: turn.self.name, state: turn.state as State, nowMs: clock.now(), payload }
}

const NOTHING: Workflow = { effects: [], broadcasts: [], route: null, timers: null }

function outcome<State>({ response, state, workflow }: Deed<State>): Outcome {
  return {
    changed: state !== undefined,
    state,
    tags: null,
    response,
    checkpoint: false,
    workflow: workflow === undefined ? null : { ...NOTHING, ...workflow },
  }
}
