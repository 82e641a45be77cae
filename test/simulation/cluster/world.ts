// A simulated cluster: members to which all that may happens, callers at their doors, and the judgement. The same seed gives
// the same course, to the last step. What befalls members is storm.ts's, what is true truth.ts's.

import { headerOf } from '../../../src/actor/index.ts'
import { below, SpawnError } from '../../../src/base/index.ts'
import { oneOf } from '../plan.ts'
import { type Handed, judge, type Op } from './judgement.ts'
import type { Ask, Fitted, MakeEngine, Member } from './member.ts'
import { DEFINITION, type EngineBugs, SmallEngine } from './small-engine.ts'
import { Storm } from './storm.ts'
import type { Truth } from './truth.ts'
import { STORM_MS, type Weather, weatherOf } from './weather.ts'

export interface WorldOptions {
  readonly weather?: Partial<Weather>
  readonly bugs?: EngineBugs
  /** What runs on each member. Default: a small engine. */
  readonly engine?: MakeEngine
  /** How long a call may take. Default: 4 seconds. */
  readonly callMs?: number
  /** That of every second member. Default: there are no zones. */
  readonly zone?: string
  /** What real engines may take to deliver what turns have sent, in the end. Default: nothing is sent. */
  readonly deliveredMs?: number
  readonly kinds?: readonly Ask['kind'][]
  /** What the store says in the end. */
  readonly stored?: (truth: Truth) => Promise<void>
  readonly fitted?: Fitted
  readonly log?: boolean
}

export interface Verdict {
  readonly weather: Weather
  readonly violations: readonly string[]
  readonly steps: number
  /** Calls that were answered as they should be. */
  readonly happened: number
  readonly moved: number
  readonly epoch: number
  readonly failures: ReadonlyMap<string, number>
  readonly log: readonly string[]
}

const CALL_MS = 4_000
const TOLD = 10

export async function runCluster(seed: number, options: WorldOptions = {}): Promise<Verdict> {
  return new World({ ...weatherOf(seed), ...options.weather }, options).run()
}

class World {
  readonly #weather: Weather
  readonly #options: WorldOptions
  readonly #storm: Storm
  readonly #ops: Op[] = []
  readonly #sent = new Map<string, number>()
  readonly #envelopes: Handed[] = []

  constructor(weather: Weather, options: WorldOptions) {
    this.#weather = weather
    this.#options = options
    const { bugs = {}, engine = smallEngine(bugs), fitted, log = false, zone = null } = options
    this.#storm = new Storm({ weather, engine, fitted, log, zone })
  }

  async run(): Promise<Verdict> {
    const { clock, lines, truth } = this.#storm
    try {
      await clock.run(this.#course(), { maxMs: 300_000, maxSteps: 60_000 })
    } catch (thrown) {
      truth.violations.push(
        `course: ${thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown)}`,
      )
    }
    const answers = this.#ops.map(({ answer }) => answer)
    const codes = answers.flatMap((answer) => (answer !== null && 'code' in answer ? [answer.code] : []))
    return {
      weather: this.#weather,
      violations: truth.violations.slice(0, TOLD),
      steps: clock.steps,
      happened: answers.filter((answer) => answer !== null && 'revision' in answer).length,
      moved: truth.moved,
      epoch: this.#storm.epoch,
      failures: new Map([...Map.groupBy(codes, (code) => code)].map(([code, all]) => [code, all.length])),
      log: lines,
    }
  }

  async #course(): Promise<void> {
    const storm = this.#storm
    await Promise.all([storm.rage(), this.#callers()])
    await storm.clearUp()
    await storm.settle()
    const { deliveredMs = 0 } = this.#options
    if (deliveredMs > 0) await storm.clock.sleep(deliveredMs)
    await this.#options.stored?.(storm.truth)
    await this.#readAll()
    judge({
      ops: this.#ops,
      envelopes: this.#envelopes,
      truth: storm.truth,
      alive: storm.alive,
      weather: this.#weather,
    })
    await storm.stop()
  }

  async #callers(): Promise<void> {
    const { callers } = this.#weather
    await Promise.all(Array.from({ length: callers }, (_, at) => this.#caller(at)))
  }

  async #caller(number: number): Promise<void> {
    const { actors, callsEach } = this.#weather
    const { clock, random } = this.#storm
    for (let call = 0; call < callsEach; call += 1) {
      await clock.sleep(below(random, (STORM_MS * 2) / callsEach))
      const { doors } = this.#storm
      if (doors.length === 0) continue
      const door = oneOf(random, doors)
      const actor = `a${below(random, actors)}`
      const { engine, kinds = ['add', 'add', 'read'] } = this.#options
      if (engine === undefined && random.next() < 0.3) this.#hand(door, actor)
      const kind = oneOf(random, kinds)
      await this.#call(door, actor, kind, `${kind}${number}.${call}`, random.next() < 0.4)
    }
  }

  async #call(door: Member, actor: string, kind: Op['kind'], id: string, isKeyed: boolean): Promise<Op> {
    const { clock } = this.#storm
    const { callMs = CALL_MS } = this.#options
    const endMs = clock.elapsedMs() + callMs
    const op: Op = { id, kind, actor, door, endMs, answer: null, answeredMs: 0 }
    this.#ops.push(op)
    // Nobody waits longer than a frozen door sleeps, or for one that is gone.
    await Promise.race([this.#answered(op, isKeyed), door.gone.promise, clock.sleep(callMs * 3)])
    return op
  }

  async #answered(op: Op, isKeyed: boolean): Promise<void> {
    const { actor, door, id, kind } = op
    const { callMs: timeoutMs = CALL_MS } = this.#options
    let answer: Op['answer']
    try {
      answer = { revision: await door.ask({ actor, kind, id, isKeyed, timeoutMs }) }
    } catch (thrown) {
      const known = thrown instanceof SpawnError
      answer = { code: known ? thrown.code : 'NOT A SPAWN ERROR', message: String(thrown) }
    }
    if (!op.door.isAlive) return
    op.answer = answer
    op.answeredMs = this.#storm.clock.elapsedMs()
    this.#storm.note(`${op.door.name}: ${op.kind} ${op.id} of ${op.actor}: ${JSON.stringify(answer)}`)
  }

  #hand(door: Member, actor: string): void {
    const key = `${door.name} ${actor}`
    const number = (this.#sent.get(key) ?? 0) + 1
    this.#sent.set(key, number)
    const id = `${actor} ${number}`
    const header = headerOf({
      kind: 'effect',
      from: null,
      to: [DEFINITION, actor],
      action: 'take',
      createdAtMs: 0,
    })
    const envelope = { id, box: 'delivery', dueAtMs: 0, header, payload: null } as const
    this.#storm.truth.handedAtMs.set(`${door.name} ${id}`, this.#storm.clock.elapsedMs())
    this.#envelopes.push({ member: door.name, id, atMs: this.#storm.clock.elapsedMs() })
    door.cluster.hand([{ envelope, asksForMs: null, chain: [], member: null }])
  }

  async #readAll(): Promise<void> {
    const { alive, truth } = this.#storm
    for (const door of alive) {
      for (const actor of truth.actors()) {
        const { answer } = await this.#call(door, actor, 'read', 'last', false)
        const count = truth.load(actor).adds.length
        if (answer === null || !('revision' in answer) || answer.revision !== count)
          truth.violations.push(
            `alive: ${door.name} reads ${JSON.stringify(answer)} of ${actor}, which has ${count}`,
          )
      }
    }
  }
}

function smallEngine(bugs: EngineBugs): MakeEngine {
  return (cluster, machine, { truth, weather }) =>
    new SmallEngine(cluster, machine, truth, { storeMs: weather.storeMs, bugs })
}
