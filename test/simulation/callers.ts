// The outside of a simulation: callers that add, read, give up, repeat and pile up, each after its own random. They decide
// what is called and when; what must be true of the answers is oracle.ts's.

import { below, type Random } from '../../src/base/index.ts'
import type { Call } from '../../src/ports/index.ts'
import type { VirtualClock } from '../../src/testing/index.ts'
import { type Order, recorded, refOf, UNNAMED } from './definitions.ts'
import type { Answer, History, Op, OpKind, Target } from './history.ts'
import type { Life } from './life.ts'
import { type Mix, oneOf, type Plan } from './plan.ts'

const DEFAULT_TIMEOUT_MS = 60_000
const KINDS = [
  'add',
  'slow',
  'fail',
  'hang',
  'relay',
  'cycle',
  'tell',
  'read',
  'get',
  'inspect',
  'spawn',
  'remove',
] as const

/** How often a call with an idempotency key is made again after it failed. */
const REPEATS = 3

export interface CallersOptions {
  readonly plan: Plan
  readonly clock: VirtualClock
  readonly random: Random
  readonly history: History
  /** The life that calls go to now; two take turns while a twin is up. */
  readonly life: () => Life
}

/** One way to call: what the history and the runtime both need to know of it. */
interface Draft {
  readonly kind: OpKind
  readonly action: string
  readonly target: Target
  readonly id: string
  readonly key: string | null
  readonly delayMs: number
  readonly route: readonly Target[]
  readonly waits: boolean
  readonly async: boolean
  readonly timeoutMs: number
  /** Milliseconds until the caller gives up, 0: it has before it calls; null: never. */
  readonly cancelAfterMs: number | null
}

export class Callers {
  readonly #options: CallersOptions
  #ids = 0

  constructor(options: CallersOptions) {
    this.#options = options
  }

  /** All callers, each to its last answer. */
  async run(): Promise<void> {
    const { callers } = this.#options.plan
    await Promise.all(Array.from({ length: callers }, () => this.#caller()))
  }

  /** One plain add that must succeed, to show that an actor is alive. */
  async add(target: Target): Promise<Answer> {
    const draft = { ...this.#draft('add', target), async: false, timeoutMs: DEFAULT_TIMEOUT_MS, key: null }
    return this.#send({ ...draft, action: 'add', delayMs: 0, cancelAfterMs: null })
  }

  targets(): Target[] {
    const { plan } = this.#options
    const unnamed = UNNAMED.flatMap((definition) =>
      Array.from({ length: plan.actors }, (_, index) => ({ definition, name: `${definition[0]}${index}` })),
    )
    return [...unnamed, { definition: 'ledger', name: 'ledger' }]
  }

  async #caller(): Promise<void> {
    const { clock, plan, random } = this.#options
    const open = new Set<Promise<unknown>>()
    const targets = this.targets()
    for (let call = 0; call < plan.callsEach; call += 1) {
      if (random.next() < 0.4) await clock.sleep(below(random, plan.calmMs / 4 + 1))
      while (open.size >= plan.burst) await Promise.race(open)
      const draft = this.#draft(pick(plan.mix, random), oneOf(random, targets))
      const work: Promise<unknown> = this.#sendOrRepeat(draft).finally(() => open.delete(work))
      open.add(work)
    }
    await Promise.all(open)
  }

  #draft(what: keyof Mix, target: Target): Draft {
    const { plan, random } = this.#options
    const slowMs = below(random, 60) + 1
    const hurried = random.next() < plan.hurried
    const kind = kindOf(what)
    const keyed = (kind === 'add' || kind === 'read') && what !== 'hang' && random.next() < plan.keyed
    this.#ids += 1
    return {
      kind,
      action: this.#action(what, target),
      target,
      id: `a${this.#ids}`,
      key: keyed ? `k${this.#ids}` : null,
      delayMs: what === 'slow' || random.next() < 0.2 ? slowMs : 0,
      route: this.#route(what, target),
      waits: what !== 'tell',
      async: what === 'add' && random.next() < 0.1,
      timeoutMs: hurried ? below(random, 80) + 1 : DEFAULT_TIMEOUT_MS,
      cancelAfterMs: random.next() < plan.cancelled ? Math.max(0, below(random, 70) - 10) : null,
    }
  }

  #action(what: keyof Mix, target: Target): string {
    if (what === 'cycle' || what === 'tell') return 'relay'
    if (what === 'slow') return 'add'
    const now = what === 'add' && target.definition === 'journal' && this.#options.random.next() < 0.3
    return now ? 'addNow' : what
  }

  /** The actors that a relayed add visits. A cycle comes back to its first one. */
  #route(what: keyof Mix, self: Target): readonly Target[] {
    const { random } = this.#options
    if (what !== 'relay' && what !== 'cycle' && what !== 'tell') return []
    const targets = this.targets()
    const hops = Array.from({ length: 1 + below(random, 3) }, () => oneOf(random, targets))
    return what === 'cycle' ? [...hops, self] : hops
  }

  async #sendOrRepeat(draft: Draft): Promise<void> {
    const { clock, random } = this.#options
    let answer = await this.#send(draft)
    if (draft.key === null) return
    for (let repeat = 0; repeat < REPEATS; repeat += 1) {
      // One that succeeded is repeated too, now and then: the answer must be the same.
      if (answer.ok && random.next() < 0.7) return
      if (random.next() < 0.5) await clock.sleep(below(random, 100))
      answer = await this.#send(draft)
    }
  }

  /** Makes the call and waits for its answer, or for the end of the process that should give it. */
  async #send(draft: Draft): Promise<Answer> {
    const { clock, history } = this.#options
    const life = this.#options.life()
    const gateway = draft.kind === 'spawn' || draft.kind === 'delete' || draft.kind === 'inspect'
    const timeoutMs = gateway ? DEFAULT_TIMEOUT_MS : draft.timeoutMs
    const op = history.sent({
      id: draft.id,
      kind: draft.kind,
      action: draft.action,
      target: draft.target,
      life: life.number,
      by: null,
      keyed: draft.key !== null,
      async: draft.async,
      durable: draft.target.definition !== 'journal' || draft.action === 'addNow' || draft.key !== null,
      deadlineMs: clock.now() + timeoutMs,
    })
    const reply = gateway ? gatewayCall(life, op) : this.#invoke(life, op, draft)
    const lost: Answer = { ok: false, code: 'CRASHED', message: 'it may have happened' }
    return Promise.race([recorded(history, op, reply), life.dead.then(() => lost)])
  }

  #invoke(life: Life, op: Op, draft: Draft): Promise<unknown> {
    const { clock } = this.#options
    const { action, cancelAfterMs, delayMs, id, key, route, timeoutMs, waits } = draft
    const payload: Order = { number: op.number, id, delayMs, from: null, route, waits }
    let cancel: AbortController | null = null
    if (cancelAfterMs !== null) {
      cancel = new AbortController()
      if (cancelAfterMs === 0) cancel.abort()
      else clock.after(cancelAfterMs, () => cancel?.abort())
    }
    const call: Call = {
      action,
      payload,
      async: draft.async,
      timeoutMs,
      ...refOf(draft.target),
      ...(key !== null && { idempotencyKey: key }),
      ...(cancel !== null && { signal: cancel.signal }),
    }
    return life.gateway.invoke(draft.target.name, call)
  }
}

function gatewayCall(life: Life, op: Op): Promise<unknown> {
  const { definition, name } = op.target
  const { ref } = refOf(op.target)
  if (op.kind === 'delete') return life.gateway.delete(name, definition === name ? undefined : definition)
  if (op.kind === 'inspect') return life.gateway.inspect(name, definition === name ? undefined : definition)
  return life.gateway.spawn(name, ref === undefined ? {} : { ref })
}

function kindOf(what: keyof Mix): OpKind {
  if (what === 'remove') return 'delete'
  const isOther = what === 'read' || what === 'get' || what === 'inspect' || what === 'spawn'
  return isOther ? what : 'add'
}

function pick(mix: Mix, random: Random): keyof Mix {
  let at = random.next() * KINDS.reduce((sum, kind) => sum + mix[kind], 0)
  return KINDS.find((kind) => (at -= mix[kind]) < 0) ?? 'add'
}
