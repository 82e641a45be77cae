// A graph of messages as a world of the simulation: actors that do what the works say, and keep in their states what they
// have sent to whom, and what they got from whom, in order.

import { letterFrom } from '../../src/actor/post/letter.ts'
import { SpawnError } from '../../src/base/index.ts'
import type {
  Definition,
  Effect,
  Route,
  StandingEnvelope,
  Statestore,
  StoredActor,
} from '../../src/ports/index.ts'
import { jsonCodec } from '../../src/protocol/index.ts'
import { type Act, cast, type Deed } from '../simulation/worlds/cast.ts'
import type { Weather } from '../simulation/worlds/weather.ts'
import {
  isEmpty,
  type Outside,
  type ProcessKit,
  stateOf,
  storedActors,
  SYSTEM,
  type World,
  type WorldKind,
} from '../simulation/worlds/world.ts'
import { ALWAYS, answerOf, type Job, messageId, messagesOf, partOf, stepText, type Work } from './graph.ts'

/** Ids of messages, by the name of who they went to or came from; the outside has no name. */
type Book = Readonly<Record<string, readonly string[]>>

interface Node {
  readonly sent: Book
  readonly got: Book
}

/** Hops of one work at most. */
export const MAX_HOPS = 3

class Graph implements World {
  /** More than all that is bad in one course: nothing dies that does not always fail. */
  readonly limits = { deliveryAttempts: 30 }
  readonly #weather: Weather
  readonly #works: readonly Work[]
  /** How often each message has failed. */
  readonly #failures = new Map<string, number>()
  readonly #answers = new Map<Work, unknown>()
  #taken = 0

  constructor(weather: Weather, works: readonly Work[]) {
    this.#weather = weather
    this.#works = works
  }

  definitions(kit: ProcessKit): Definition[] {
    const names = Array.from({ length: MAX_HOPS + 1 }, (_, hop) => hop)
    const acts = Object.fromEntries(names.map((hop) => [actionOf(hop), this.#act(hop)]))
    const initial = (): Node => ({ sent: {}, got: {} })
    return [cast<Node>(this.#weather, kit, { name: 'node', kind: 'unnamed', initial, acts })]
  }

  async outside({ insist }: Outside): Promise<void> {
    const one = async (work: Work): Promise<void> => {
      const payload: Job = { work, trail: [] }
      const call = { ref: 'node', action: actionOf(0), payload, idempotencyKey: `call ${work.id}` }
      this.#answers.set(work, await insist(nameOf(work.to), call))
    }
    await Promise.all(this.#works.map(one))
  }

  isOver(store: Statestore): Promise<boolean> {
    return isEmpty(store, 'delivery', 'schedule')
  }

  async judge(store: Statestore): Promise<string[]> {
    const nodes = new Map((await storedActors(store)).map((actor) => [actor.id.name, nodeOf(actor)]))
    const { envelopes } = await store.listEnvelopes(SYSTEM, 'dead', { limit: 1_000 })
    const dead = envelopes.map(idOf)
    return [
      ...this.#answered(),
      ...this.#accounted(nodes, dead),
      ...inOrder(nodes, new Set(dead), this.#works),
    ]
  }

  happened(): number {
    return this.#taken
  }

  *#answered(): Iterable<string> {
    for (const work of this.#works) {
      const answer = JSON.stringify(this.#answers.get(work))
      const expected = JSON.stringify(answerOf(work))
      if (answer !== expected)
        yield `the call of work ${work.id} was answered with ${answer}, not ${expected}`
    }
  }

  /** Every message was taken once by its actor, or is a dead letter if it always fails; and there are no others. */
  *#accounted(nodes: ReadonlyMap<string, Node>, dead: readonly string[]): Iterable<string> {
    const taken: string[] = []
    for (const [name, { got }] of nodes)
      for (const id of Object.values(got).flat()) taken.push(`${id} ${name}`)
    this.#taken = taken.length
    const expected = [...messagesOf(this.#works)]
    const alive = expected.filter(({ fails }) => fails !== ALWAYS)
    yield* differences(
      'taken',
      taken,
      alive.map(({ id, to }) => `${id} ${nameOf(to)}`),
    )
    const dying = expected.filter(({ fails }) => fails === ALWAYS)
    yield* differences(
      'a dead letter',
      dead,
      dying.map(({ id }) => id),
    )
  }

  #act(hop: number): Act<Node> {
    return ({ payload, self, state, turn }): Deed<Node> => {
      const { trail, work } = jobOf(payload)
      const id = messageId(work, hop)
      const part = partOf(work, hop)
      this.#mayFail(id, part.fails)
      const from = turn.caller === null ? '' : turn.caller.name
      const got = entered(state.got, from, id)
      let { sent } = state
      const effects: Effect[] = []
      for (const effect of part.effects) {
        const to = nameOf(effect.to)
        sent = entered(sent, to, messageId(effect, 0))
        const job: Job = { work: effect, trail: [] }
        const delay = effect.delayMs > 0 ? { delayMs: effect.delayMs } : {}
        effects.push({ to, ref: 'node', action: actionOf(0), payload: job, ...delay })
      }
      const made = [...trail, stepText(Number(self.slice(1)), hop)]
      const next = work.hops[hop]
      if (next === undefined) return { state: { sent, got }, response: made, workflow: { effects } }
      const to = nameOf(next.to)
      sent = entered(sent, to, messageId(work, hop + 1))
      const route: Route = { kind: next.kind, to, ref: 'node', action: actionOf(hop + 1) }
      const response: Job = { work, trail: made }
      return { state: { sent, got }, response, workflow: { effects, route } }
    }
  }

  #mayFail(id: string, fails: number): void {
    const failures = this.#failures.get(id) ?? 0
    if (fails !== ALWAYS && failures >= fails) return
    this.#failures.set(id, failures + 1)
    throw new SpawnError('ACTION_FAILED', `message ${id} fails, as it was told to`)
  }
}

/** What each sent to each came in the order of sending; but what was to come later, and what died. */
function* inOrder(
  nodes: ReadonlyMap<string, Node>,
  dead: ReadonlySet<string>,
  works: readonly Work[],
): Iterable<string> {
  const delayed = new Set([...messagesOf(works)].filter(({ isDelayed }) => isDelayed).map(({ id }) => id))
  const counts = (id: string): boolean => !dead.has(id) && !delayed.has(id)
  for (const [sender, { sent }] of nodes) {
    for (const [receiver, ids] of Object.entries(sent)) {
      const got = nodes.get(receiver)?.got[sender] ?? []
      const left = ids.filter(counts).join(' ')
      const came = got.filter(counts).join(' ')
      if (came !== left)
        yield `${sender} sent ${receiver} ${left || 'nothing'}, and it got ${came || 'nothing'}`
    }
  }
}

function* differences(what: string, found: readonly string[], expected: readonly string[]): Iterable<string> {
  const rest = [...found]
  for (const one of expected) {
    const at = rest.indexOf(one)
    if (at === -1) yield `message ${one} was to be ${what}`
    else rest.splice(at, 1)
  }
  for (const one of rest) yield `message ${one} was ${what} once too often`
}

function entered(book: Book, name: string, id: string): Book {
  return { ...book, [name]: [...(book[name] ?? []), id] }
}

function actionOf(hop: number): string {
  return `do${hop}`
}

function nameOf(actor: number): string {
  return `n${actor}`
}

function idOf({ header, id, payload }: StandingEnvelope): string {
  const { action } = letterFrom(id, header)
  const job = payload === null ? null : jobOf(jsonCodec.accept(payload))
  return job === null ? id : messageId(job.work, Number(action.slice(2)))
}

function jobOf(payload: unknown): Job {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the world's own payload
  return payload as Job
}

function nodeOf(stored: StoredActor): Node {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the world's own state
  return (stateOf(stored) ?? { sent: {}, got: {} }) as Node
}

export function graphWorld(works: readonly Work[]): WorldKind {
  return { name: 'graph', twins: false, lateWrites: false, of: (weather) => new Graph(weather, works) }
}
