// Real runtimes on the members of a simulated cluster, over one memory store. An actor keeps every add that it ever took, by its
// id; a `pass` adds and sends the same on to the next actor, a `later` is a call for a moment in the future. What stands in
// the store in the end says what happened, and how often.

import type { Runtime } from '../../../src/actor/index.ts'
import type {
  ActionDefinition,
  Definition,
  Host,
  Outcome,
  Statestore,
  Turn,
} from '../../../src/ports/index.ts'
import { jsonCodec, Packed } from '../../../src/protocol/index.ts'
import { MemoryStore } from '../../../src/stores/memory/index.ts'
import { type Ask, type Engine, type MakeEngine, SYSTEM } from './member.ts'
import { runtimeMember } from './runtime-member.ts'
import { DEFINITION } from './small-engine.ts'
import type { Judged, Truth } from './truth.ts'

const ACTS = ['add', 'read', 'pass', 'later'] as const
/** Longer than a lease, shorter than what is waited for in the end. */
const LATER_MS = 1_500

interface State {
  readonly adds: readonly string[]
}

export interface Town {
  readonly store: MemoryStore
  readonly engine: MakeEngine
  /** Puts what stands in the store where it is judged. */
  readonly stored: (truth: Truth) => Promise<void>
}

/** @param fitted plants a bug between each runtime and its store. */
export function townOf(actors: number, fitted?: (store: Statestore) => Statestore): Town {
  const store = new MemoryStore()
  const started = store.start()
  return {
    store,
    engine: (cluster, machine, options): Engine => {
      const { truth, weather } = options
      const judged: Judged = { name: cluster.self, holds: () => false, inMemory: () => [] }
      const { link, runtime, tenant } = runtimeMember(cluster, machine, options, {
        system: SYSTEM,
        definitions: [definition(new ListHost(judged, truth, actors))],
        store,
        faults: { delayMs: 1 + weather.storeMs / 4 },
        fitted,
      })
      return {
        tenant,
        crashed: () => link.cut(),
        judged,
        start: () => started.then(() => runtime.start()),
        stop: () => runtime.stop(),
        ask: (ask) => asked(runtime, truth, ask),
      }
    },
    stored: async (truth) => {
      const { actors: stored } = await store.list({ system: SYSTEM }, { limit: 1_000 })
      const ids = stored.map(({ id }) => id)
      for (const row of await store.load(ids)) {
        if (row === null || row.state === null) continue
        // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what the host below wrote
        truth.found(row.id.name, (jsonCodec.accept(row.state) as State).adds)
      }
      // What a turn sent has been taken once, if the turn stands.
      for (const actor of truth.actors()) {
        for (const id of truth.load(actor).adds) {
          const to = nextOf(actor, actors)
          if (!id.startsWith('pass') || id.includes('>')) continue
          const taken = truth.load(to).adds.filter((each) => each === `${id}>${to}`).length
          if (taken !== 1)
            truth.violations.push(`effect: ${id} of ${actor} was taken ${taken} times by ${to}`)
        }
      }
    },
  }
}

async function asked(
  runtime: Runtime,
  truth: Truth,
  { actor, id, isKeyed, kind, timeoutMs }: Ask,
): Promise<number> {
  const answer = await runtime.invoke(actor, {
    ref: DEFINITION,
    action: kind === 'later' ? 'add' : kind,
    payload: { id },
    timeoutMs,
    ...(kind === 'later' && { delayMs: LATER_MS }),
    ...(isKeyed && kind === 'add' && { idempotencyKey: id }),
  })
  if (kind === 'later') return 0
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what the host below answers
  const { count } = answer as { count: number }
  truth.acknowledge(actor, count)
  return count
}

class ListHost implements Host {
  readonly #judged: Judged
  readonly #truth: Truth
  readonly #actors: number

  constructor(judged: Judged, truth: Truth, actors: number) {
    this.#judged = judged
    this.#truth = truth
    this.#actors = actors
  }

  run(turn: Turn): Outcome {
    const { action, self } = turn
    const payload = turn.payload instanceof Packed ? action.payload.accept(turn.payload) : turn.payload
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what it wrote, and what is sent above
    const [{ adds }, { id }] = [turn.state as State, payload as { id: string }]
    this.#truth.serve(this.#judged, self.name, adds.length)
    const base = { tags: null, checkpoint: false, workflow: null } as const
    if (action.name === 'read')
      return { ...base, changed: false, state: undefined, response: { count: adds.length } }
    const state: State = { adds: [...adds, id] }
    const done = { ...base, changed: true, state, response: { count: state.adds.length } }
    if (action.name !== 'pass') return done
    const to = nextOf(self.name, this.#actors)
    const effect = { to, ref: DEFINITION, action: 'add', payload: { id: `${id}>${to}` } }
    return { ...done, workflow: { effects: [effect], broadcasts: [], route: null, timers: null } }
  }
}

function nextOf(actor: string, actors: number): string {
  return `a${(Number(actor.slice(1)) + 1) % actors}`
}

function definition(host: Host): Definition {
  const action = (name: string): ActionDefinition => ({
    name,
    timeoutMs: null,
    timerMs: null,
    query: false,
    payload: jsonCodec,
    response: jsonCodec,
  })
  return {
    name: DEFINITION,
    kind: 'unnamed',
    stateful: true,
    durability: 'turn',
    snapshotTimeoutMs: 200,
    idleTimeoutMs: 5_000,
    mailboxLimit: 1_000,
    tags: {},
    history: { revisions: 0, durationMs: 0 },
    state: { codec: jsonCodec, stored: jsonCodec, initial: (): State => ({ adds: [] }) },
    actions: new Map(ACTS.map((name) => [name, action(name)])),
    initAction: null,
    channels: new Map(),
    reentrancy: 'none',
    pool: null,
    host,
  }
}
