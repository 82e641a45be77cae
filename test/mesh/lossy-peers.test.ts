// Members that ask each other over a wire that loses, doubles and reorders, while some of them forget each other, or start
// anew: a request runs at most once, is always answered, and what its answer says of it is true.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { below, SpawnError } from '../../src/base/index.ts'
import { Packed } from '../../src/protocol/index.ts'
import { answerOf, callOf } from './peer-requests.ts'
import { answeredName, type MemberProcess, nameOf, PeerWorld } from './peer-world.ts'

const IDS = ['ann', 'bob', 'cid'] as const
const MAX_BYTES = 4_096
const REQUESTS = 150

interface Asked {
  readonly name: string
  /** Null: nothing was said yet. */
  end: { readonly answered: string | null; readonly mayHaveRun: boolean } | null
}

/** What is wrong with how these ended; empty: nothing. */
function faultsIn(asked: readonly Asked[], runs: ReadonlyMap<string, number>): string[] {
  return asked.flatMap(({ end, name }) => {
    const ran = runs.get(name) ?? 0
    if (ran > 1) return [`${name} ran ${ran} times`]
    if (end === null) return [`${name} was never answered`]
    if (end.answered !== null && end.answered !== name) return [`${name} got the answer of ${end.answered}`]
    if (end.answered !== null && ran === 0) return [`${name} was answered and never ran`]
    return end.answered === null && !end.mayHaveRun && ran > 0 ? [`${name} ran, and is said not to have`] : []
  })
}

class Storm {
  readonly world: PeerWorld
  readonly asked: Asked[] = []
  readonly #members: MemberProcess[] = []
  #isOver = false

  constructor(seed: number) {
    this.world = new PeerWorld({ seed, maxBytes: MAX_BYTES })
  }

  async run(): Promise<void> {
    for (const id of IDS) await this.#start(id)
    this.#changeFaults()
    const { clock } = this.world
    const callers = Array.from({ length: REQUESTS }, (_, index) => this.#call(`r${index}`))
    const troubles = Array.from({ length: 6 }, () => this.#trouble())
    await clock.run(Promise.all([...callers, ...troubles]))
    this.#isOver = true
    await this.#calm()
  }

  /** When the faults have ended, everybody reaches everybody at once. */
  async #calm(): Promise<void> {
    for (const { wire } of this.#members) wire.faults = { lose: 0, double: 0, delayMs: 0, isCut: () => false }
    const { clock } = this.world
    await clock.advance(10_000)
    for (const { id: from } of this.#members)
      for (const to of IDS) if (to !== from) await clock.run(this.#ask(from, to, `calm ${from} ${to}`, 5_000))
    for (const { end, name } of this.asked)
      // The first one may learn that the other has started anew; it is not lost in silence.
      if (name.startsWith('calm')) assert.ok(end?.answered === name || end?.mayHaveRun === true, name)
  }

  async #start(id: string): Promise<void> {
    const process = await this.world.start(id)
    process.serve = async (_from, request) => {
      await this.world.pause(3_000)
      const payload = request.body.kind === 'call' ? request.body.call.payload : null
      return answerOf(nameOf(request), payload)
    }
    const at = IDS.findIndex((other) => other === id)
    if (!this.#isOver && at !== -1) this.#members[at] = process
  }

  async #call(name: string): Promise<void> {
    const { random } = this.world
    await this.world.pause(30_000)
    const from = IDS[below(random, 3)] ?? 'ann'
    const to = IDS[(IDS.indexOf(from) + 1 + below(random, 2)) % 3] ?? 'bob'
    await this.#ask(from, to, name, 1 + below(random, 40_000))
  }

  async #ask(from: string, to: string, name: string, timeoutMs: number): Promise<void> {
    const { clock, random } = this.world
    const asked: Asked = { name, end: null }
    this.asked.push(asked)
    const bytes = random.next() < 0.3 ? below(random, 30_000) : below(random, 200)
    const payload = new Packed('x', new Uint8Array(bytes).fill(bytes & 0xff))
    const caller = new AbortController()
    if (!this.#isOver && random.next() < 0.1) clock.after(below(random, 2_000), () => caller.abort())
    const process = this.#members.find(({ id }) => id === from)
    assert.ok(process !== undefined)
    try {
      const options = { timeoutMs, signal: caller.signal }
      const reply = await process.peers.request(to, callOf(name, { payload }), options)
      if (reply.kind === 'answer') assert.deepEqual(reply.answer.response?.value, payload.value)
      const late = reply.kind === 'failed'
      asked.end = { answered: answeredName(reply), mayHaveRun: late }
    } catch (thrown) {
      if (!(thrown instanceof SpawnError)) throw thrown
      asked.end = { answered: null, mayHaveRun: thrown.details['mayHaveRun'] === true }
    }
  }

  /** For a while it goes badly; some forget each other, and some start anew. */
  async #trouble(): Promise<void> {
    const { random } = this.world
    await this.world.pause(40_000)
    const [left, right] = [this.#members[below(random, 3)], this.#members[below(random, 3)]]
    if (left === undefined || right === undefined || left === right) return this.#changeFaults()
    if (random.next() < 0.5) return left.peers.forget(right.id)
    await left.peers.stop()
    await this.#start(left.id)
    this.#changeFaults()
  }

  #changeFaults(): void {
    const { random } = this.world
    const cut = random.next() < 0.3 ? IDS[below(random, 3)] : undefined
    const faults = {
      lose: random.next() * 0.4,
      double: random.next() * 0.5,
      delayMs: below(random, 1_500),
      isCut: (from: string) => from === cut,
    }
    for (const { wire } of this.#members) wire.faults = faults
  }
}

describe('over a wire that loses, doubles and reorders, each request runs at most once, and is answered truly', () => {
  const runs = Number(process.env['RUNS'] ?? 40)
  const first = Number(process.env['SEED'] ?? 1)
  test(`in ${runs} storms`, async () => {
    const ends = { answered: 0, failed: 0 }
    for (let seed = first; seed < first + runs; seed += 1) {
      const storm = new Storm(seed)
      await storm.run()
      assert.deepEqual(faultsIn(storm.asked, storm.world.runs), [], `seed ${seed}`)
      for (const { end } of storm.asked) ends[typeof end?.answered === 'string' ? 'answered' : 'failed'] += 1
    }
    assert.ok(ends.answered > ends.failed && ends.failed > runs, JSON.stringify(ends))
  })
})

test('what must not be is seen', () => {
  const end = { answered: 'a', mayHaveRun: false }
  const never = { answered: null, mayHaveRun: false }
  const see = (asked: Asked, ran: number): string[] => faultsIn([asked], new Map([[asked.name, ran]]))
  assert.deepEqual(see({ name: 'a', end }, 2), ['a ran 2 times'])
  assert.deepEqual(see({ name: 'a', end: null }, 1), ['a was never answered'])
  assert.deepEqual(see({ name: 'b', end }, 1), ['b got the answer of a'])
  assert.deepEqual(see({ name: 'a', end }, 0), ['a was answered and never ran'])
  assert.deepEqual(see({ name: 'a', end: never }, 1), ['a ran, and is said not to have'])
  assert.deepEqual(see({ name: 'a', end: never }, 0), [])
})
