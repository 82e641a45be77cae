// Broadcasts while members come and go in order: every instance that is in memory when one is durable gets it, once, wherever it
// has gone by the time its member hears of it; also one on a member that the publisher does not know of yet. Nobody dies here:
// what is lost is what members tell each other, so that they find it in the store, or not in time.

import assert from 'node:assert/strict'
import { aside } from '../../aside.ts'
import { below } from '../../../src/base/index.ts'
import type { Definition } from '../../../src/ports/index.ts'
import { jsonCodec } from '../../../src/protocol/index.ts'
import { MemoryStore } from '../../../src/stores/memory/index.ts'
import { oneOf } from '../plan.ts'
import { SYSTEM } from '../worlds/world.ts'
import { citizens, type ListState, refOf, ZONE } from './citizens.ts'
import type { MakeEngine, Member } from './member.ts'
import { runtimeMember } from './runtime-member.ts'
import { Storm } from './storm.ts'
import type { Judged } from './truth.ts'
import { type Weather, weatherOf } from './weather.ts'

const test = aside(import.meta.url)

const SEEDS = Number(process.env['RUNS'] ?? 8)
const LISTS = 12
const ROUNDS = 3

/** Nobody leaves memory because it is idle. */
const stays = (definition: Definition): Definition => ({ ...definition, idleTimeoutMs: 3_600_000 })

/** Members with real runtimes over one store that does not fail, and a wire on which a third is lost. */
class Valley {
  readonly storm: Storm
  readonly #store = new MemoryStore()
  readonly #started = this.#store.start()
  readonly #weather: Weather
  #asked = 0

  constructor(seed: number) {
    const wire = { lose: 0.35, double: 0.1, delayMs: 5 }
    const register = { delayMs: 5, failBefore: 0, failAfter: 0, failThenApply: 0 }
    this.#weather = { ...weatherOf(seed), members: 3, actors: LISTS, storeMs: 10, events: [], wire, register }
    this.storm = new Storm({
      weather: this.#weather,
      engine: this.#engine,
      fitted: undefined,
      zone: ZONE,
      log: false,
    })
  }

  get doors(): readonly Member[] {
    return this.storm.doors.filter(({ isLeaving }) => !isLeaving)
  }

  readonly #engine: MakeEngine = (cluster, machine, options) => {
    const { storeMs } = this.#weather
    const judged: Judged = { name: cluster.self, holds: () => false, inMemory: () => [] }
    const { runtime, tenant } = runtimeMember(cluster, machine, options, {
      system: SYSTEM,
      definitions: citizens({ judged, truth: options.truth, zone: options.zone, actors: LISTS }).map(stays),
      store: this.#store,
      faults: { delayMs: storeMs },
    })
    return {
      tenant,
      judged,
      start: () => this.#started.then(() => runtime.start()),
      stop: () => runtime.stop(),
      ask: async ({ actor, id, kind, timeoutMs }) => {
        await runtime.invoke(actor, { ref: refOf(actor), action: kind, payload: { id }, timeoutMs })
        return 0
      },
    }
  }

  /** Whether it was answered in time. */
  async ask(door: Member, kind: 'add' | 'shout', actor: string, timeoutMs = 4_000): Promise<string | null> {
    this.#asked += 1
    const id = `${kind} ${this.#asked}`
    const answer = door.ask({ kind, actor, id, isKeyed: false, timeoutMs })
    return answer.then(
      () => id,
      () => null,
    )
  }

  /** @returns those of them that have had a turn. */
  async woken(door: Member, actors: readonly string[], timeoutMs?: number): Promise<string[]> {
    const answers = await Promise.all(actors.map((actor) => this.ask(door, 'add', actor, timeoutMs)))
    return actors.filter((_, at) => answers[at] !== null)
  }

  async heardBy(actor: string): Promise<readonly string[]> {
    const parent = refOf(actor)
    const [row] = await this.#store.load([{ system: SYSTEM, parent, name: actor }])
    if (row === null || row === undefined || row.state === null) return []
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what the citizens wrote
    return (jsonCodec.accept(row.state) as ListState).heard
  }
}

/** What is played in a valley: whom each broadcast must reach. */
type Play = (valley: Valley, owed: (id: string, actors: readonly string[]) => void) => Promise<void>

async function play(seed: number, course: Play): Promise<number> {
  const valley = new Valley(seed)
  const { clock } = valley.storm
  const owed: { readonly id: string; readonly actor: string }[] = []
  const whole = async (): Promise<void> => {
    await valley.storm.rage()
    await course(valley, (id, actors) => owed.push(...actors.map((actor) => ({ id, actor }))))
    await valley.storm.clearUp()
    await clock.sleep(5_000)
    for (const { actor, id } of owed) {
      const heard = (await valley.heardBy(actor)).filter((each) => each === id).length
      assert.equal(heard, 1, `seed ${seed}: ${actor} heard "${id}" ${heard} times`)
    }
    await valley.storm.stop()
  }
  await clock.run(whole(), { maxMs: 300_000, maxSteps: 100_000 })
  return owed.length
}

const names = Array.from({ length: LISTS }, (_, at) => `a${at}`)

test(`instances that a leaving member hands over get what was broadcast before, for seeds 1 to ${SEEDS}`, async () => {
  let count = 0
  for (let seed = 1; seed <= SEEDS; seed += 1)
    count += await play(seed, async (valley, owed) => {
      const { random } = valley.storm
      for (let round = 0; round < ROUNDS; round += 1) {
        await valley.storm.start()
        // What moves now is in memory nowhere until somebody calls it.
        await valley.storm.settle()
        const awake = await valley.woken(oneOf(random, valley.doors), names)
        const id = await valley.ask(oneOf(random, valley.doors), 'shout', oneOf(random, names))
        if (id !== null) owed(id, awake)
        await oneOf(random, valley.doors).stop(3_000)
      }
    })
  assert.ok(count > SEEDS * ROUNDS * LISTS * 0.5, `only ${count} times was anybody to hear anything`)
})

test(`instances on a member that the publisher has not heard of get it, for seeds 1 to ${SEEDS}`, async () => {
  let count = 0
  for (let seed = 1; seed <= SEEDS; seed += 1)
    count += await play(seed, async (valley, owed) => {
      const { random } = valley.storm
      const publisher = oneOf(random, valley.doors)
      const shouter = oneOf(random, names)
      await valley.woken(publisher, [shouter])
      publisher.machine.isDeaf = true
      await valley.storm.start()
      const newcomer = valley.storm.members.at(-1)
      assert.ok(newcomer !== undefined)
      // What the publisher had is not let go of before it hears.
      const awake = await valley.woken(newcomer, names, 200 + below(random, 200))
      const id = await valley.ask(publisher, 'shout', shouter, 200)
      publisher.machine.hear()
      if (id !== null) owed(id, awake)
    })
  assert.ok(count > SEEDS * 2, `only ${count} times was anybody to hear anything`)
})
