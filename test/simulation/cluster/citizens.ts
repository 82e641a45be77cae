// Who lives in a simulated town: lists that keep every add by its id, of which some live in one zone only; a paper that prints
// each broadcast; porters, workers of a pool, who carry from one list to the next. What stands in the lists and the paper in
// the end says what happened, and how often.

import type { ActionDefinition, Definition, Outcome, Turn, Workflow } from '../../../src/ports/index.ts'
import { jsonCodec, Packed } from '../../../src/protocol/index.ts'
import type { Judged, Truth } from './truth.ts'

export const ZONE = 'north'
export const PAPER = 'paper'
const LIST = 'list'
const NORTHERN = 'northern list'
const PORTERS = 'porters'
const NEWS = 'news'

export interface ListState {
  readonly adds: readonly string[]
  /** Broadcasts that reached it while it was in memory. */
  readonly heard: readonly string[]
}

interface Payload {
  readonly id: string
  readonly to?: string
}

/** The member on which they live. */
export interface Residence {
  readonly judged: Judged
  readonly zone: string
  readonly truth: Truth
  /** Lists, of which each sends to the next. */
  readonly actors: number
}

/** Every third list lives in the zone. */
export function refOf(actor: string): string {
  return Number(actor.slice(1)) % 3 === 2 ? NORTHERN : LIST
}

export function nextOf(actor: string, actors: number): string {
  return `a${(Number(actor.slice(1)) + 1) % actors}`
}

/** The id under which the next list keeps what one has sent. */
export function sentId(id: string, to: string): string {
  return `${id}>${to}`
}

export function citizens(residence: Residence): Definition[] {
  const listed = { actions: ['add', 'read', 'pass', 'send', 'shout', 'hear'], run: listRun(residence) }
  const channels = new Map([[NEWS, 'hear']])
  return [
    definition({ ...listed, name: LIST, kind: 'unnamed', channels }),
    definition({
      ...listed,
      name: NORTHERN,
      kind: 'unnamed',
      channels,
      placement: { by: 'zone', zone: ZONE },
    }),
    definition({
      name: PAPER,
      kind: 'named',
      actions: ['print'],
      channels: new Map([[NEWS, 'print']]),
      run: (turn) => {
        const state = stateOf(turn)
        return done({ ...state, adds: [...state.adds, payloadOf(turn).id] })
      },
    }),
    definition({
      name: PORTERS,
      kind: 'pooled',
      stateful: false,
      state: null,
      pool: { min: 0, max: 2 },
      actions: ['carry'],
      run: (turn) => {
        const { id, to = '' } = payloadOf(turn)
        return { ...UNCHANGED, workflow: { ...NOTHING, effects: [added(id, to)] } }
      },
    }),
  ]
}

const UNCHANGED: Outcome = {
  changed: false,
  state: undefined,
  response: undefined,
  tags: null,
  checkpoint: false,
  workflow: null,
}
const NOTHING: Workflow = { effects: [], broadcasts: [], route: null, timers: null }

function listRun({ actors, judged, truth, zone }: Residence): (turn: Turn) => Outcome {
  return (turn) => {
    const { action, self } = turn
    const state = stateOf(turn)
    const { id } = payloadOf(turn)
    if (self.parent === NORTHERN && zone !== ZONE)
      truth.violations.push(`placed: ${self.name} has a turn on ${judged.name} in the zone "${zone}"`)
    if (action.name === 'hear') return done({ ...state, heard: [...state.heard, id] })
    truth.serve(judged, self.name, state.adds.length)
    if (action.name === 'read') return { ...UNCHANGED, response: { count: state.adds.length } }
    const next = done({ ...state, adds: [...state.adds, id] })
    const to = nextOf(self.name, actors)
    switch (action.name) {
      case 'pass':
        return { ...next, workflow: { ...NOTHING, effects: [added(id, to)] } }
      case 'send': {
        const effects = [{ to: PORTERS, action: 'carry', payload: { id, to } }]
        return { ...next, workflow: { ...NOTHING, effects } }
      }
      case 'shout':
        return { ...next, workflow: { ...NOTHING, broadcasts: [{ channel: NEWS, payload: { id } }] } }
      default:
        return next
    }
  }
}

function added(id: string, to: string): Workflow['effects'][number] {
  return { to, ref: refOf(to), action: 'add', payload: { id: sentId(id, to) } }
}

function done(state: ListState): Outcome {
  return { ...UNCHANGED, changed: true, state, response: { count: state.adds.length } }
}

function stateOf(turn: Turn): ListState {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what these actors wrote
  return turn.state as ListState
}

function payloadOf({ action, payload }: Turn): Payload {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what is sent to these actors
  return (payload instanceof Packed ? action.payload.accept(payload) : payload) as Payload
}

type Role = Pick<Definition, 'name' | 'kind'> &
  Partial<Pick<Definition, 'channels' | 'placement' | 'pool' | 'state' | 'stateful'>> & {
    readonly actions: readonly string[]
    readonly run: (turn: Turn) => Outcome
  }

function definition({ actions, run, ...role }: Role): Definition {
  const action = (name: string): ActionDefinition => ({
    name,
    timeoutMs: null,
    timerMs: null,
    query: false,
    payload: jsonCodec,
    response: jsonCodec,
  })
  const initial = (): ListState => ({ adds: [], heard: [] })
  return {
    stateful: true,
    durability: 'turn',
    snapshotTimeoutMs: 200,
    idleTimeoutMs: 5_000,
    mailboxLimit: 1_000,
    tags: {},
    history: { revisions: 0, durationMs: 0 },
    state: { codec: jsonCodec, stored: jsonCodec, initial },
    initAction: null,
    channels: new Map(),
    reentrancy: 'none',
    pool: null,
    ...role,
    actions: new Map(actions.map((name) => [name, action(name)])),
    host: { run },
  }
}
