// One simulation from a seed: several lives of one system on one store and one virtual clock, callers that never rest, and
// in the end the judgement. Decides the course of events; what is called is callers.ts's, what must hold is oracle.ts's.

import { below, type Random, seededRandom } from '../../src/base/index.ts'
import type { Fact } from '../../src/ports/index.ts'
import { jsonCodec } from '../../src/protocol/index.ts'
import { MemoryStore } from '../../src/stores/memory/index.ts'
import { NO_FAULTS, type StoreEvent, type StoreFaults, VirtualClock } from '../../src/testing/index.ts'
import { Callers } from './callers.ts'
import { asState, SOURCEABLE } from './definitions.ts'
import { describe, type Final } from './evidence.ts'
import type { FactSeen } from './fact-rules.ts'
import { Follower } from './follower.ts'
import { type Answer, History, targetText } from './history.ts'
import { Life, type PlantedBugs, SYSTEM } from './life.ts'
import { judge } from './oracle.ts'
import { type Event, oneOf, type Plan, planOf } from './plan.ts'

export interface SimulationOptions {
  /** Changes to the plan that the seed gives, to cut a failure down or to force a situation. */
  readonly plan?: Partial<Plan>
  readonly bugs?: PlantedBugs
  /** Whether another program follows the facts meanwhile. It takes time, so the course is another than without it. */
  readonly followed?: boolean
}

export interface Verdict {
  readonly plan: Plan
  /** Broken promises, in words; empty: everything holds. */
  readonly violations: readonly string[]
  readonly history: History
  /** What the links to the store did, all lives together, in order of time. */
  readonly storeLog: readonly StoreEvent[]
  readonly steps: number
  readonly entries: number
}

const IDLE_GRACE_MS = 1_000

export async function simulate(seed: number, options: SimulationOptions = {}): Promise<Verdict> {
  return new Simulation({ ...planOf(seed), ...options.plan }, options).run()
}

/** The whole course of a simulation as text: the plan, then every call, then what the store did. */
export function logOf(verdict: Verdict): string {
  const calls = verdict.history.ops.map((op) => {
    const ran = op.startedTick === null ? '' : ` ran #${op.startedTick}`
    return `#${op.sentTick} at ${op.sentMs}:${ran} answered #${op.answeredTick} at ${op.answeredMs}: ${describe(op)}`
  })
  const store = verdict.storeLog.map((line) => `${line.atMs}: ${line.event}: ${line.request}`)
  return [JSON.stringify(verdict.plan), ...calls, ...store].join('\n')
}

class Simulation {
  readonly #plan: Plan
  readonly #options: SimulationOptions
  readonly #random: Random
  readonly #clock: VirtualClock
  readonly #history: History
  readonly #callers: Callers
  readonly #store: MemoryStore
  readonly #lives: Life[] = []
  /** The lives that take calls now: one, or for a while two. */
  #serving: Life[] = []
  #faults: StoreFaults
  readonly #facts = new Map<string, FactSeen[]>()
  readonly #follower: Follower
  #isOver = false

  constructor(plan: Plan, options: SimulationOptions) {
    this.#plan = plan
    this.#options = options
    this.#faults = plan.faults
    const random = seededRandom(plan.seed ^ 0x5eed)
    this.#random = random
    const clock = new VirtualClock({ random, latenessMs: plan.latenessMs, startMs: 1_000_000 })
    this.#clock = clock
    this.#store = new MemoryStore()
    this.#history = new History(
      () => clock.now(),
      () => clock.steps,
    )
    const life = (): Life => oneOf(random, this.#serving)
    this.#follower = new Follower(clock, () => this.#serving[0])
    this.#callers = new Callers({ plan, clock, random, history: this.#history, life })
  }

  async run(): Promise<Verdict> {
    const waiting = (): string => {
      const open = this.#history.ops.filter(
        (op) => op.answer === null && !this.#history.crashedLives.has(op.life),
      )
      return `${open.length} calls wait, first ${open.slice(0, 5).map(describe).join(', ')}`
    }
    const violations: string[] = []
    let finals = new Map<string, Final>()
    try {
      finals = await this.#clock.run(this.#course(violations), { waiting, maxMs: 10_000_000 })
      const facts = this.#facts
      violations.push(...judge({ plan: this.#plan, history: this.#history, finals, facts }))
    } catch (thrown) {
      violations.push(
        `course: ${thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown)}`,
      )
    }
    return {
      plan: this.#plan,
      violations,
      history: this.#history,
      storeLog: this.#lives
        .flatMap((life) =>
          life.store.log.map((line) => ({ ...line, request: `${life.number}: ${line.request}` })),
        )
        .toSorted((left, right) => left.atMs - right.atMs),
      steps: this.#clock.steps,
      entries: [...finals.values()].reduce((sum, { entries }) => sum + entries.length, 0),
    }
  }

  async #course(violations: string[]): Promise<Map<string, Final>> {
    await this.#begin()
    await Promise.all([this.#meanwhile(), this.#follow()])
    await this.#heal()
    await this.#showLife(violations)
    await this.#showRest(violations)
    return this.#finals()
  }

  /** A new life of the system, in place of all that serve, or beside them. */
  async #begin(beside = false): Promise<void> {
    const life = new Life({
      number: this.#lives.length + 1,
      plan: this.#plan,
      clock: this.#clock,
      random: this.#random,
      history: this.#history,
      store: this.#store,
      faults: this.#faults,
      bugs: this.#options.bugs ?? {},
    })
    this.#lives.push(life)
    const starting = life.runtime.start()
    if (beside) await starting
    this.#serving = beside ? [...this.#serving, life] : [life]
    await starting
  }

  async #meanwhile(): Promise<void> {
    await Promise.all([this.#callers.run(), this.#happenings()])
    this.#isOver = true
  }

  async #follow(): Promise<void> {
    if (this.#options.followed === true) await this.#follower.follow(this.#plan.seed, () => this.#isOver)
  }

  async #happenings(): Promise<void> {
    for (const event of this.#plan.events) {
      await this.#calm()
      await this.#happen(event)
    }
  }

  async #happen(event: Event): Promise<void> {
    if (event === 'twin') {
      await this.#begin(true)
      await this.#calm()
    }
    const [oldest] = this.#serving
    if (oldest === undefined) return
    // A twin leaves in either way; the other one goes on.
    const crashes = event === 'crash' || (event === 'twin' && this.#random.next() < 0.5)
    if (this.#serving.length > 1) this.#serving = this.#serving.slice(1)
    if (crashes) oldest.crash()
    else await oldest.stop()
    if (event !== 'twin') await this.#begin()
  }

  #calm(): Promise<void> {
    return this.#clock.sleep(below(this.#random, this.#plan.calmMs + 1))
  }

  /** The store is well again, and all that was late has arrived. */
  async #heal(): Promise<void> {
    this.#faults = NO_FAULTS
    for (const life of this.#lives) {
      life.store.faults = NO_FAULTS
      life.initFails = false
    }
    const { delayMs, lateMs } = this.#plan.faults
    await this.#clock.sleep(2 * (delayMs + lateMs + this.#plan.latenessMs) + 1)
  }

  /** Every actor takes a call, however it fared before. */
  async #showLife(violations: string[]): Promise<void> {
    for (const target of this.#callers.targets()) {
      let answer: Answer = await this.#callers.add(target)
      // An activation that another owner has overtaken learns it from its first commit, and says so.
      if (!answer.ok && answer.code === 'STATE_CONFLICT') answer = await this.#callers.add(target)
      if (!answer.ok)
        violations.push(`alive: ${targetText(target)} takes no call any more: ${answer.message}`)
    }
  }

  /** Nobody stays in memory without need, and the last life ends in order. */
  async #showRest(violations: string[]): Promise<void> {
    const [life] = this.#serving
    if (life === undefined) throw new Error('no life serves at the end')
    await this.#clock.sleep(this.#plan.snapshotTimeoutMs + IDLE_GRACE_MS)
    const { residentActors } = life.runtime
    if (residentActors > this.#plan.residentActors) {
      violations.push(`rest: ${residentActors} actors in memory, at most ${this.#plan.residentActors} may be`)
    }
    await this.#clock.sleep(3 * this.#plan.idleTimeoutMs + IDLE_GRACE_MS)
    if (life.runtime.residentActors > 0) {
      violations.push(`rest: ${life.runtime.residentActors} idle actors were not passivated`)
    }
    await this.#showListing(life, violations)
    await this.#readFacts(life, violations)
    await life.stop()
  }

  /** The listing names every stored actor once, page by page, and no other. */
  async #showListing(life: Life, violations: string[]): Promise<void> {
    const listed: string[] = []
    let after: string | null = null
    do {
      const page = await life.runtime.list({}, { limit: 2, ...(after !== null && { after }) })
      listed.push(...page.actors.map(({ id }) => `${id.parent === '' ? id.name : id.parent}/${id.name}`))
      after = page.next
    } while (after !== null)
    const stored = [...(await this.#finals()).keys()]
    if (listed.toSorted().join() !== stored.toSorted().join()) {
      violations.push(`listing: ${listed.join(', ')} are listed, and ${stored.join(', ')} are stored`)
    }
  }

  /** Of actors that have none, it stands that they have none. */
  async #readFacts(life: Life, violations: string[]): Promise<void> {
    if (!this.#plan.leavesFacts) return
    const all: Fact[] = []
    for (const target of this.#callers.targets())
      if (SOURCEABLE.includes(target.definition)) this.#facts.set(targetText(target), [])
    for await (const fact of life.runtime.facts.each({ follow: false })) {
      const { actor, revision, state } = fact
      const { name, parent } = actor
      all.push(fact)
      const facts = this.#facts.get(targetText({ definition: parent === '' ? name : parent, name }))
      facts?.push({ revision, entries: asState(state).entries })
    }
    violations.push(...this.#follower.faults(all))
  }

  async #finals(): Promise<Map<string, Final>> {
    const targets = this.#callers.targets()
    const ids = targets.map(({ definition, name }) => {
      return { system: SYSTEM, parent: definition === name ? '' : definition, name }
    })
    const stored = await this.#store.load(ids)
    const finals = new Map<string, Final>()
    for (const [at, target] of targets.entries()) {
      const actor = stored[at]
      if (actor === null || actor === undefined || actor.state === null) continue
      const { entries } = asState(jsonCodec.accept(actor.state))
      const { revision, tags } = actor
      finals.set(targetText(target), { entries, revision, tags })
    }
    return finals
  }
}
